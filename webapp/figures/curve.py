"""Concentration of revenue: the share that the best customers bring."""

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, blank
from webapp.theme import FAINT, INDIGO, Theme


def draw(frame: pd.DataFrame, theme: Theme) -> Figure:
    """Curve; one row per step: customers, revenue, both shares of 1, the best customers first."""
    figure = blank(theme, showlegend=False, hovermode="x")
    figure["data"].append(
        {
            "type": "scatter",
            "x": frame["customers"].to_numpy(np.float32),
            "y": frame["revenue"].to_numpy(np.float32),
            "mode": "lines",
            "fill": "tozeroy",
            "line": {"color": INDIGO, "width": 2.5},
            "fillcolor": "rgba(90, 90, 255, 0.14)",
            "hovertemplate": "The best %{x:.0%} bring %{y:.1%}<extra></extra>",
        }
    )
    figure["data"].append(
        {"type": "scatter", "x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": FAINT[theme], "dash": "dot"}, "hoverinfo": "skip"}
    )
    arrange(
        figure,
        xaxis={"title": {"text": "share of customers, the best first"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": "share of revenue"}, "tickformat": ".0%", "range": [0, 1.02]},
    )
    return figure
