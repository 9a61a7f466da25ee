"""Why a customer is in their cluster, and what would move them to another persona."""

from typing import Any

from dash import html

from pipeline import formats
from webapp import reasons
from webapp.components.card import Chart, card, panel
from webapp.components.table import Column
from webapp.figures import bars
from webapp.pages.ask import Ask
from webapp.theme import OTHER, persona_colours
from webapp.views import segments, why
from webapp.views.scope import Scope

_BAR_HEIGHT, _AXES_HEIGHT = 44, 64


def why_here(ask: Ask, scope: Scope, found: dict[str, Any]) -> list[Any]:
    """What holds them and what would move them, side by side; without a second cluster, or in a quick run, what there is of it."""
    parts = [part for part in (_holding(ask, scope, found), _moves(scope, found)) if part]
    return [html.Div(parts, className="two" if len(parts) == 2 else "stack spaced")] if parts else []


def _holding(ask: Ask, scope: Scope, found: dict[str, Any]) -> html.Section | None:
    pulls = why.contributions(scope, found)
    if pulls.empty:
        return None
    persona = segments.cluster_personas(scope)[found["next_cluster"]]
    same = persona == found["persona"]
    other = f"cluster {found['next_cluster']}, the same persona" if same else persona
    colours = persona_colours(segments.persona_names(scope))
    theirs = OTHER if same else colours[persona]
    names = [formats.words(name) for name in pulls["feature"]]
    values, texts = pulls["pull"].to_list(), [f"{value:+.2f}" for value in pulls["pull"]]
    # The value stands below the name: beside a short bar it would lie over it.
    figure = bars.draw(
        [f"{name}<br><b>{text}</b>" for name, text in zip(names, texts, strict=True)],
        values,
        [""] * len(values),
        ask.theme,
        measure="pull",
        unit="squared standard deviations",
        colours=[theirs if value < 0 else colours[found["persona"]] for value in values],
        ticks="~r",
    )
    rows = list(zip(names, texts, strict=True))
    note = (
        f"To the right: nearer to the centre of cluster {found['cluster']}, their own. "
        f"To the left: nearer to that of cluster {found['next_cluster']} ({persona}), the next-best."
    )
    chart = Chart(reasons.holding(pulls, other), figure, ("Feature", Column("Pull", numeric=True)), rows, note)
    return card("holding", chart, height=_AXES_HEIGHT + _BAR_HEIGHT * len(pulls))


def _moves(scope: Scope, found: dict[str, Any]) -> html.Section | None:
    if scope.record.trust is None:
        return None
    rows = why.moves(scope, found["customer_id"])
    if not rows:
        return panel("What would move them", html.P(reasons.NO_MOVE))
    said = html.Ul([html.Li(reasons.move(row, scope.record)) for row in rows], className="moves")
    note = html.P("Each is enough by itself, everything else as it is; the smallest change comes first.", className="note")
    return panel("What would move them", [said, note])
