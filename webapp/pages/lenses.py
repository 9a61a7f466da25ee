"""Personas and the marketer's grid as two lenses on the same buyers: who is where in both, and where they disagree."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components.card import Chart, card, panel
from webapp.components.downloads import files
from webapp.components.table import table
from webapp.figures import cross
from webapp.pages.ask import Ask
from webapp.pages.customer_table import column, rows_of
from webapp.views import grid, segments
from webapp.views.scope import Scope

_ROWS = 10
_VALUED = {"persona": "the persona", "segment": "the grid"}


def lenses(ask: Ask, scope: Scope) -> html.Div:
    """The cross-table and the disagreements of the customers looked at."""
    return html.Div([_cross(ask, scope), _disagreements(scope)], className="stack")


def _cross(ask: Ask, scope: Scope) -> html.Section:
    frame = grid.cross_table(scope)
    largest = frame.loc[frame["customers"].idxmax()]
    finding = (
        f"{formats.plural(largest['customers'], 'customer')}, {formats.share(largest['customers'] / frame['customers'].sum())}, "
        f"are {largest['persona']} by persona and {largest['segment']} by the grid"
    )
    rows = [
        [row.persona, row.segment, formats.count(row.customers), formats.money(row.revenue, scope.currency)] for row in frame.itertuples()
    ]
    note = "Customers, and their revenue below. The stronger the colour, the larger the cell's share of its persona's customers."
    figure = cross.draw(frame, ask.theme, personas=segments.persona_names(scope), segments=grid.segments(scope), currency=scope.currency)
    return card("lens", Chart(finding, figure, ("Persona", "Segment", "Customers", "Revenue"), rows, note), height=560)


def _disagreements(scope: Scope) -> html.Section:
    counted = grid.disagreed(scope)
    heading = "Where the two lenses disagree"
    if not counted:
        return panel(heading, html.P("Nobody here is valuable by one lens and worthless by the other."))
    names = ["customer_id", "persona", "segment", "valued_by", "recency_days", "frequency", "monetary"]
    shown, count = grid.disagreements(scope, _ROWS), sum(customers for customers, _ in counted.values())
    rows = rows_of(scope, shown.assign(valued_by=shown["valued_by"].map(_VALUED)), names)
    note = (
        "A lens puts its groups in the order of their mean spend: the first third of them is valuable, the last third worthless. "
        f"{'The list shows' if count > _ROWS else 'These are'} the {formats.plural(len(shown), 'customer')} with the highest spend"
        f"{'; the files hold all.' if count > _ROWS else '.'}"
    )
    content: list[Any] = [
        html.P(_counted(scope, counted)),
        table([column(scope, name) for name in names], rows, caption="Customers on whom the lenses disagree"),
        html.P(note, className="note"),
    ]
    tools = files(scope.name, "disagreements", scope.filters.to_query(), what="the disagreements")
    return panel(heading, content, tools=tools)


def _counted(scope: Scope, counted: dict[str, tuple[int, float]]) -> str:
    each = " and ".join(f"{formats.count(counted[lens][0])} by {words}" for lens, words in _VALUED.items() if lens in counted)
    count, revenue = (sum(parts) for parts in zip(*counted.values(), strict=True))
    who = f"{formats.plural(count, 'customer')} with {formats.money(revenue, scope.currency)} of revenue"
    return f"{who} {'is' if count == 1 else 'are'} valuable by one lens and worthless by the other: {each}."
