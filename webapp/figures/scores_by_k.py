"""A score for every number of clusters, the number in use and the recommended one marked."""

from typing import Any

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, add, arrange, blank
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
        shapes=[_drop(k, theme) for k in marked],
        annotations=[_words(k, words, at, theme, values.index.max()) for at, (k, words) in enumerate(marked.items())],
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


def _drop(k: int, theme: Theme) -> dict[str, Any]:
    line = {"color": MUTED[theme], "dash": "dot", "width": 1.2}
    return {"type": "line", "x0": k, "x1": k, "y0": 0, "y1": 1, "yref": "paper", "line": line, "layer": "below"}


def _words(k: int, words: str, at: int, theme: Theme, largest: int) -> dict[str, Any]:
    """Above the chart, each on a line of its own, on the side where there is room."""
    return {
        "x": k, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 18 * at, "text": words, "showarrow": False,
        "xanchor": "right" if 2 * k > largest else "left", "font": {"size": 12, "color": INK[theme]},
    }  # fmt: skip
