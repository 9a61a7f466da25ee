"""Silhouettes in the classic form (Rousseeuw 1987): of every cluster its customers, the best fit first, each as wide as the fit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, above, add, arrange, blank, upright
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
    edges = _edges({int(cluster): sizes[int(cluster)] for cluster in frame["cluster"].unique()})
    for cluster, own in frame.groupby("cluster", sort=False):
        number = int(cluster)
        add(figure, [_band(own, *edges[number], labels[number], colours[number])])
    bottom = max((low for _, low in edges.values()), default=0.0) + _SPACE
    middles = [(top + low) / 2 for top, low in edges.values()]
    arrange(
        figure,
        xaxis={"title": {"text": "fit (silhouette)"}, "range": [_left(frame), 1], "zeroline": True, "zerolinecolor": MUTED[theme]},
        yaxis={
            "range": [bottom, -_SPACE],
            "tickvals": np.array(middles, np.float32),
            "ticktext": [labels[number] for number in edges],
            "showgrid": False,
            "zeroline": False,
            "ticklabelstandoff": 8,
        },
        shapes=[upright(mean, INK[theme], width=1.5)],
        annotations=[above(mean, f"mean {formats.score(mean)}", INK[theme], up=2)],
        margin={"t": 28},
    )
    return figure


def _edges(sizes: Mapping[int, int]) -> dict[int, tuple[float, float]]:
    """Upper and lower edge of each cluster's band, as thick as it has customers, from 0 down."""
    everyone, top, found = sum(sizes.values()), 0.0, {}
    for number, size in sizes.items():
        found[number] = top, top + max(size / everyone, _THINNEST)
        top = found[number][1] + _SPACE
    return found


def _left(frame: pd.DataFrame) -> float:
    """Where the axis begins: at the worst fit, or a little before 0."""
    return min(float(frame["fit"].min()) - 0.02, -0.05) if len(frame) else -0.05


def _band(own: pd.DataFrame, top: float, low: float, label: str, colour: str) -> dict[str, Any]:
    """One cluster; its first and its last customer reach to the edges, so that even one alone has an area."""
    fit, place = own["fit"].to_numpy(), own["place"].to_numpy()
    return {
        "type": "scatter",
        "x": np.concatenate([fit[:1], fit, fit[-1:]]).astype(np.float32),
        "y": (top + (low - top) * np.concatenate([[0.0], place, [1.0]])).astype(np.float32),
        "mode": "lines",
        "fill": "tozerox",
        "line": {"color": colour, "width": 1},
        "fillcolor": colour,
        "hovertemplate": f"{label}<br>fit %{{x:.3f}}<extra></extra>",
    }
