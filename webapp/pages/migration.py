"""Who moved from which persona to which between the ends of two months."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats, moving
from pipeline.schema import YEAR_DAYS
from webapp.components import links, states
from webapp.components.card import Chart, card, switch, tiles
from webapp.components.later import later
from webapp.components.menu import menu
from webapp.components.table import Column
from webapp.figures import sankey
from webapp.figures.sankey import Node
from webapp.pages.ask import Ask
from webapp.pages.migration_matrix import matrix
from webapp.pages.migration_movers import listed, movers
from webapp.pages.staying import staying
from webapp.theme import OTHER, persona_colours
from webapp.views import history, segments
from webapp.views.history import Span
from webapp.views.scope import Scope

# Months back from the last one that can be had with one click.
_BACK = {1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
_NOTE = f"{moving.PLACED} At the end of the first months little was known of anybody, and many are low because of that."
_LAST = "Only the last {count} months are told of; in the first of them stands everybody who had bought by then."
_YEAR = f"What they spent in the {YEAR_DAYS} days up to the end of the last month."


def matches(ask: Ask) -> bool:
    """Whether the address is that of migration, in a run with orders."""
    return ask.parts == ("migration",) and bool(_names(ask))


def title(ask: Ask) -> str:
    """The page's title."""
    return "Migration"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Migration"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Everything but the heading, of one dataset."""
    names = _names(ask)
    scope, months = _known(ask)
    choose = [] if len(names) == 1 else [_datasets(ask, names, scope.name)]
    if len(months) < 2:
        return [*choose, _nothing(scope)]
    span = _span(ask, months)
    flows = history.flows(scope, span)
    return [
        *choose,
        html.Div([*_months(ask, months, span), _presets(ask, months, span)], className="filters"),
        html.Div(tiles(_figures(scope, flows)), className="panel figures"),
        _chart(ask, scope, span, flows),
        matrix(ask, scope, span, flows),
        movers(ask, scope, span, flows),
        # All of a crowd's history takes its time.
        *(later("staying", ask.search) if scope.crowd else [staying(ask, scope)]),
        html.P(_NOTE if history.cut_at(scope) is None else f"{_NOTE} {_LAST.format(count=len(months))}", className="note"),
    ]


def staying_of(ask: Ask) -> html.Section | None:
    """How long customers stay, of the dataset of the address; None where that is not known."""
    scope, months = _known(ask)
    return staying(ask, scope) if len(months) > 1 else None


def movers_of(ask: Ask) -> list[Any] | None:
    """The list of those who made the move of the address; None where there are no two months."""
    scope, months = _known(ask)
    if len(months) < 2:
        return None
    span = _span(ask, months)
    return listed(ask, scope, span, history.flows(scope, span))


def _known(ask: Ask) -> tuple[Scope, list[str]]:
    """The dataset of the address, and the months that are known of it."""
    scope = Scope(ask.snapshot, ask.choice("dataset", _names(ask)))
    return scope, history.months(scope)


def _names(ask: Ask) -> list[str]:
    return [name for name, record in ask.snapshot.datasets.items() if record.kind == "transactions"]


def _datasets(ask: Ask, names: list[str], shown: str) -> html.Div:
    options = [
        (ask.snapshot.datasets[name].title, ask.href() if name == shown else links.migration_path(name), name == shown) for name in names
    ]
    return html.Div(switch("Dataset", options), className="card-head")


def _nothing(scope: Scope) -> html.Div:
    if scope.record.trust is None:
        words = "This run was built with --quick, which leaves the history of personas out. A full build adds it:"
        return states.message("arrow-left-right", "Who moved is not known yet", words, [html.Code("python -m pipeline build")], level=2)
    words = "Personas are told at the end of each month, and these orders span the end of one at most. Two are needed to tell who moved."
    return states.message("arrow-left-right", "There is nothing to compare yet", words, [], level=2)


def _span(ask: Ask, months: list[str]) -> Span:
    """The months of the address; the last two where it names none, or none that follow each other."""
    last = ask.params.get("to", "")
    last = last if last in months[1:] else months[-1]
    first = ask.params.get("from", "")
    return Span(first if first in months and first < last else months[months.index(last) - 1], last)


def _months(ask: Ask, months: list[str], span: Span) -> list[html.Details]:
    before = [
        (moving.month(one), ask.href(**{"from": one, "to": span.last, "before": None, "after": None}), one == span.first)
        for one in reversed(months)
        if one < span.last
    ]
    after = [
        (moving.month(one), ask.href(**{"to": one, "from": span.first, "before": None, "after": None}), one == span.last)
        for one in reversed(months)
        if one > span.first
    ]
    return [menu("From the end of", before), menu("to the end of", after)]


def _presets(ask: Ask, months: list[str], span: Span) -> html.Nav:
    at = len(months) - 1
    options = []
    for back, word in _BACK.items():
        if back <= at:
            first = months[at - back]
            href = ask.href(**{"from": first, "to": months[at], "before": None, "after": None})
            options.append((word, href, (first, months[at]) == (span.first, span.last)))
    return switch("The last months", options)


def _figures(scope: Scope, flows: pd.DataFrame) -> list[tuple[str, str, str]]:
    new, moved = flows[flows["from_persona"].isna()], moving.moved(flows)
    known = flows["customers"].sum() - new["customers"].sum()
    return [
        ("Customers at the end", formats.count(flows["customers"].sum()), ""),
        ("Of them new", formats.count(new["customers"].sum()), f"{formats.money(new['revenue'].sum(), scope.currency)} in the year before"),
        ("Moved to another persona", formats.count(moved["customers"].sum()), f"{_share(moved['customers'].sum(), known)} of those known"),
        ("Revenue of those who moved", formats.money(moved["revenue"].sum(), scope.currency), "in the year before"),
    ]


def _share(part: float, whole: float) -> str:
    return formats.share(part / whole) if whole else formats.NOTHING


def _chart(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    personas = segments.persona_names(scope)
    named = flows.assign(from_persona=flows["from_persona"].fillna(moving.NEW))
    colours = {**persona_colours(personas), moving.NEW: OTHER}
    left, right = (
        [
            Node(name, colours[name], float(total), formats.count(total))
            for name in (*personas, moving.NEW)
            if (total := named.loc[named[side] == name, "customers"].sum())
        ]
        for side in ("from_persona", "to_persona")
    )
    said = [
        f"{row.from_persona} to {row.to_persona}: {formats.plural(row.customers, 'customer')}, {formats.money(row.revenue, scope.currency)}"
        for row in named.itertuples()
    ]
    drawn = named.rename(columns={"from_persona": "source", "to_persona": "target", "customers": "value"}).assign(text=said)
    rows = [
        [
            links.persona_if_known(scope.name, row.from_persona, personas),
            links.persona_if_known(scope.name, row.to_persona, personas),
            formats.count(row.customers),
            formats.money(row.revenue, scope.currency),
        ]
        for row in named.itertuples()
    ]
    heads = ("From", "To", Column("Customers", numeric=True), Column("Revenue of the year", numeric=True))
    figure = sankey.draw(drawn, ask.theme, left=left, right=right)
    return card("flows", Chart(moving.largest(flows, scope.currency), figure, heads, rows, _YEAR), height=sankey.HEIGHT)
