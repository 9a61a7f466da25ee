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
_LAST = "The first persona may have begun earlier: months before that are not told of."


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
    cut_at = history.cut_at(scope)
    cut = cut_at is not None and stretches["since"].iloc[0] == pd.Timestamp(cut_at)
    heads = ("Persona", "From the end of", Column("Months", numeric=True))
    chart = Chart(_finding(stretches, cut=cut), figure, heads, rows, f"{_NOTE} {_LAST}" if cut else _NOTE)
    return [card("personas-so-far", chart, height=110)]


def _finding(stretches: pd.DataFrame, *, cut: bool) -> str:
    """What the customer is, and was before; `cut`: when the first stretch began is not told."""
    last = stretches.iloc[-1]
    if len(stretches) == 1:
        begun = formats.month(last["since"])
        return f"{last['persona']} since {f'{begun} or before' if cut else f'the first order, in {begun}'}"
    before = stretches.iloc[-2]
    least = "at least " if cut and len(stretches) == 2 else ""
    months = f"{least}{formats.plural(before['months'], 'month')}"
    return f"{last['persona']} since {formats.month(last['since'])}, {before['persona']} for {months} before"
