"""The recency-frequency grid: 5 x 5 cells, each with its customers and revenue, and the segments they make."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, arrange, blank, colour_scale, wrapped
from webapp.theme import INK, SEQUENTIAL, Theme

_SCORES = ("1", "2", "3", "4", "5")


def draw(frame: pd.DataFrame, theme: Theme, *, segments: pd.DataFrame, currency: str | None) -> Figure:
    """Heat map; one row per cell: recency, frequency (1 to 5), customers, revenue. `segments` has recency, frequency, segment of all."""
    customers = np.zeros((5, 5), np.float32)
    text = [[""] * 5 for _ in _SCORES]
    for row in frame.itertuples():
        r, f = int(row.recency) - 1, int(row.frequency) - 1
        customers[r, f] = row.customers
        text[r][f] = f"<b>{formats.count(row.customers)}</b><br>{formats.money(row.revenue, currency)}"
    names = [[""] * 5 for _ in _SCORES]
    for row in segments.itertuples():
        names[int(row.recency) - 1][int(row.frequency) - 1] = row.segment
    regions = segments.groupby("segment", sort=False).agg(["min", "max"]) if len(segments) else pd.DataFrame()
    for name, region in regions.iterrows():
        r, f = int(region["recency", "max"]) - 1, int(region["frequency", "min"]) - 1
        text[r][f] = f"{wrapped(str(name))}<br>{text[r][f]}"
    figure = blank(theme, shapes=[_outline(region, theme) for _, region in regions.iterrows()])
    figure["data"].append(
        {
            "type": "heatmap",
            "z": customers,
            "x": list(_SCORES),
            "y": list(_SCORES),
            "text": text,
            "customdata": names,
            "texttemplate": "%{text}",
            # Left to itself, the longest name that does not fit makes all of them small.
            "textfont": {"size": 11},
            "colorscale": colour_scale(SEQUENTIAL[theme]),
            "showscale": False,
            "xgap": 3,
            "ygap": 3,
            "hovertemplate": "%{customdata}<br>Recency %{y}, frequency %{x}: %{z:,} customers<extra></extra>",
        }
    )
    arrange(
        figure,
        xaxis={"title": {"text": "Frequency: 1 seldom, 5 often"}, "showgrid": False, "type": "category"},
        yaxis={"title": {"text": "Recency: 1 long ago, 5 lately"}, "showgrid": False, "type": "category"},
    )
    return figure


def _outline(region: Any, theme: Theme) -> dict[str, Any]:
    """A line around the cells of a segment; its ends are places among categories, which are counted from 0."""
    (left, right), (low, high) = ((region[score, "min"] - 1.5, region[score, "max"] - 0.5) for score in ("frequency", "recency"))
    return {
        "type": "rect",
        "x0": float(left),
        "x1": float(right),
        "y0": float(low),
        "y1": float(high),
        "line": {"color": INK[theme], "width": 1.5},
    }
