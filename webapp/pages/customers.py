"""Search: ids as they are typed, in all datasets."""

from typing import Any

from dash import dcc, html

from webapp.components import links, states
from webapp.pages.ask import Ask
from webapp.views import customers, segments
from webapp.views.scope import Scope


def matches(ask: Ask) -> bool:
    """Whether the address is that of the search."""
    return ask.parts == ("customers",)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Customers"


def layout(ask: Ask) -> list[Any]:
    """The page; what is found stands in `#found`."""
    text = ask.params.get("q", "")
    field = html.Div(
        [
            html.Label("Customer id", htmlFor="q"),
            dcc.Input(
                id="q",
                type="search",
                value=text,
                placeholder="Begin to type an id",
                autoComplete="off",
                autoFocus=True,
                className="form-control",
            ),
            html.P("Enter opens the first.", className="note"),
        ],
        className="panel search-field",
        role="search",
        **{"aria-label": "In all datasets"},
    )
    return [html.H1("Customers"), field, html.Div(found(ask, text), id="found", role="status")]


def found(ask: Ask, text: str) -> list[Any]:
    """What was found, by dataset; without a text, a few to begin with."""
    groups = []
    for name in ask.snapshot.datasets:
        scope = Scope(ask.snapshot, name)
        frame = (
            customers.search(scope, text) if text.strip() else customers.page(scope, sort="customer_id", descending=False, offset=0, rows=4)
        )
        if len(frame):
            personas = segments.persona_names(scope)
            items = [
                html.Li(
                    [
                        links.customer(name, row.customer_id).link(),
                        links.persona(name, row.persona, personas).link(),
                        html.Span(f"Cluster {row.cluster}", className="remark"),
                    ]
                )
                for row in frame.itertuples()
            ]
            groups.append(
                html.Section(
                    [html.H2(scope.record.title if text.strip() else f"{scope.record.title}: the first ids"), html.Ul(items)],
                    className="panel hits",
                )
            )
    return groups or [nothing(ask, text)]


def nothing(ask: Ask, text: str) -> html.Div:
    """Nothing begins with the text: the ids that look most like it."""
    ways: list[Any] = []
    for name in ask.snapshot.datasets:
        ways += [
            html.A(found, href=links.customer_path(name, found), className="button")
            for found in customers.nearest(Scope(ask.snapshot, name), text, 3)
        ]
    return states.message("search", f"No customer id begins with {text.strip()[:64]}", "The ids that look most like it:", ways, level=2)


def suggestions(ask: Ask, text: str) -> list[Any]:
    """The short list below the search box of every page."""
    items = []
    for name in ask.snapshot.datasets:
        for row in customers.search(Scope(ask.snapshot, name), text, 4).itertuples():
            remark = html.Span(f"{row.persona} · {ask.snapshot.datasets[name].title}", className="remark")
            items.append(html.Li(html.A([html.Strong(row.customer_id), remark], href=links.customer_path(name, row.customer_id))))
    if items:
        return [html.Ul(items)]
    return [html.P(f"No id begins with {text.strip()[:64]}", className="remark")] if text.strip() else []


def first(ask: Ask, text: str) -> str | None:
    """The address that Enter opens: an exact id before any other; None when nothing begins with the text."""
    hits = [
        (row.customer_id != text.strip(), name, row.customer_id)
        for name in ask.snapshot.datasets
        for row in customers.search(Scope(ask.snapshot, name), text).itertuples()
    ]
    if not hits:
        return None
    _, name, customer_id = min(hits, key=lambda hit: hit[0])
    return links.customer_path(name, customer_id)
