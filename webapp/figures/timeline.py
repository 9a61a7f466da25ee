"""One customer's orders: each a point, and the spend per month as bars."""

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import INK, Theme


def draw(orders: pd.DataFrame, theme: Theme, *, colour: str, currency: str | None) -> Figure:
    """Timeline; one row per order: order_id, time, items, spend."""
    months = orders.groupby(orders["time"].dt.to_period("M"))["spend"].sum()
    figure = blank(theme, showlegend=True, hovermode="closest", bargap=0.2)
    figure["data"].append(
        {
            "type": "bar",
            "name": "spend per month",
            "x": [f"{month:%Y-%m}-15" for month in months.index],
            "y": months.to_numpy(np.float32),
            "width": 24 * 24 * 3600 * 1000,  # milliseconds: most of a month
            "marker": {"color": colour, "opacity": 0.45},
            "hovertemplate": "%{x|%B %Y}: %{y:,.2f}<extra></extra>",
        }
    )
    figure["data"].append(
        {
            "type": "scatter",
            "name": "an order",
            "x": orders["time"].dt.strftime("%Y-%m-%dT%H:%M:%S").to_list(),
            "y": orders["spend"].to_numpy(np.float32),
            "customdata": orders["order_id"].to_list(),
            "mode": "markers",
            "marker": {"size": 8, "color": INK[theme], "symbol": "circle-open", "line": {"width": 2}},
            "hovertemplate": "Order %{customdata}<br>%{x|%-d %b %Y}: %{y:,.2f}<extra></extra>",
        }
    )
    arrange(figure, xaxis={"showgrid": False}, yaxis={"title": {"text": axis_title("spend", currency or "")}, "tickformat": "~s"})
    return figure
