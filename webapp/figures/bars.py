"""Bars with their values written beside them."""

from collections.abc import Mapping, Sequence

import numpy as np

from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import INDIGO, MUTED, OTHER, Theme


def draw(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    theme: Theme,
    *,
    measure: str,
    unit: str = "",
    colours: Sequence[str] | str = INDIGO,
    ticks: str = "~s",
) -> Figure:
    """Horizontal bars, the first on top; `ticks` is how the axis writes its numbers (d3-format)."""
    figure = blank(theme, bargap=0.3, showlegend=False)
    figure["data"].append(
        {
            "type": "bar",
            "orientation": "h",
            "y": list(names),
            "x": np.asarray(values, np.float32),
            "text": list(texts),
            "textposition": "auto",
            "insidetextanchor": "end",
            "textangle": 0,
            "cliponaxis": False,
            "marker": {"color": colours if isinstance(colours, str) else list(colours)},
            "hovertemplate": "%{y}: %{x:,.4~r}<extra></extra>",
        }
    )
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "tickfont": {"size": 12}},
        xaxis={"title": {"text": axis_title(measure, unit)}, "tickformat": ticks, "color": MUTED[theme]},
    )
    return figure


def groups(
    names: Sequence[str],
    series: Mapping[str, tuple[Sequence[float], Sequence[str]]],
    theme: Theme,
    *,
    colours: Sequence[str],
    percent: bool = True,
    line: float | None = None,
    measure: str = "",
) -> Figure:
    """Horizontal bars in groups; `series` is a word to its values and their texts, `line` a value that is marked."""
    figure = blank(theme, barmode="group", bargap=0.28, bargroupgap=0.08, showlegend=len(series) > 1)
    if line is not None:
        mark = {
            "type": "line",
            "x0": line,
            "x1": line,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": OTHER, "dash": "dot", "width": 1},
        }
        figure["layout"]["shapes"] = [mark]
    longest = max((max(values, default=0) for values, _ in series.values()), default=0)
    # Plotly draws the first trace of a group lowest.
    for (word, (values, texts)), colour in zip(reversed(list(series.items())), reversed(colours), strict=True):
        figure["data"].append(
            {
                "type": "bar",
                "name": word,
                "orientation": "h",
                "y": list(names),
                "x": np.asarray(values, np.float32),
                "text": list(texts),
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": colour},
                "hovertemplate": f"%{{y}}, {word}: %{{text}}<extra></extra>",
            }
        )
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        # Room for the words beside the longest bar.
        xaxis={"tickformat": ".0%" if percent else "~s", "range": [0, 1.3 * longest or 1], "title": {"text": measure}},
        legend={"traceorder": "reversed"},
    )
    return figure
