"""What one customer was, month by month."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, arrange, blank, month_axis
from webapp.theme import SURFACE, Theme


def draw(stretches: pd.DataFrame, theme: Theme, *, colours: Mapping[str, str]) -> Figure:
    """A ribbon; one row per stretch, in order: persona, since (the first day of its first month), months.

    Args:
        stretches: As `views.history.followed` has them.
        theme: Light or dark.
        colours: Persona to colour.
    """
    figure = blank(theme, barmode="overlay", bargap=0, showlegend=False)
    since = stretches["since"].to_numpy().astype("datetime64[M]")
    starts, ends = since.astype("datetime64[ms]"), (since + stretches["months"].to_numpy()).astype("datetime64[ms]")
    figure["data"] = [
        {
            "type": "bar",
            "orientation": "h",
            "base": np.datetime_as_string(starts, unit="D").tolist(),
            # A length in time is in milliseconds.
            "x": (ends - starts).astype(np.float32),
            "y": np.zeros(len(stretches), np.float32),
            "text": stretches["persona"].to_list(),
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "constraintext": "inside",
            "customdata": [formats.month(since) for since in stretches["since"]],
            "hovertemplate": "%{text}, from %{customdata} on<extra></extra>",
            "marker": {"color": [colours[name] for name in stretches["persona"]], "line": {"color": SURFACE[theme], "width": 2}},
        }
    ]
    across = np.datetime_as_string([*starts[:1], *ends[-1:]], unit="D").tolist() if len(starts) else None
    # A stretch is as long as its months: each is named in its middle.
    axis = {**month_axis(int(stretches["months"].sum())), "type": "date", "ticklabelmode": "period"}
    arrange(figure, xaxis={**axis, "range": across}, yaxis={"visible": False})
    arrange(figure, uniformtext={"mode": "hide", "minsize": 11})
    return figure
