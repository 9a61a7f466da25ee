"""How a feature is spread, as a card; and what is said of figures that were estimated."""

from dash import html

from pipeline import formats
from webapp.components.card import Chart, card
from webapp.figures import distribution
from webapp.pages.ask import Ask
from webapp.views import segments
from webapp.views.scope import Scope
from webapp.views.spread import Spread


def spread_card(ask: Ask, scope: Scope, feature: str, found: Spread, finding: str, *, log: bool) -> html.Section:
    """The histogram of a feature with the middles of personas, and their quartiles as a table."""
    unit, personas = scope.units[feature], segments.persona_names(scope)
    middles = found.quartiles["middle"].to_dict()
    figure = distribution.draw(
        found.counts, found.edges, ask.theme, feature=feature, unit=unit, middles=middles, personas=personas, log=log
    )
    rows = [
        [persona, *(formats.measure(value, unit, scope.currency) for value in found.quartiles.loc[persona])]
        for persona in personas
        if persona in found.quartiles.index
    ]
    columns = ("Persona", "A quarter up to", "Half up to", "Three quarters up to")
    return card(f"spread-{feature}", Chart(finding, figure, columns, rows, estimated(scope)), height=300)


def estimated(scope: Scope) -> str:
    """Says so where one customer in so many stands for all; empty where all are counted."""
    return f"Estimated from one customer in {formats.count(scope.every)}." if scope.every > 1 else ""


def in_brackets(every: int) -> str:
    """The same at the end of a finding."""
    return f" (estimated from one customer in {formats.count(every)})" if every > 1 else ""
