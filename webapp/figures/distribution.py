"""How a feature is spread, with the personas' middles marked."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from webapp import formats
from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import INDIGO, Theme, persona_colours

_BINS = 28


def draw(frame: pd.DataFrame, theme: Theme, *, feature: str, unit: str, personas: Sequence[str], log: bool) -> Figure:
    """Histogram; one row per customer: persona and the feature. With `log`, bins are equal on a log scale, from 1 up."""
    values = frame[feature].to_numpy(float)
    placed = np.log10(np.maximum(values, 1)) if log else values
    counts, edges = np.histogram(placed, bins=_BINS)
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    figure = blank(theme, bargap=0, showlegend=False)
    shown = [f"{formats.short(10**low if log else low)} to {formats.short(10**high if log else high)}" for low, high in pairwise(edges)]
    figure["data"].append(
        {
            "type": "bar",
            "x": middles.astype(np.float32),
            "y": counts.astype(np.float32),
            "width": widths.astype(np.float32) * 0.92,
            "customdata": shown,
            "marker": {"color": INDIGO, "opacity": 0.55},
            "hovertemplate": "%{customdata}: %{y:,} customers<extra></extra>",
        }
    )
    colours = persona_colours(personas)
    medians = frame.groupby("persona")[feature].median()
    top = float(counts.max()) if len(counts) else 1.0
    for at, name in enumerate(name for name in personas if name in medians.index):
        place = float(np.log10(max(medians[name], 1)) if log else medians[name])
        figure["data"].append(
            {
                "type": "scatter",
                "x": [place, place],
                "y": [0, top * (1.06 + 0.07 * at)],
                "mode": "lines+text",
                "text": ["", f" {name}"],
                "textposition": "middle right" if place < (edges[0] + edges[-1]) / 2 else "middle left",
                "textfont": {"size": 11},
                "line": {"color": colours[name], "width": 2},
                "hovertemplate": f"{name}: half have at most {formats.measure(float(medians[name]), unit)}<extra></extra>",
                "cliponaxis": False,
            }
        )
    axis: dict[str, object] = {"title": {"text": axis_title(feature, unit)}, "zeroline": False}
    if log:
        powers = range(int(np.floor(edges[0])), int(np.ceil(edges[-1])) + 1)
        axis |= {"tickvals": list(powers), "ticktext": [formats.short(10.0**power) for power in powers]}
    arrange(figure, xaxis=axis, yaxis={"title": {"text": "customers"}, "tickformat": "~s"})
    return figure
