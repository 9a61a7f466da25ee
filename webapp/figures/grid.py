"""The recency-frequency grid: 5 x 5 cells, each with its customers and revenue."""

import numpy as np
import pandas as pd

from webapp import formats
from webapp.figures.base import Figure, arrange, blank, colour_scale
from webapp.theme import SEQUENTIAL, Theme


def draw(frame: pd.DataFrame, theme: Theme, *, currency: str | None) -> Figure:
    """Heat map; one row per cell: recency, frequency (1 to 5), customers, revenue."""
    customers = np.zeros((5, 5), np.float32)
    revenue = np.zeros((5, 5))
    for row in frame.itertuples():
        customers[int(row.recency) - 1, int(row.frequency) - 1] = row.customers
        revenue[int(row.recency) - 1, int(row.frequency) - 1] = row.revenue
    text = [
        [
            f"<b>{formats.count(customers[r, f])}</b><br>{formats.money(revenue[r, f], currency)}" if customers[r, f] else ""
            for f in range(5)
        ]
        for r in range(5)
    ]
    figure = blank(theme)
    figure["data"].append(
        {
            "type": "heatmap",
            "z": customers,
            "x": ["1", "2", "3", "4", "5"],
            "y": ["1", "2", "3", "4", "5"],
            "text": text,
            "texttemplate": "%{text}",
            "colorscale": colour_scale(SEQUENTIAL[theme]),
            "showscale": False,
            "xgap": 3,
            "ygap": 3,
            "hovertemplate": "Recency %{y}, frequency %{x}<br>%{text}<extra></extra>",
        }
    )
    arrange(
        figure,
        xaxis={"title": {"text": "Frequency: 1 seldom, 5 often"}, "showgrid": False, "type": "category"},
        yaxis={"title": {"text": "Recency: 1 long ago, 5 lately"}, "showgrid": False, "type": "category"},
    )
    return figure
