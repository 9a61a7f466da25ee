"""A score for every number of clusters, the number in use and the recommended one marked."""

from typing import Any

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, above, add, arrange, blank, upright
from webapp.theme import INDIGO, INK, MUTED, SURFACE, Theme


def draw(scores: pd.DataFrame, theme: Theme, *, score: str, measure: str, marks: dict[int, str]) -> Figure:
    """Line of one score; one row per k, the index, and a column per score. Of the gap the standard error is drawn too.

    Args:
        scores: Where a score is not defined there is no value.
        theme: Light or dark.
        score: The column that is drawn.
        measure: What the score is called beside the axis.
        marks: k to the words that stand at it; one that was not tried is passed over.
    """
    values = scores[score].dropna()
    line: dict[str, Any] = {
        "type": "scatter",
        "x": values.index.to_numpy(np.float32),
        "y": values.to_numpy(np.float32),
        "mode": "lines+markers",
        "line": {"color": INDIGO, "width": 2.5},
        "marker": {"size": 7, "color": INDIGO},
        "hovertemplate": f"k = %{{x}}: {measure.lower()} %{{y:,.4~r}}<extra></extra>",
    }
    if score == "gap" and "gap_error" in scores:
        errors = scores["gap_error"].reindex(values.index).to_numpy(np.float32)
        line["error_y"] = {"type": "data", "array": errors, "color": MUTED[theme], "thickness": 1.2, "width": 4}
    figure = blank(theme, showlegend=False, hovermode="closest")
    marked = {k: words for k, words in marks.items() if k in values.index}
    add(figure, [line, *(_mark(k, float(values[k]), theme) for k in marked)])
    arrange(
        figure,
        xaxis={"title": {"text": "k, number of clusters"}, "dtick": 1, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": measure}, "zeroline": False, "tickformat": "~s" if values.abs().max() >= 1_000 else "~r"},
        shapes=[upright(k, MUTED[theme], layer="below") for k in marked],
        # Each on a line of its own, on the side where there is room.
        annotations=[
            above(k, words, INK[theme], up=18 * at, xanchor="right" if 2 * k > values.index.max() else "left")
            for at, (k, words) in enumerate(marked.items())
        ],
        margin={"t": 8 + 18 * len(marked)},
    )
    return figure


def _mark(k: int, value: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [k],
        "y": [value],
        "mode": "markers",
        "marker": {"size": 15, "symbol": "diamond", "color": INK[theme], "line": {"width": 2, "color": SURFACE[theme]}},
        "hoverinfo": "skip",
    }
