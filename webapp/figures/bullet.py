"""Where one customer stands: a bullet per feature, against everyone and against the persona."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, add, arrange, blank
from webapp.theme import FAINT, INK, Theme

_BAR = {"type": "bar", "orientation": "h", "hoverinfo": "skip"}


def draw(standing: pd.DataFrame, theme: Theme, *, colour: str, units: dict[str, str], currency: str | None) -> Figure:
    """Bullets; one row per feature: feature, value, below, low, middle, high (shares of all customers, 0 to 1)."""
    # The value stands beside the name: on the bars it would lie over the persona or the mark.
    names = [
        f"{formats.words(name)}<br><b>{formats.exact_measure(value, units[name], currency)}</b>"
        for name, value in zip(standing["feature"], standing["value"], strict=True)
    ]
    figure = blank(theme, barmode="overlay", showlegend=True, bargap=0.45)
    add(figure, [_everyone(names, theme), _middle_half(names, standing, colour), _here(names, standing, theme)])
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "ticklabelstandoff": 8},
        xaxis={"tickformat": ".0%", "dtick": 0.5, "range": [0, 1], "title": {"text": "share of customers with less"}, "showgrid": False},
        margin={"r": 24},  # half of the last label
        legend={"y": -0.35},
    )
    return figure


def _everyone(names: list[str], theme: Theme) -> dict[str, Any]:
    ends = np.ones(len(names), np.float32)
    return {**_BAR, "name": "everyone", "y": names, "x": ends, "marker": {"color": FAINT[theme]}}


def _middle_half(names: list[str], standing: pd.DataFrame, colour: str) -> dict[str, Any]:
    low, high = standing["low"].to_numpy(np.float32), standing["high"].to_numpy(np.float32)
    return {
        **_BAR,
        "name": "middle half of the persona",
        "y": names,
        "base": low,
        "x": np.maximum(high - low, 0.006),
        "width": 0.4,
        "marker": {"color": colour, "opacity": 0.6},
    }


def _here(names: list[str], standing: pd.DataFrame, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "this customer",
        "y": names,
        "x": standing["below"].to_numpy(np.float32),
        "mode": "markers",
        "cliponaxis": False,
        "marker": {"symbol": "diamond", "size": 12, "color": INK[theme]},
        "hovertemplate": "%{y}: above %{x:.0%} of customers<extra></extra>",
    }
