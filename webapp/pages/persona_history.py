"""What a customer was at the end of each month."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import Chart, card, panel
from webapp.components.table import Column
from webapp.figures import ribbon
from webapp.pages.ask import Ask
from webapp.theme import persona_colours
from webapp.views import history, segments
from webapp.views.scope import Scope

_NOTE = "By the clusters of this run, and by what was known of the customer at the end of each month."


def persona_history(ask: Ask, scope: Scope, customer_id: str) -> list[html.Section]:
    """A ribbon of personas; nothing where the run has no history."""
    if not history.months(scope):
        return []
    stretches = history.followed(scope, customer_id)
    if stretches.empty:
        return [panel("Personas so far", html.P("This customer first bought after the last month that ended: there is no history yet."))]
    personas = segments.persona_names(scope)
    figure = ribbon.draw(stretches, ask.theme, colours=persona_colours(personas))
    rows: list[list[Any]] = [
        [links.persona(scope.name, row.persona, personas), formats.month(row.since), formats.count(row.months)]
        for row in stretches[::-1].itertuples()
    ]
    chart = Chart(_finding(stretches), figure, ("Persona", "From the end of", Column("Months", numeric=True)), rows, _NOTE)
    return [card("personas-so-far", chart, height=110)]


def _finding(stretches: pd.DataFrame) -> str:
    last = stretches.iloc[-1]
    if len(stretches) == 1:
        return f"{last['persona']} since the first order, in {formats.month(last['since'])}"
    before = stretches.iloc[-2]
    so_far = formats.plural(before["months"], "month")
    return f"{last['persona']} since {formats.month(last['since'])}, {before['persona']} for {so_far} before"
