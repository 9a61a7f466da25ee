"""A difference and the interval that it is believed to lie in, beside no difference at all."""

import numpy as np

from webapp.figures.base import Figure, add, arrange, blank, upright
from webapp.theme import GREEN, MUTED, OTHER, RED, Theme

# Of the width, on either side of what is drawn.
_ROOM = 0.15


def draw(value: float, low: float, high: float, theme: Theme, *, measure: str, ticks: str) -> Figure:
    """One interval; `ticks` is how the axis writes its numbers (d3-format)."""
    colour = GREEN if low > 0 else RED if high < 0 else OTHER
    ends = min(low, 0.0), max(high, 0.0)
    room = _ROOM * (ends[1] - ends[0])
    figure = blank(theme, showlegend=False, shapes=[upright(0, MUTED[theme])])
    bar = {
        "type": "scatter",
        "mode": "lines",
        "x": _array(low, high),
        "y": _array(0, 0),
        "line": {"color": colour, "width": 8},
        "hoverinfo": "skip",
    }
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": _array(value),
        "y": _array(0),
        "marker": {"color": colour, "size": 18, "symbol": "diamond"},
        "hovertemplate": f"%{{x:{ticks}}}<extra></extra>",
    }
    add(figure, [bar, point])
    arrange(
        figure,
        xaxis={"title": {"text": measure}, "tickformat": ticks, "range": [ends[0] - room, ends[1] + room], "zeroline": False},
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
    )
    return figure


def _array(*values: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array(values, np.float32)
