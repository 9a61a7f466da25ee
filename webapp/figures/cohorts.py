"""Cohorts through time: a row for each, a column for each month since it began, the stronger the colour the more."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, blank, colour_scale
from webapp.theme import SEQUENTIAL, Theme

# Pixels of a row, and of what stands above and below all of them.
_ROW, _AROUND = 19, 64


def height(cohorts: int) -> int:
    """Pixels that a chart of so many cohorts needs."""
    return _AROUND + _ROW * max(cohorts, 3)


def draw(
    values: pd.DataFrame, theme: Theme, *, labels: Sequence[str], title: str, short: Callable[[float], str], said: Callable[[float], str]
) -> Figure:
    """Heat map; one row per cohort and one column per month since it began, named by its number. What is not known yet is missing.

    Args:
        values: What is shown.
        theme: Light or dark.
        labels: What rows are called.
        title: Of the numbers of months.
        short: A value in a cell: two or three characters, for cells are small.
        said: A value on hover.
    """
    figure = blank(theme)
    known = values.notna().to_numpy()
    # The highest of all would leave the others pale.
    most = float(np.nanquantile(values.to_numpy(), 0.98)) if known.any() else 1.0

    def texts(written: Callable[[float], str]) -> list[list[str]]:
        return [
            [written(value) if seen else "" for value, seen in zip(*row, strict=True)] for row in zip(values.to_numpy(), known, strict=True)
        ]

    figure["data"].append(
        {
            "type": "heatmap",
            "z": values.to_numpy(np.float32),
            "x": [str(age) for age in values.columns],
            "y": list(labels),
            "text": texts(short),
            "texttemplate": "%{text}",
            "customdata": texts(said),
            "zmin": 0,
            "zmax": most or 1.0,
            "colorscale": colour_scale(SEQUENTIAL[theme]),
            "showscale": False,
            "xgap": 1,
            "ygap": 1,
            "hoverongaps": False,
            "hovertemplate": "%{y}, month %{x}: %{customdata}<extra></extra>",
        }
    )
    arrange(
        figure,
        xaxis={"side": "top", "showgrid": False, "type": "category", "title": {"text": title}, "tickangle": 0},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "dtick": 1, "tickfont": {"size": 11}},
    )
    return figure
