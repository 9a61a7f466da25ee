"""What is left, or comes back, as time passes since a beginning: a line for each group."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, add, arrange, blank
from webapp.theme import Theme


def draw(frame: pd.DataFrame, theme: Theme, *, colours: Mapping[str, str], across: str, up: str, steps: bool = False) -> Figure:
    """Lines; one row per group and age: group, age, share (0 to 1), at_risk (how many the share is of).

    Args:
        frame: The shares, each group's by age.
        theme: Light or dark.
        colours: Group to its colour, in the order of the legend.
        across: The words below the chart: what age is counted from, and in what.
        up: The words beside it.
        steps: Whether a share holds until the next, as that of survivors does (Kaplan and Meier 1958); else lines join them.
    """
    figure = blank(theme, hovermode="closest", showlegend=len(colours) > 1)
    traces = []
    for name, colour in colours.items():
        own = frame[frame["group"] == name]
        traces.append(
            {
                "type": "scatter",
                "name": name,
                "x": own["age"].to_numpy(np.float32),
                "y": own["share"].to_numpy(np.float32),
                "customdata": own["at_risk"].to_numpy(np.float32),
                "mode": "lines" if steps else "lines+markers",
                "line": {"color": colour, "width": 2.5, "shape": "hv" if steps else "linear"},
                "marker": {"color": colour, "size": 6},
                "hovertemplate": f"{name}, month %{{x}}: %{{y:.1%}} of %{{customdata:,.0f}}<extra></extra>",
            }
        )
    add(figure, traces)
    arrange(
        figure,
        xaxis={"title": {"text": across}, "showgrid": False, "rangemode": "tozero"},
        yaxis={"title": {"text": up}, "tickformat": ".0%", "rangemode": "tozero"},
    )
    return figure
