"""How surely each persona and each cluster is found again, with the bounds of the grades."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from webapp import formats
from webapp.figures.base import Figure, add, arrange, blank
from webapp.theme import INK, MUTED, Theme

# What each grade begins at (Hennig 2007, and the documentation of his R package fpc).
BOUNDS = {"doubtful": 0.60, "stable": 0.75, "highly stable": 0.85}


def draw(frame: pd.DataFrame, theme: Theme, *, labels: Sequence[str], colours: Sequence[str]) -> Figure:
    """Horizontal bars, the first on top; one row per persona or cluster: value, the mean Jaccard, 0 to 1."""
    figure = blank(theme, bargap=0.14, showlegend=False)
    add(
        figure,
        [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(labels),
                "x": frame["value"].to_numpy(np.float32),
                "text": [formats.score(value) for value in frame["value"]],
                "textfont": {"size": 11},
                "textposition": "auto",
                "insidetextanchor": "start",
                "textangle": 0,
                "cliponaxis": False,
                "marker": {"color": list(colours)},
                "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
            }
        ],
    )
    arrange(
        figure,
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "type": "category",
            "tickfont": {"size": 12},
            "dtick": 1,
            "ticklabelstandoff": 6,
        },
        xaxis={
            "range": [0, 1],
            "title": {"text": "mean Jaccard"},
            "tickvals": [0, 0.5, 1],
            "tickangle": 0,
        },
        shapes=[_line(bound, theme) for bound in BOUNDS.values()],
        annotations=[_name(grade, bound, at, theme) for at, (grade, bound) in enumerate(BOUNDS.items())],
        margin={"t": 8 + 16 * len(BOUNDS)},
    )
    return figure


def _line(bound: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": bound,
        "x1": bound,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": INK[theme], "dash": "dot", "width": 1.2},
    }


def _name(grade: str, bound: float, at: int, theme: Theme) -> dict[str, Any]:
    """Above the chart, each on a line of its own: the bounds stand too close for one."""
    return {
        "x": bound,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 2 + 16 * at,
        "xanchor": "right",
        "text": f"{grade} from {bound:.2f}",
        "showarrow": False,
        "font": {"size": 11, "color": MUTED[theme]},
    }
