"""Bars with their values written beside them."""

from collections.abc import Mapping, Sequence

from webapp.figures.base import Figure, add, arrange, axis_title, blank, horizontal, upright
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
    said = {"insidetextanchor": "end", "hovertemplate": "%{y}: %{x:,.4~r}<extra></extra>"}
    add(figure, [horizontal(names, values, texts, colours, **said)])
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
        arrange(figure, shapes=[upright(line, OTHER, width=1)])
    every = [0.0, *(value for values, _ in series.values() for value in values)]
    lowest, highest = min(every), max(every)
    # For the words beside the longest bar, and beside those that go to the left.
    room = 0.3 * (highest - lowest)
    # Plotly draws the first trace of a group lowest.
    for (word, (values, texts)), colour in zip(reversed(list(series.items())), reversed(colours), strict=True):
        said = {"name": word, "textposition": "outside", "hovertemplate": f"%{{y}}, {word}: %{{text}}<extra></extra>"}
        add(figure, [horizontal(names, values, texts, colour, **said)])
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        xaxis={
            "tickformat": ".0%" if percent else "~s",
            "range": [lowest - room if lowest else 0, highest + room or 1],
            "title": {"text": measure},
        },
        legend={"traceorder": "reversed"},
    )
    return figure
