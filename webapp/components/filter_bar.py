"""The bar of filters: each opens a small panel; what is chosen goes into the address."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from pipeline import formats
from webapp.components.popup import popup
from webapp.filters import Fields, Filters


def filter_bar(personas: list[str], clusters: dict[int, str], fields: Fields, filters: Filters) -> html.Div:
    """Filters for personas, clusters, categories and ranges, showing what the address says."""
    parts = [_choice("persona", "Persona", [(name, name) for name in personas], list(filters.personas))]
    parts += [
        _choice(column, formats.words(column), [(word, word) for word in words], list(filters.categories.get(column, ())))
        for column, words in fields.categories.items()
    ]
    parts += [_range(column, unit, filters.ranges.get(column, (None, None))) for column, unit in fields.ranges.items()]
    numbered = [(f"{number} · {name}", str(number)) for number, name in clusters.items()]
    parts.append(_choice("cluster", "Cluster", numbered, [str(number) for number in filters.clusters]))
    return html.Div(parts, className="filters", role="group", **{"aria-label": "Filters"})


def _choice(name: str, label: str, options: list[tuple[str, str]], chosen: list[str]) -> html.Details:
    control = dbc.Checklist(
        id={"filter": name, "end": "list"}, options=[{"label": word, "value": value} for word, value in options], value=chosen
    )
    words = "" if not chosen else chosen[0] if len(chosen) == 1 and name != "cluster" else str(len(chosen))
    return _panel(name, label, words, html.Fieldset([html.Legend(label, className="visually-hidden"), control]))


def _range(name: str, unit: str, bounds: tuple[float | None, float | None]) -> html.Details:
    label = formats.words(name)
    ends = [
        html.Label(
            [
                word,
                dbc.Input(
                    id={"filter": name, "end": end}, type="number", value=bound, debounce=True, step="any", placeholder="any", size="sm"
                ),
            ]
        )
        for word, end, bound in zip(("at least", "at most"), ("low", "high"), bounds, strict=True)
    ]
    return _panel(
        name, label, _bounds(bounds), html.Fieldset([html.Legend(f"{label} ({unit})" if unit else label), *ends], className="range")
    )


def _panel(name: str, label: str, words: str, content: Any) -> html.Details:
    return popup(label, html.Span(words, id={"chosen": name}, className="chosen"), html.Div(content, className="pop"))


def _bounds(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is None and high is None:
        return ""
    if low is None:
        return f"≤ {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g} to {high:g}"
