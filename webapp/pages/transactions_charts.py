"""The charts of a dataset of orders, each with its finding."""

from collections.abc import Callable
from typing import Any

from dash import html

from pipeline import formats
from webapp.components.card import Chart, card
from webapp.components.downloads import files
from webapp.figures import bars, curve, months
from webapp.figures import grid as grid_figure
from webapp.pages.ask import Ask
from webapp.pages.cluster_charts import advice, profile
from webapp.pages.cohorts import cohort_charts
from webapp.pages.lenses import lenses
from webapp.pages.spreads import estimated, in_brackets, spread_card
from webapp.theme import Theme
from webapp.views import grid, orders, segments
from webapp.views.monthly import Known, known
from webapp.views.scope import Scope
from webapp.views.spread import spreads


def key_figures(scope: Scope, found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Tiles: customers, orders, revenue, spend per order, days since the last order."""
    count, revenue = found["customers"], found["revenue"]
    return [
        ("Customers", formats.count(count), formats.share(count / scope.record.customers) + " of all" if scope.filters else ""),
        ("Revenue", formats.money(revenue, scope.currency), formats.money(revenue / count, scope.currency) + " per customer"),
        ("Orders", formats.count(found["orders"]), f"{formats.short(found['orders'] / count)} per customer"),
        ("Spend per order", formats.money(revenue / found["orders"] if found["orders"] else None, scope.currency), ""),
        ("Last order", formats.measure(found["recency_days"], "days") + " ago", "half ordered later than that"),
    ]


def beside(scope: Scope, theme: Theme) -> Chart:
    """Revenue per month by persona: stands beside the map."""
    frame = orders.revenue_by_month(scope)
    revenue = frame.to_numpy()
    by_persona = revenue.sum(axis=0)
    top, best, total = frame.columns[by_persona.argmax()], frame.index[revenue.sum(axis=1).argmax()], by_persona.sum()
    finding = f"Revenue comes to {formats.money(total, scope.currency)}"
    if total > 0:
        finding = f"{top} bring {formats.share(by_persona.max() / total)} of revenue; the best month is {formats.month(best)}"
    # In the finding, not below the chart: it changes with the filters.
    finding += _how_known(scope)
    rows = [
        [formats.month(month, brief=True), *(formats.money(value, scope.currency) for value in values)]
        for month, values in zip(frame.index, revenue.tolist(), strict=True)
    ]
    figure = months.draw(frame, theme, personas=segments.persona_names(scope), currency=scope.currency)
    return Chart(finding, figure, ("Month", *frame.columns), rows)


def _how_known(scope: Scope) -> str:
    match known(scope):
        case Known.SAMPLE:
            return in_brackets(scope.drawn(int(segments.totals(scope)["customers"])).every)
        case Known.EDGE:
            return " (estimated along the edge of the shape)"
        case Known.FEW | Known.ALIKE:
            return ""


def _grid(ask: Ask, scope: Scope) -> Chart:
    frame = grid.cells(scope)
    corner = frame[(frame["recency"] >= 4) & (frame["frequency"] >= 4)]
    revenue, total = corner["revenue"].sum(), frame["revenue"].sum()
    finding = (
        f"{formats.plural(corner['customers'].sum(), 'customer')} bought lately and often (4 or 5 on both) and bring "
        f"{formats.money(revenue, scope.currency)}"
    )
    if total > 0:
        finding += f", {formats.share(revenue / total)} of revenue"
    rows = [
        [row.segment, str(row.recency), str(row.frequency), formats.count(row.customers), formats.money(row.revenue, scope.currency)]
        for row in frame.itertuples()
    ]
    note = (
        "Quintiles among all customers; customers who are equal get equal scores, so the cells are not equally large. "
        "Lines surround the segments of the marketer's grid."
    )
    figure = grid_figure.draw(frame, ask.theme, segments=grid.places(scope), currency=scope.currency)
    return Chart(finding, figure, ("Segment", "Recency", "Frequency", "Customers", "Revenue"), rows, note)


def _distributions(ask: Ask, scope: Scope) -> html.Div:
    drawn = scope.drawn(int(segments.totals(scope)["customers"]))
    cards = []
    for name, found in spreads(drawn, scope.units, log=True).items():
        unit = scope.units[name]
        finding = (
            f"{formats.words(name)}: half have {formats.measure(found.middle, unit, scope.currency)} or less; "
            f"the average is {formats.measure(found.mean, unit, scope.currency)}"
        )
        cards.append(spread_card(ask, drawn, name, found, finding, log=True))
    return html.Div(cards, className="stack")


def _concentration(ask: Ask, scope: Scope) -> Chart:
    drawn = scope.drawn(int(segments.totals(scope)["customers"]))
    frame = orders.concentration(drawn)
    tenth = frame[frame["customers"] <= 0.1001]["revenue"].max()
    finding = f"The best 10 % of these customers bring {formats.share(float(tenth))} of revenue"
    if frame.empty:
        finding = "Nobody here spent more than they were given back"
    rows = [
        [formats.share(row.customers), formats.share(row.revenue)] for row in frame.itertuples() if round(row.customers * 100) % 10 == 0
    ]
    return Chart(finding, curve.draw(frame, ask.theme), ("Best customers", "Share of revenue"), rows, estimated(drawn))


def _countries(ask: Ask, scope: Scope) -> html.Div:
    frame = orders.countries(scope)
    finding = _first_country(frame.iloc[0], scope.currency) if len(frame) else "No country is known"
    texts = [f"{formats.money(row.revenue, scope.currency)}, {formats.plural(row.customers, 'customer')}" for row in frame.itertuples()]
    figure = bars.draw(
        frame["country"].to_list(), frame["revenue"].to_numpy(), texts, ask.theme, measure="revenue", unit=scope.currency or ""
    )
    rows = [
        [
            row.country,
            formats.count(row.customers),
            formats.count(row.orders),
            formats.money(row.revenue, scope.currency),
            formats.share(row.share),
        ]
        for row in frame.itertuples()
    ]
    note = f"The {len(frame)} countries with the most revenue." if len(frame) == 12 else ""
    chart = Chart(finding, figure, ("Country", "Customers", "Orders", "Revenue", "Share of revenue"), rows, note)
    tools = files(scope.name, "countries", scope.filters.to_query(), what="the countries")
    return html.Div(card("lens", chart, height=420, tools=tools))


def _first_country(row: Any, currency: str | None) -> str:
    if formats.is_nothing(row["share"]):
        return f"{row['country']} brings {formats.money(row['revenue'], currency)}"
    return f"{row['country']} brings {formats.share(row['share'])} of revenue"


Draw = Callable[[Ask, Scope], Any]
# Parameter to its word, what draws it, and the chart's height; None where a function returns the cards themselves.
LENSES: dict[str, tuple[str, Draw, int | None]] = {
    "grid": ("Recency and frequency", _grid, 460),
    "segments": ("Personas and segments", lenses, None),
    "spread": ("Distributions", _distributions, None),
    "cohorts": ("Cohorts", cohort_charts, None),
    "concentration": ("Concentration", _concentration, 380),
    "countries": ("Countries", _countries, None),
    "clusters": ("Clusters", profile, None),
    "advice": ("What to do", advice, None),
}
