"""Where one customer stands: a bullet per feature, against everyone and against the persona."""

import numpy as np
import pandas as pd

from webapp import formats
from webapp.figures.base import Figure, arrange, blank
from webapp.theme import FAINT, INK, Theme


def draw(standing: pd.DataFrame, theme: Theme, *, colour: str, units: dict[str, str], currency: str | None) -> Figure:
    """Bullets; one row per feature: feature, value, below, low, middle, high (shares of all customers, 0 to 1)."""
    names = [formats.words(name) for name in standing["feature"]]
    figure = blank(theme, barmode="overlay", showlegend=True, bargap=0.45)
    figure["data"].append(
        {
            "type": "bar",
            "name": "everyone",
            "orientation": "h",
            "y": names,
            "x": np.ones(len(names), np.float32),
            "marker": {"color": FAINT[theme]},
            "hoverinfo": "skip",
        }
    )
    low, high = standing["low"].to_numpy(np.float32), standing["high"].to_numpy(np.float32)
    figure["data"].append(
        {
            "type": "bar",
            "name": "middle half of the persona",
            "orientation": "h",
            "y": names,
            "base": low,
            "x": np.maximum(high - low, 0.006),
            "width": 0.4,
            "marker": {"color": colour, "opacity": 0.6},
            "hoverinfo": "skip",
        }
    )
    figure["data"].append(
        {
            "type": "scatter",
            "name": "this customer",
            "y": names,
            "x": standing["below"].to_numpy(np.float32),
            "mode": "markers+text",
            "text": [
                f"<b>{formats.exact_measure(value, units[name], currency)}</b>"
                for name, value in zip(standing["feature"], standing["value"], strict=True)
            ],
            "textposition": ["middle left" if below > 0.84 else "middle right" for below in standing["below"]],
            "marker": {"symbol": "diamond", "size": 12, "color": INK[theme]},
            "hovertemplate": "%{y}: above %{x:.0%} of customers<extra></extra>",
        }
    )
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        xaxis={"tickformat": ".0%", "range": [0, 1], "title": {"text": "share of customers with less"}, "showgrid": False},
        legend={"y": -0.35},
    )
    return figure
