"""A persona's features against the average, as a radar."""

from collections.abc import Sequence

import numpy as np

from webapp.figures.base import Figure, arrange, blank
from webapp.theme import MUTED, Theme


def draw(names: Sequence[str], series: dict[str, tuple[Sequence[float], str]], theme: Theme) -> Figure:
    """Radar; `series` is a word to its standings (share of all customers with less, 0 to 1) and its colour."""
    figure = blank(theme, showlegend=len(series) > 1, margin={"l": 56, "r": 56, "t": 28, "b": 28})
    figure["data"].append(
        {
            "type": "scatterpolar",
            "r": np.full(len(names) + len(names[:1]), 0.5, np.float32),
            "theta": [*names, *names[:1]],
            "mode": "lines",
            "line": {"color": MUTED[theme], "dash": "dot", "width": 1},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    for word, (standings, colour) in series.items():
        figure["data"].append(
            {
                "type": "scatterpolar",
                "name": word,
                "r": np.array([*standings, *standings[:1]], np.float32),
                "theta": [*names, *names[:1]],
                "mode": "lines+markers",
                "fill": "toself",
                "line": {"color": colour, "width": 2},
                "opacity": 0.75,
                "hovertemplate": f"{word}<br>%{{theta}}: above %{{r:.0%}} of customers<extra></extra>",
            }
        )
    arrange(
        figure,
        polar={
            "radialaxis": {"range": [0, 1], "tickvals": [0, 0.5, 1], "ticktext": ["", "50 %", "100 %"], "angle": 30, "tickangle": 0},
            "angularaxis": {"rotation": 90, "direction": "clockwise"},
        },
    )
    return figure
