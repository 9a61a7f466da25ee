"""One customer's record."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html

from pipeline import formats
from webapp import findings
from webapp.components import grade, links, states
from webapp.components.card import Chart, card, panel
from webapp.components.downloads import files
from webapp.components.later import later
from webapp.components.table import Column, table
from webapp.components.trail import trail
from webapp.figures import bullet, timeline
from webapp.figures import map as map_figure
from webapp.pages import crowd_map
from webapp.pages.ask import Ask
from webapp.pages.customer_table import column, rows_of, text
from webapp.pages.persona_history import persona_history
from webapp.pages.suppose import answer, what_if
from webapp.pages.whole_map import whole_map
from webapp.pages.why_here import why_here
from webapp.pages.worth import worth
from webapp.theme import persona_colours
from webapp.views import customers, segments
from webapp.views.scope import Scope


def matches(ask: Ask) -> bool:
    """Whether the address is that of a customer of one of the datasets; the id may be unknown."""
    return len(ask.parts) == 3 and ask.parts[0] == "customers" and ask.parts[1] in ask.snapshot.datasets


def title(ask: Ask) -> str:
    """The page's title."""
    return f"Customer {ask.parts[2]}"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#supposed`."""
    scope = Scope(ask.snapshot, ask.parts[1])
    above = trail([("Customers", links.CUSTOMERS), (scope.record.title, links.dataset_path(scope.name))])
    return [above, html.Div(_record(ask, scope), className="record")]


def _record(ask: Ask, scope: Scope) -> list[Any]:
    """The record; an unknown id gets the nearest ones."""
    found = customers.record(scope, ask.parts[2])
    if found is None:
        return [_unknown(scope, ask.parts[2])]
    standing = customers.standing(scope, found)
    return [
        html.H1(title(ask)),
        _summary(scope, found, standing),
        html.Div([_bullets(ask, scope, found, standing), _map(ask, scope, found)], className="two"),
        *what_if(ask, scope, found),
        # Among millions, those who are like one have to be looked for.
        *(later("rest", "") if scope.crowd else _rest(ask, scope, found)),
    ]


def supposed(ask: Ask) -> list[Any]:
    """What would be, were their figures others; nothing of an unknown id."""
    scope = Scope(ask.snapshot, ask.parts[1])
    found = customers.record(scope, ask.parts[2])
    return answer(ask, scope, found) if found else []


def rest(ask: Ask) -> list[Any]:
    """What is below the fold; nothing of an unknown id."""
    scope = Scope(ask.snapshot, ask.parts[1])
    found = customers.record(scope, ask.parts[2])
    return _rest(ask, scope, found) if found else []


def _rest(ask: Ask, scope: Scope, found: dict[str, Any]) -> list[Any]:
    bought = [*persona_history(ask, scope, found["customer_id"]), _orders(ask, scope, found)] if scope.sells else []
    return [*worth(scope, found), *why_here(ask, scope, found), *bought, _similar(scope, found)]


def _unknown(scope: Scope, customer_id: str) -> html.Div:
    ways = [html.A(name, href=links.customer_path(scope.name, name), className="button") for name in customers.nearest(scope, customer_id)]
    words = f"{scope.record.title} has no such id. The ids that look most like it:"
    return states.message("search", f"No customer {customer_id[:64]}", words, ways)


def _summary(scope: Scope, found: dict[str, Any], standing: list[dict[str, Any]]) -> html.Section:
    """Persona, cluster, the reason in this customer's own numbers, and how sure."""
    words, names = segments.by_name(scope)[found["persona"]], segments.persona_names(scope)
    reasons = [*(_reason(scope, row) for row in standing), *([_segment(found)] if scope.sells else [])]
    return html.Section(
        [
            html.Div(
                [
                    links.persona(scope.name, found["persona"], names).link(),
                    links.cluster(scope.name, found["cluster"]).link(),
                    grade.mark(scope.name, segments.grades(scope).get(found["persona"])),
                ],
                className="who",
            ),
            html.P(words["summary"], className="lead"),
            html.Ul([html.Li(reason) for reason in reasons], className="reasons"),
            html.P(findings.sure(found, segments.by_number(scope)), className="note"),
            html.H2("What to do"),
            html.Ul([html.Li(action) for action in words["actions"]]),
        ],
        className="panel summary",
        style={"--persona": persona_colours(names)[found["persona"]]},
    )


