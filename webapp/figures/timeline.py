"""One customer's orders: each a point, and the spend per month as bars."""

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import INK, Theme

# Months across: a single one would fill the chart with its bar.
_LEAST = 6


def draw(orders: pd.DataFrame, theme: Theme, *, colour: str, currency: str | None) -> Figure:
    """Timeline; one row per order: order_id, time, items, spend."""
    spent = by_month(orders)
    figure = blank(theme, showlegend=True, hovermode="closest", bargap=0.2)
    figure["data"].append(
        {
            "type": "bar",
            "name": "spend per month",
            "x": [f"{month:%Y-%m}-15" for month in spent.index],
            "y": spent.to_numpy(np.float32),
            "width": 24 * 24 * 3600 * 1000,  # milliseconds: most of a month
            "marker": {"color": colour, "opacity": 0.45},
            "hovertemplate": "%{x|%B %Y}: %{y:,.2f}<extra></extra>",
        }
    )
    figure["data"].append(
        {
            "type": "scatter",
            "name": "an order",
            "x": np.datetime_as_string(orders["time"].to_numpy(), unit="s").tolist(),
            "y": orders["spend"].to_numpy(np.float32),
            "customdata": orders["order_id"].to_list(),
            "mode": "markers",
            "marker": {"size": 8, "color": INK[theme], "symbol": "circle-open", "line": {"width": 2}},
            "hovertemplate": "Order %{customdata}<br>%{x|%-d %b %Y}: %{y:,.2f}<extra></extra>",
        }
    )
    arrange(
        figure,
        xaxis={"showgrid": False, **_across(spent.index)},
        yaxis={"title": {"text": axis_title("spend", currency or "")}, "tickformat": "~s"},
    )
    return figure


def by_month(orders: pd.DataFrame) -> pd.Series:
    """What was spent in each month with orders; the index is the first of the month."""
    months, at = np.unique(orders["time"].to_numpy().astype("datetime64[M]"), return_inverse=True)
    return pd.Series(np.bincount(at, weights=orders["spend"].to_numpy(float)), index=pd.DatetimeIndex(months))


def _across(months: pd.DatetimeIndex) -> dict[str, list[str]]:
    """The first day that is shown, and the one after the last."""
    if months.empty:
        return {}
    first, last = (month.to_period("M") for month in (months[0], months[-1]))
    missing = max(_LEAST - ((last - first).n + 1), 0)
    return {"range": [f"{first - missing // 2}-01", f"{last + 1 + -(-missing // 2)}-01"]}
