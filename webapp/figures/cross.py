"""Personas against the segments of the marketer's grid: how many customers, and what they bring."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, arrange, blank, colour_scale, wrapped
from webapp.theme import SEQUENTIAL, Theme


def draw(frame: pd.DataFrame, theme: Theme, *, personas: Sequence[str], segments: Sequence[str], currency: str | None) -> Figure:
    """Heat map; one row per persona and segment: persona, segment, customers, revenue. Personas without customers are left out.

    The colour is the cell's share of the persona's customers.
    """
    own = frame.set_index(["segment", "persona"])
    across = [name for name in personas if name in set(frame["persona"])]
    counts, revenue = (own[name].unstack().reindex(index=list(segments), columns=across).fillna(0) for name in ("customers", "revenue"))
    text = [
        [f"<b>{formats.count(count)}</b><br>{formats.money(spent, currency)}" if count else "" for count, spent in zip(*row, strict=True)]
        for row in zip(counts.to_numpy(), revenue.to_numpy(), strict=True)
    ]
    figure = blank(theme)
    figure["data"].append(
        {
            "type": "heatmap",
            "z": (counts / counts.sum()).to_numpy(np.float32),
            "x": [wrapped(name) for name in across],
            "y": [wrapped(name) for name in segments],
            "text": text,
            "texttemplate": "%{text}",
            "textfont": {"size": 10},
            "zmin": 0,
            "zmax": 1,
            "colorscale": colour_scale(SEQUENTIAL[theme]),
            "showscale": False,
            "xgap": 3,
            "ygap": 3,
            "hovertemplate": "%{x}, %{y}<br>%{text}<br>%{z:.0%} of the persona<extra></extra>",
        }
    )
    arrange(
        figure,
        xaxis={"side": "top", "showgrid": False, "type": "category", "autotickangles": [0, 90]},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
    )
    return figure
