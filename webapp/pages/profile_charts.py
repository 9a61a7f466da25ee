"""The charts of a dataset of customers with attributes, each with its finding."""

from collections.abc import Callable
from typing import Any

from dash import html

from pipeline import formats
from webapp.components.card import Chart, card
from webapp.figures import bars, boxes, pair
from webapp.pages.ask import Ask
from webapp.pages.cluster_charts import advice, profile
from webapp.pages.spreads import estimated, spread_card
from webapp.theme import Theme, persona_colours
from webapp.views import customers, segments
from webapp.views.scope import Scope
from webapp.views.spread import spreads


def key_figures(scope: Scope, found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Tiles: customers, and the average of each measured feature."""
    everyone = segments.average(scope.all())
    here = segments.average(scope)
    tiles = [
        (
            "Customers",
            formats.count(found["customers"]),
            formats.share(found["customers"] / scope.record.customers) + " of all" if scope.filters else "",
        )
    ]
    for name in scope.fields.ranges:
        unit = scope.units[name]
        remark = f"all: {formats.measure(everyone[name][0], unit)}" if scope.filters else "on average"
        tiles.append((formats.words(name), formats.measure(here[name][0], unit), remark))
    tiles.append(("Personas", formats.count(found["personas"]), ""))
    return tiles


def axes(scope: Scope) -> tuple[str, str]:
    """The two features that are drawn against each other: income and spending where they are there, else the first two."""
    numeric = list(scope.fields.ranges) or list(scope.units)
    if {"annual_income", "spending_score"} <= set(numeric):
        return "annual_income", "spending_score"
    return numeric[0], numeric[min(1, len(numeric) - 1)]


def beside(scope: Scope, theme: Theme) -> Chart:
    """Two features against each other: stands beside the map."""
    across, up = axes(scope)
    personas = segments.persona_names(scope)
    means = segments.persona_means(scope).set_index("persona")
    high, low = means[up].idxmax(), means[up].idxmin()
    unit = scope.units[up]
    finding = f"{formats.words(up)} is highest among {high} ({formats.measure(means.loc[high, up], unit)})"
    if high != low:
        finding += f", lowest among {low} ({formats.measure(means.loc[low, up], unit)})"
    rows = [
        [name, formats.measure(means.loc[name, across], scope.units[across]), formats.measure(means.loc[name, up], unit)]
        for name in personas
        if name in means.index
    ]
    frame, every = customers.pair(scope, across, up)
    figure = pair.draw(frame, theme, across=across, up=up, units=scope.units, personas=personas)
    finding += f" (a point is one customer in {formats.count(every)})" if every > 1 else ""
    return Chart(finding, figure, ("Persona", f"{formats.words(across)}, mean", f"{formats.words(up)}, mean"), rows)


def _categories(ask: Ask, scope: Scope) -> html.Div:
    """The first numeric feature by each category and persona: age by gender."""
    personas = segments.persona_names(scope)
    feature = next(iter(scope.fields.ranges))
    drawn = scope.drawn(int(segments.totals(scope)["customers"]))
    cards = []
    for category in scope.fields.categories:
        frame = segments.spread_by_category(drawn, feature, category)
        unit = scope.units[feature]
        words = frame.groupby("word")["customers"].sum().sort_values(ascending=False)
        top = frame.loc[frame["median"].idxmax()]
        shares = ", ".join(f"{word} {formats.share(part)}" for word, part in (words / words.sum()).items())
        finding = (
            f"{shares}. {formats.words(feature)} is highest "
            f"for {top['persona']}, {top['word']}: half have {formats.measure(top['median'], unit)} or more"
        )
        rows = [
            [row.persona, row.word, formats.count(row.customers), *(formats.measure(part, unit) for part in (row.q1, row.median, row.q3))]
            for row in frame.itertuples()
        ]
        heads = ("Persona", formats.words(category), "Customers", "A quarter up to", "Half up to", "Three quarters up to")
        figure = boxes.draw(frame, ask.theme, feature=feature, unit=unit, personas=personas)
        note = f"Boxes hold the middle half, lines the middle nine tenths. {estimated(drawn)}".strip()
        cards.append(card(f"category-{category}", Chart(finding, figure, heads, rows, note), height=400))
    if not cards:
        found = segments.personas(scope)
        texts = [formats.share(value) for value in found["share"]]
        colours = [persona_colours(personas)[name] for name in found["persona"]]
        figure = bars.draw(
            found["persona"].to_list(), found["customers"].to_numpy(), texts, ask.theme, measure="customers", colours=colours
        )
        cards.append(card("lens", Chart(f"{found['persona'].iloc[0]}: {texts[0]} of these customers", figure), height=360))
    return html.Div(cards, className="stack")


def _distributions(ask: Ask, scope: Scope) -> html.Div:
    drawn = scope.drawn(int(segments.totals(scope)["customers"]))
    cards = []
    for name, found in spreads(drawn, scope.fields.ranges, log=False).items():
        finding = f"{formats.words(name)}: half have {formats.measure(found.middle, scope.units[name])} or less"
        cards.append(spread_card(ask, drawn, name, found, finding, log=False))
    return html.Div(cards, className="stack")


Draw = Callable[[Ask, Scope], Any]
# Parameter to its word, what draws it, and the chart's height; None where a function returns the cards themselves.
LENSES: dict[str, tuple[str, Draw, int | None]] = {
    "clusters": ("Clusters", profile, None),
    "categories": ("By category", _categories, None),
    "spread": ("Distributions", _distributions, None),
    "advice": ("What to do", advice, None),
}
