"""What if a customer's figures were others: which persona they would have."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import panel
from webapp.components.fields import Field, fields, number
from webapp.pages.ask import Ask
from webapp.views import segments, supposed
from webapp.views.scope import Scope
from webapp.views.supposed import Placed

# These are counted.
_WHOLE = {"recency_days": 0, "frequency": 1}


def what_if(ask: Ask, scope: Scope, found: dict[str, Any]) -> list[Any]:
    """A field for each feature, with what follows in `#supposed`; nothing in a run without centres."""
    if len(segments.cluster_personas(scope)) < 2:
        return []
    values = _values(ask, scope, found)
    asked = [_field(scope, name, values[name], found[name]) for name in scope.units]
    return [panel("What if their figures were others", [fields(asked), html.Div(answer(ask, scope, found), id="supposed")])]


def answer(ask: Ask, scope: Scope, found: dict[str, Any]) -> list[Any]:
    """The persona that follows, and how near the next one is."""
    values = _values(ask, scope, found)
    changed = [name for name in scope.units if values[name] != found[name]]
    placed = supposed.place(scope, values)
    return [
        html.P(_said(scope, found, placed, is_changed=bool(changed)), className="lead", role="status"),
        html.P(_next(placed), className="note"),
        html.P(
            [
                "Placed by the centres of the clusters as they are published. Nothing is fitted again, and the map stays as it is. ",
                *([html.A("Back to their own figures", href=ask.path)] if changed else []),
            ],
            className="note",
        ),
    ]


def _said(scope: Scope, found: dict[str, Any], placed: Placed, *, is_changed: bool) -> list[Any]:
    personas = segments.persona_names(scope)
    there = links.persona(scope.name, placed.persona, personas).link()
    if not is_changed:
        return ["As it is: ", there, f", cluster {placed.cluster}. Change a figure to see what follows."]
    if placed.persona == found["persona"]:
        moved = "the same cluster" if placed.cluster == found["cluster"] else f"cluster {placed.cluster} instead of {found['cluster']}"
        return ["They would stay ", there, f", {moved}."]
    return ["They would be ", there, f" instead of {found['persona']}, in cluster {placed.cluster}."]


def _next(placed: Placed) -> str:
    if not placed.other:
        return "There is no other persona."
    return (
        f"The next persona is {placed.other}: its nearest centre is {placed.other_distance:.2f} standard deviations away, the own one "
        f"{placed.distance:.2f}; they are {formats.share(placed.margin)} nearer to their own."
    )


def _values(ask: Ask, scope: Scope, found: dict[str, Any]) -> dict[str, float]:
    """Feature to what the address supposes, or else to the customer's own figure."""
    values = {}
    for name in scope.units:
        given = number(ask.params.get(name, ""), least=_least(scope, name))
        is_word = name in scope.record.words
        known = given is not None and (not is_word or given in scope.record.words[name].values())
        whole = scope.sells and name in _WHOLE
        values[name] = found[name] if given is None or not known else round(given) if whole else given
    return values


def _least(scope: Scope, name: str) -> float | None:
    """The lowest value that can be supposed; below it there is no such customer, or no logarithm."""
    if scope.sells:
        return _WHOLE.get(name, 0)
    return 0 if scope.record.settings["scaling"] == "log" else None


def _field(scope: Scope, name: str, value: float, own: float) -> Field:
    unit = scope.units[name]
    label = f"{formats.words(name)}{f' ({unit})' if unit else ''}"
    if name in scope.record.words:
        words = tuple((word, _written(code)) for word, code in scope.record.words[name].items())
        return Field(name, label, _written(value), "choice", options=words, standard=_written(own))
    step: float | str = 1 if scope.sells and name in _WHOLE else "any"
    return Field(name, label, _written(value), least=_least(scope, name), step=step, standard=_written(own))


def _written(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
