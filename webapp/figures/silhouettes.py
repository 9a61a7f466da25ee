"""Silhouettes in the classic form (Rousseeuw 1987): of every cluster its customers, the best fit first, each as wide as the fit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from webapp import formats
from webapp.figures.base import Figure, add, arrange, blank
from webapp.theme import INK, MUTED, Theme

# The thinnest band and the space between two, as shares of all customers: a line of text has to fit beside each.
_THINNEST, _SPACE = 0.045, 0.012


def draw(
    frame: pd.DataFrame, theme: Theme, *, sizes: Mapping[int, int], labels: Mapping[int, str], colours: Mapping[int, str], mean: float
) -> Figure:
    """Filled areas; one row per customer drawn, in order: cluster, place (0 to 1 within the cluster), fit.

    Args:
        frame: Clusters one after another from top to bottom, customers of each from the best fit to the worst.
        theme: Light or dark.
        sizes: Cluster to its customers, all of them: how thick its band is.
        labels: Cluster to the words beside its band.
        colours: Cluster to its colour.
        mean: Fit of all customers.
    """
    figure = blank(theme, showlegend=False, hovermode="closest")
    everyone = sum(sizes.values())
    top, middles = 0.0, {}
    for cluster, own in frame.groupby("cluster", sort=False):
        number = int(cluster)
        thick = max(sizes[number] / everyone, _THINNEST)
        add(figure, [_band(own, top, thick, labels[number], colours[number])])
        middles[number] = top + thick / 2
        top += thick + _SPACE
    arrange(
        figure,
        xaxis={
            "title": {"text": "fit (silhouette)"},
            "range": [_left(frame), 1],
            "zeroline": True,
            "zerolinecolor": MUTED[theme],
        },
        yaxis={
            "range": [top, -_SPACE],
            "tickvals": np.array(list(middles.values()), np.float32),
            "ticktext": [labels[number] for number in middles],
            "showgrid": False,
            "zeroline": False,
            "ticklabelstandoff": 8,
        },
        shapes=[
            {
                "type": "line",
                "x0": mean,
                "x1": mean,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": INK[theme], "dash": "dot", "width": 1.5},
            }
        ],
        annotations=[
            {
                "x": mean,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "yshift": 2,
                "text": f"mean {formats.score(mean)}",
                "showarrow": False,
                "font": {"size": 12, "color": INK[theme]},
            }
        ],
        margin={"t": 28},
    )
    return figure


def _left(frame: pd.DataFrame) -> float:
    """Where the axis begins: at the worst fit, or a little before 0."""
    return min(float(frame["fit"].min()) - 0.02, -0.05) if len(frame) else -0.05


def _band(own: pd.DataFrame, top: float, thick: float, label: str, colour: str) -> dict[str, Any]:
    """One cluster; its first and its last customer reach to the edges, so that even one alone has an area."""
    fit, place = own["fit"].to_numpy(), own["place"].to_numpy()
    return {
        "type": "scatter",
        "x": np.concatenate([fit[:1], fit, fit[-1:]]).astype(np.float32),
        "y": (top + thick * np.concatenate([[0.0], place, [1.0]])).astype(np.float32),
        "mode": "lines",
        "fill": "tozerox",
        "line": {"color": colour, "width": 1},
        "fillcolor": colour,
        "hovertemplate": f"{label}<br>fit %{{x:.3f}}<extra></extra>",
    }
