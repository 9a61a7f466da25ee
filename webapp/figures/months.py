"""Revenue per month, by persona."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import Theme, persona_colours


def draw(frame: pd.DataFrame, theme: Theme, *, personas: Sequence[str], currency: str | None) -> Figure:
    """Stacked bars; one row per month and persona: month, persona, revenue."""
    colours = persona_colours(personas)
    figure = blank(theme, barmode="stack", bargap=0.15, hovermode="x unified", showlegend=True)
    months = sorted(frame["month"].unique())
    days = [f"{month:%Y-%m-%d}" for month in months]
    for name in personas:
        rows = frame[frame["persona"] == name].set_index("month")["revenue"]
        if len(rows):
            figure["data"].append(
                {
                    "type": "bar",
                    "name": name,
                    "x": days,
                    "y": rows.reindex(months, fill_value=0).to_numpy(np.float32),
                    "marker": {"color": colours[name], "line": {"width": 0}},
                    "hovertemplate": f"{name}: %{{y:,.0f}}<extra></extra>",
                }
            )
    arrange(
        figure,
        xaxis={"showgrid": False, "tickformat": "%b\n%Y", "hoverformat": "%B %Y"},
        yaxis={"title": {"text": axis_title("revenue", currency or "")}, "tickformat": "~s", "zeroline": False},
    )
    return figure
