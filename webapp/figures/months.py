"""Revenue per month, by persona."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, add, arrange, axis_title, blank, month_axis
from webapp.theme import Theme, persona_colours


def draw(frame: pd.DataFrame, theme: Theme, *, personas: Sequence[str], currency: str | None) -> Figure:
    """Stacked bars; one row per month, the index, and one column of revenue per persona."""
    colours = persona_colours(personas)
    figure = blank(theme, barmode="stack", bargap=0.15, hovermode="x unified", showlegend=True)
    firsts = frame.index.to_numpy()
    days = np.datetime_as_string(firsts, unit="D").tolist()
    # Some in between may have no row.
    across = int(np.ptp(firsts.astype("datetime64[M]").astype(int))) + 1 if len(firsts) else 0
    traces = (
        {
            "type": "bar",
            "name": name,
            "x": days,
            "y": frame[name].to_numpy(np.float32),
            "marker": {"color": colours[name], "line": {"width": 0}},
            "hovertemplate": f"{name}: %{{y:,.0f}}<extra></extra>",
        }
        for name in frame
    )
    add(figure, traces)
    arrange(
        figure,
        xaxis={**month_axis(across), "hoverformat": "%B %Y"},
        yaxis={"title": {"text": axis_title("revenue", currency or "")}, "tickformat": "~s", "zeroline": False},
    )
    return figure
