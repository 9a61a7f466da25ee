"""What all charts share: an empty figure in a theme, and the words beside an axis.

A figure is what Plotly draws, as plain data: {"data": traces, "layout": layout}. Plotly's own classes check every property each time,
which takes longer than all the rest of a request; the tests have them check every chart once.
"""

from collections.abc import Iterable, Sequence
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np

from webapp.theme import TEMPLATES, Theme

Figure = dict[str, Any]

# Marks along months have room on a narrow screen, up to so many; and how many months there may be from one to the next.
_MARKS, _MONTHS_APART = 8, (1, 2, 3, 6, 12, 24, 60, 120)
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}


def blank(theme: Theme, **layout: Any) -> Figure:
    """A figure without traces in the house's look."""
    return {"data": [], "layout": {"template": TEMPLATES[theme], **layout}}


def add(figure: Figure, traces: Iterable[dict[str, Any]]) -> None:
    """Put traces on top of those that are there."""
    figure["data"] += traces


def arrange(figure: Figure, **layout: Any) -> None:
    """Set parts of the layout; what is said of the same axis or legend before stays."""
    own = figure["layout"]
    for name, value in layout.items():
        own[name] = {**own[name], **value} if isinstance(value, dict) and isinstance(own.get(name), dict) else value


def customers(ids: Iterable[str], said: str) -> dict[str, Any]:
    """What points know of their customers: the id that a click gives back, and what is said on hover, `said` below the id."""
    raw = list(ids)
    if any("<" in one or "&" in one for one in raw):
        # Plotly takes tags in its texts for its own; an id is never one.
        return {"customdata": raw, "text": [escape(one) for one in raw], "hovertemplate": f"Customer %{{text}}<br>{said}<extra></extra>"}
    return {"customdata": raw, "hovertemplate": f"Customer %{{customdata}}<br>{said}<extra></extra>"}


def horizontal(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], colour: str | Sequence[str], **more: Any
) -> dict[str, Any]:
    """Horizontal bars with their texts; `more` is what else is said of them."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": np.asarray(values, np.float32),
        "text": list(texts),
        "textposition": "auto",
        "textangle": 0,
        "cliponaxis": False,
        "marker": {"color": colour if isinstance(colour, str) else list(colour)},
        **more,
    }


def upright(x: float, colour: str, *, width: float = 1.2, **more: Any) -> dict[str, Any]:
    """A dotted line over the whole height of a chart."""
    line = {"color": colour, "dash": "dot", "width": width}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line, **more}


def above(x: float, text: str, colour: str, *, size: int = 12, up: float = 0, **more: Any) -> dict[str, Any]:
    """Words above a chart, `up` pixels from its edge."""
    place = {"x": x, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": up, "showarrow": False}
    return {**place, "text": text, "font": {"size": size, "color": colour}, **more}


def colour_scale(colours: Sequence[str]) -> list[list[Any]]:
    """A colour scale as plotly.js takes it: each colour with its place, evenly from 0 to 1. Names alone it passes over in silence."""
    return [[at / (len(colours) - 1), colour] for at, colour in enumerate(colours)]


def wrapped(name: str, letters: int = 12) -> str:
    """A name in lines that are short enough for a narrow screen."""
    return "<br>".join(wrap(name, letters, break_long_words=False))


def month_axis(months: int) -> dict[str, Any]:
    """An axis along so many months. Left to itself Plotly sets marks within them where they are few, and names several alike."""
    apart = next((apart for apart in _MONTHS_APART if months <= _MARKS * apart), _MONTHS_APART[-1])
    return {"showgrid": False, "tickformat": "%b\n%Y", "dtick": f"M{apart}"}


def axis_title(name: str, unit: str = "") -> str:
    """The words beside an axis: Recency (days)."""
    words = name.removesuffix("_days").replace("_", " ").capitalize()
    return f"{words} ({_SYMBOLS.get(unit, unit)})" if unit else words
