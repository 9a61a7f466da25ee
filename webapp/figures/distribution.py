"""How a feature is spread, with the personas' middles marked."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline import formats
from webapp.figures.base import Figure, add, arrange, axis_title, blank
from webapp.theme import INDIGO, Theme, persona_colours


def draw(
    counts: np.ndarray,
    edges: np.ndarray,
    theme: Theme,
    *,
    feature: str,
    unit: str,
    middles: Mapping[str, float],
    personas: Sequence[str],
    log: bool,
) -> Figure:
    """Histogram.

    Args:
        counts: Customers per bin.
        edges: Of the bins, one more than there are; with `log` their logarithm to the base of 10.
        theme: Light or dark.
        feature: Its name.
        unit: Its unit.
        middles: Persona to its median; one without customers is left out.
        personas: All of the dataset.
        log: Whether the axis is a log scale, from 1 up.
    """
    figure = blank(theme, bargap=0, showlegend=False)
    add(figure, [_bins(counts, edges, log=log)])
    top, colours = float(counts.max(initial=0)), persona_colours(personas)
    for at, name in enumerate(name for name in personas if name in middles):
        place, said = float(np.log10(max(middles[name], 1))) if log else middles[name], formats.measure(middles[name], unit)
        left = place >= (edges[0] + edges[-1]) / 2
        add(figure, [_middle(name, place, top * (1.06 + 0.07 * at), said, colours[name], left=left)])
    axis: dict[str, object] = {"title": {"text": axis_title(feature, unit)}, "zeroline": False}
    if log:
        powers = range(int(np.floor(edges[0])), int(np.ceil(edges[-1])) + 1)
        axis |= {"tickvals": list(powers), "ticktext": [formats.short(10.0**power) for power in powers]}
    arrange(figure, xaxis=axis, yaxis={"title": {"text": "customers"}, "tickformat": "~s"})
    return figure


def _bins(counts: np.ndarray, edges: np.ndarray, *, log: bool) -> dict[str, Any]:
    shown = [f"{formats.short(10**low if log else low)} to {formats.short(10**high if log else high)}" for low, high in pairwise(edges)]
    return {
        "type": "bar",
        "x": ((edges[1:] + edges[:-1]) / 2).astype(np.float32),
        "y": counts.astype(np.float32),
        "width": np.diff(edges).astype(np.float32) * 0.92,
        "customdata": shown,
        "marker": {"color": INDIGO, "opacity": 0.55},
        "hovertemplate": "%{customdata}: %{y:,} customers<extra></extra>",
    }


def _middle(name: str, place: float, height: float, said: str, colour: str, *, left: bool) -> dict[str, Any]:
    """The middle customer of a persona; its name stands to the left or to the right, where there is room."""
    return {
        "type": "scatter",
        "x": [place, place],
        "y": [0, height],
        "mode": "lines+text",
        "text": ["", f" {name}"],
        "textposition": "middle left" if left else "middle right",
        "textfont": {"size": 11},
        "line": {"color": colour, "width": 2},
        "hovertemplate": f"{name}: half have at most {said}<extra></extra>",
        "cliponaxis": False,
    }
