"""A card: a finding, the chart that shows it, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from pipeline import formats
from webapp.components.table import Column, table
from webapp.figures.base import Figure

# Named, not left over: among Plotly's own buttons is one that sends the chart's data to a cloud.
_BUTTONS = ["toImage"]
_MAP_BUTTONS = ["toImage", "lasso2d", "select2d", "zoom2d", "pan2d", "resetScale2d"]


@dataclass(frozen=True)
class Chart:
    """A chart and what it says.

    Attributes:
        finding: What the data shows, in a sentence; the heading.
        figure: The chart.
        columns: Headings of the table beside it.
        rows: Its rows, as text.
        note: How to read it, where that is not plain.
    """

    finding: str
    figure: Figure
    columns: Sequence[Column | str] = ()
    rows: Sequence[Sequence[Any]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Narrowed:
    """What a map needs whose points come once and are then shown or not.

    Attributes:
        shown: Who is, see `figures.map.shown`.
        drawn: What the points are coloured by; when that changes, they are sent again.
    """

    shown: dict[str, Any]
    drawn: str


def card(
    name: str, chart: Chart, *, height: int = 340, tools: Any = None, is_map: bool = False, narrowed: Narrowed | None = None
) -> html.Section:
    """A card with one chart; `name` is the id of the graph and the name of its PNG."""
    heading = html.H2(formats.unbroken(chart.finding), id=f"{name}-finding", className="finding")
    head = html.Div([heading, html.Div(tools, id=f"{name}-tools")], className="card-head")
    parts: list[Any] = [head, graph(name, chart.figure, height=height, is_map=is_map, narrowed=narrowed)]
    if chart.note:
        parts.append(html.P(chart.note, className="note"))
    if chart.columns:
        rows = html.Div(as_table(chart), id=f"{name}-rows")
        parts.append(html.Details([html.Summary("Show as a table"), rows], className="as-table"))
    return html.Section(parts, className="panel", **{"aria-labelledby": f"{name}-finding"})


def as_table(chart: Chart) -> dict[str, Any]:
    """The chart's rows."""
    return table(chart.columns, chart.rows, caption=chart.finding)


def graph(name: str, figure: Figure, *, height: int, is_map: bool = False, narrowed: Narrowed | None = None) -> html.Div:
    """The chart alone, in a box that keeps its height while it is drawn; one that filters narrow is drawn by `assets/map.js`."""
    config = {
        "displaylogo": False,
        "responsive": True,
        "scrollZoom": is_map,
        "toImageButtonOptions": {"format": "png", "filename": f"clientele-{name}", "scale": 2},
        "modeBarButtons": [_MAP_BUTTONS if is_map else _BUTTONS],
    }
    drawn = {"id": name, "figure": figure, "config": config, "responsive": True, "style": {"height": f"{height}px"}}
    return html.Div(
        {"namespace": "clientele", "type": "Map", "props": {**drawn, **narrowed.__dict__}} if narrowed else dcc.Graph(**drawn),
        className="chart",
        style={"minHeight": f"{height}px"},
    )


def panel(heading: str, children: Any, *, tools: Any = None) -> html.Section:
    """A card without a chart."""
    head = html.Div([html.H2(formats.unbroken(heading), className="finding"), tools], className="card-head")
    return html.Section([head, *(children if isinstance(children, list) else [children])], className="panel", **{"aria-label": heading})


def tiles(items: Sequence[tuple[str, str, str]]) -> html.Dl:
    """Key figures: a label, the figure, and a remark below it."""
    return html.Dl(
        [
            html.Div(
                [html.Dt(label), html.Dd([html.Span(value, className="figure"), html.Span(remark, className="remark") if remark else None])]
            )
            for label, value, remark in items
        ],
        className="tiles",
    )


def switch(label: str, options: Sequence[tuple[str, str, bool]], *, kept: str = "") -> html.Nav:
    """A choice of views, each a link: word, address, whether it is the one shown; a parameter that is `kept` stays as it then is."""
    links: list[Component] = [
        html.A(word, href=href, className="on" if current else "", **({"aria-current": "true"} if current else {}))
        for word, href, current in options
    ]
    return html.Nav(links, className="switch", **{"aria-label": label, **({"data-kept": kept} if kept else {})})
