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
    longest = max((max(values, default=0) for values, _ in series.values()), default=0)
    # Plotly draws the first trace of a group lowest.
    for (word, (values, texts)), colour in zip(reversed(list(series.items())), reversed(colours), strict=True):
        said = {"name": word, "textposition": "outside", "hovertemplate": f"%{{y}}, {word}: %{{text}}<extra></extra>"}
        add(figure, [horizontal(names, values, texts, colour, **said)])
    arrange(
        figure,
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        # Room for the words beside the longest bar.
        xaxis={"tickformat": ".0%" if percent else "~s", "range": [0, 1.3 * longest or 1], "title": {"text": measure}},
        legend={"traceorder": "reversed"},
    )
    return figure
