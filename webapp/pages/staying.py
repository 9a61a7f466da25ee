"""How long customers stay in a persona."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import Chart, card
from webapp.components.table import Column
from webapp.figures import by_age
from webapp.pages.ask import Ask
from webapp.theme import persona_colours
from webapp.views import history, segments
from webapp.views.scope import Scope

_NOTE = (
    "Of those who came into a persona, the share that never left it so far, by months since. Stretches that still go on count for as "
    f"long as they are seen; a line ends where fewer than {history.FEW} are left to tell from."
)


def staying(ask: Ask, scope: Scope) -> html.Section:
    """The chart, and half-lives as a table."""
    found = history.staying(scope)
    personas = segments.persona_names(scope)
    colours = {name: colour for name, colour in persona_colours(personas).items() if name in set(found["group"])}
    halves = {name: _half(found[found["group"] == name]) for name in colours}
    rows: list[list[Any]] = [
        [links.persona(scope.name, name, personas), formats.plural(age, "month") if age else f"more than {_seen(found, name)}"]
        for name, age in halves.items()
    ]
    figure = by_age.draw(found, ask.theme, colours=colours, across="months in the persona", up="share still there", steps=True)
    columns = ("Persona", Column("Half have left after", numeric=True))
    return card("staying", Chart(_finding(halves), figure, columns, rows, _NOTE), height=340)


def _half(own: pd.DataFrame) -> int | None:
    """The first age at which at most half are still there; None if that was not seen."""
    left = own.loc[own["share"] <= 0.5, "age"]
    return int(left.iloc[0]) if len(left) else None


def _seen(found: pd.DataFrame, name: str) -> str:
    return formats.plural(int(found.loc[found["group"] == name, "age"].max()), "month")


def _finding(halves: dict[str, int | None]) -> str:
    known = {name: age for name, age in halves.items() if age}
    if not known:
        return "In no persona have half of those who came into it left again"
    shortest = min(known, key=lambda name: known[name])
    said = f"Half of those who become {shortest} are something else after {formats.plural(known[shortest], 'month')}"
    longest = max(known, key=lambda name: known[name])
    return said if longest == shortest else f"{said}; of {longest}, after {formats.plural(known[longest], 'month')}"