def _reason(scope: Scope, row: dict[str, Any]) -> str:
    """One feature of a customer, and where it stands."""
    said = f"{formats.words(row['feature'])} {text(scope, row['feature'], row['value'])}"
    return said if row["feature"] in scope.fields.categories else f"{said}, {findings.rank(row['below'], row['feature'])}"


def _segment(found: dict[str, Any]) -> str:
    """The second lens on a buyer."""
    return f"{found['segment']} by the marketer's grid (recency {found['recency_score']}, frequency {found['frequency_score']})"


def _bullets(ask: Ask, scope: Scope, found: dict[str, Any], standing: list[dict[str, Any]]) -> html.Section:
    shown = [row for row in standing if row["feature"] not in scope.fields.categories]
    far = max(shown, key=lambda row: abs(row["below"] - 0.5))
    finding = (
        f"{formats.words(far['feature'])} is {text(scope, far['feature'], far['value'])}: {findings.rank(far['below'], far['feature'])}"
    )
    rows = [
        [
            formats.words(row["feature"]),
            text(scope, row["feature"], row["value"]),
            formats.share(row["below"]),
            *(formats.measure(row[mean], scope.units[row["feature"]], scope.currency) for mean in ("mean_of_persona", "mean")),
        ]
        for row in shown
    ]
    colour = persona_colours(segments.persona_names(scope))[found["persona"]]
    figure = bullet.draw(pd.DataFrame(shown), ask.theme, colour=colour, units=scope.units, currency=scope.currency)
    heads = ("Feature", "This customer", "Customers with less", "Persona, mean", "All, mean")
    return card("bullets", Chart(finding, figure, heads, rows), height=320)


def _map(ask: Ask, scope: Scope, found: dict[str, Any]) -> html.Section:
    marked = map_figure.Marked(found["customer_id"], found["x"], found["y"])
    if scope.crowd:
        figure = crowd_map.marked(scope, ask.theme, marked)
    else:
        figure = map_figure.mark(whole_map(scope, ask.theme).figure, marked, ask.theme)
    # Not called as a dataset's map is: filters would be looked for when the address changes.
    return card("map-here", Chart(f"On the map, among {found['persona']}", figure), height=320, is_map=True)


def _orders(ask: Ask, scope: Scope, found: dict[str, Any]) -> html.Section:
    frame = customers.orders_of(scope, found["customer_id"])
    months = timeline.by_month(frame)
    spent = formats.exact_money(frame["spend"].sum(), scope.currency)
    finding = (
        f"{formats.plural(len(frame), 'order')} since {formats.day(frame['time'].iloc[0])}, {spent}; "
        f"the best month was {formats.month(months.idxmax())} ({formats.money(months.max(), scope.currency)})"
    )
    rows = [
        [row["order_id"], formats.day(row["time"]), formats.count(row["items"]), formats.exact_money(row["spend"], scope.currency)]
        for row in frame[::-1].to_dict("records")
    ]
    colour = persona_colours(segments.persona_names(scope))[found["persona"]]
    figure = timeline.draw(frame, ask.theme, colour=colour, currency=scope.currency)
    chart = Chart(finding, figure, (Column("Order"), Column("Day"), Column("Items", numeric=True), Column("Spend", numeric=True)), rows)
    tools = files(scope.name, "orders", urlencode({"customer": found["customer_id"]}), what="the orders")
    return card("orders", chart, height=300, tools=tools)


def _similar(scope: Scope, found: dict[str, Any]) -> html.Section:
    names = [name for name in customers.columns(scope) if name not in {"items", "first_order"}]
    frame = customers.similar(scope, found)
    content = table([column(scope, name) for name in names], rows_of(scope, frame, names), caption="The most similar customers")
    tools = files(scope.name, "similar", urlencode({"customer": found["customer_id"]}), what="the similar customers")
    return panel(f"The {formats.plural(len(frame), 'most similar customer')}", content, tools=tools)
