"""Profile heat map: cluster by feature, as distance from the average."""

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank, colour_scale
from webapp.theme import DIVERGING, Theme

# Standard deviations at which the colour ends.
_END = 2.0


def draw(clusters: pd.DataFrame, theme: Theme, *, average: dict[str, tuple[float, float]]) -> Figure:
    """Heat map; one row per cluster: cluster, persona, mean of each feature; `average` is feature to mean and spread of all."""
    names = list(average)
    away = np.array(
        [[(row[name] - mean) / spread if spread else 0 for name, (mean, spread) in average.items()] for _, row in clusters.iterrows()],
        np.float32,
    ).reshape(len(clusters), len(names))
    figure = blank(theme)
    figure["data"].append(
        {
            "type": "heatmap",
            "z": away,
            "x": [axis_title(name) for name in names],
            "y": [f"{row.cluster} · {row.persona}" for row in clusters.itertuples()],
            "zmin": -_END,
            "zmax": _END,
            "colorscale": colour_scale(DIVERGING[theme]),
            "xgap": 2,
            "ygap": 2,
            "texttemplate": "%{z:+.1f}",
            "showscale": False,  # every cell says its number
            "hovertemplate": "%{y}<br>%{x}: %{z:+.2f} standard deviations from the average<extra></extra>",
        }
    )
    arrange(figure, yaxis={"autorange": "reversed", "showgrid": False, "type": "category"}, xaxis={"side": "top", "showgrid": False})
    return figure
