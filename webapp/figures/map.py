"""The UMAP map: every customer a point, coloured by persona, by cluster or by a feature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, add, arrange, axis_title, blank, colour_scale, customers
from webapp.theme import FAINT, INK, SEQUENTIAL, SURFACE, Theme, persona_colours, persona_symbols, shades

# Beyond this many points the persona is drawn without symbols: they could not be told apart.
_MOST_SYMBOLS = 2_000
# A label per persona with at least this share of the points; others are in the legend.
_LABELLED = 0.02


@dataclass(frozen=True)
class Marked:
    """One customer to point at."""

    customer_id: str
    x: float
    y: float


def draw(
    points: pd.DataFrame,
    theme: Theme,
    *,
    personas: Sequence[str],
    colour: str = "persona",
    unit: str = "",
) -> Figure:
    """Draw the map.

    Args:
        points: One row per customer: customer_id, x, y, persona, cluster, and `colour` where it is a feature.
        theme: Light or dark.
        personas: All personas of the dataset, which give colours and the order of the legend.
        colour: "persona", "cluster", or a feature.
        unit: Of that feature.
    """
    size = 5 if len(points) > 1_000 else 8
    groups = _groups(points, personas, colour)
    if colour == "persona":
        traces = _by_persona(points, groups, personas, size)
    elif colour == "cluster":
        traces = _by_cluster(points, groups, personas, size)
    else:
        traces = [_by_feature(points, colour, unit, size, theme)]
    # What the reader zoomed to stays when the points change.
    figure = blank(theme, dragmode="lasso", hovermode="closest", showlegend=colour == "persona", uirevision="map")
    add(figure, traces)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    arrange(
        figure,
        xaxis=hidden,
        yaxis={**hidden, "scaleanchor": "x"},
        legend={"y": -0.02},
        annotations=_labels(points, colour, theme),
    )
    return figure


def order(points: pd.DataFrame, personas: Sequence[str], colour: str) -> np.ndarray[Any, Any]:
    """The positions of the points in the order in which `draw` has them."""
    return np.concatenate([np.empty(0, int), *_groups(points, personas, colour).values()])


def shown(mask: np.ndarray[Any, Any], area: Sequence[tuple[float, float]], theme: Theme) -> dict[str, Any]:
    """What is seen of a map whose points the browser has, see `assets/map.js`.

    Args:
        mask: Whether each point is seen, in the order in which they are drawn.
        area: Corners of the selection that is in force.
        theme: Light or dark.

    Returns:
        bits: A bit per point, the first the highest of its byte; None for all.
        layout: Of the selection.
    """
    return {"bits": None if mask.all() else np.packbits(mask), "layout": selection(area, theme)}


def selection(area: Sequence[tuple[float, float]], theme: Theme) -> dict[str, Any]:
    """The layout of the selection that is in force; what was selected before goes when the area changes."""
    layout: dict[str, Any] = {"selectionrevision": str(area)}
    if area:
        path = "M" + "L".join(f"{x},{y}" for x, y in area) + "Z"
        layout["selections"] = [{"type": "path", "path": path, "line": {"color": INK[theme], "width": 1.5, "dash": "dot"}}]
    return layout


def _groups(points: pd.DataFrame, personas: Sequence[str], colour: str) -> dict[Any, np.ndarray[Any, Any]]:
    """Persona or cluster to the positions of its points, as they are drawn; a feature colours all in one."""
    if colour not in {"persona", "cluster"}:
        return {colour: np.arange(len(points))}
    own = points[colour].to_numpy()
    values = personas if colour == "persona" else np.unique(own).tolist()
    return {value: found for value in values if len(found := np.flatnonzero(own == value))}


def _scatter(points: pd.DataFrame, chosen: Any, name: str, said: str, **marker: Any) -> dict[str, Any]:
    """One trace: the points at some positions."""
    ids, x, y = (points[column].to_numpy()[chosen] for column in ("customer_id", "x", "y"))
    return {
        "type": "scattergl",
        "name": name,
        **customers(ids.tolist(), said),
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "mode": "markers",
        "marker": {"opacity": 0.85, **marker},
        "selected": {"marker": {"opacity": 0.95}},
        "unselected": {"marker": {"opacity": 0.08}},
    }


def _by_persona(points: pd.DataFrame, groups: dict[Any, Any], personas: Sequence[str], size: int) -> list[dict[str, Any]]:
    colours, symbols = persona_colours(personas), persona_symbols(personas)
    plain = len(points) > _MOST_SYMBOLS
    return [
        _scatter(points, chosen, name, name, size=size, color=colours[name], symbol="circle" if plain else symbols[name])
        for name, chosen in groups.items()
    ]


def _by_cluster(points: pd.DataFrame, groups: dict[Any, Any], personas: Sequence[str], size: int) -> list[dict[str, Any]]:
    clusters = _clusters(points).set_index("cluster")["persona"]
    colours = cluster_colours(clusters.reset_index(), personas)
    return [
        _scatter(points, chosen, f"Cluster {number}", f"Cluster {number}, {clusters[number]}", size=size, color=colours[number])
        for number, chosen in groups.items()
    ]


def _clusters(points: pd.DataFrame) -> pd.DataFrame:
    """One row per cluster, by number: cluster, persona, customers."""
    numbers, first, sizes = np.unique(points["cluster"].to_numpy(), return_index=True, return_counts=True)
    return pd.DataFrame({"cluster": numbers, "persona": points["persona"].to_numpy()[first], "customers": sizes})


def _by_feature(points: pd.DataFrame, feature: str, unit: str, size: int, theme: Theme) -> dict[str, Any]:
    values = points[feature].to_numpy(np.float32)
    low, high = np.quantile(values, [0.02, 0.98]) if len(values) else (0, 1)
    bar = {"title": {"text": axis_title(feature, unit), "side": "right"}, "thickness": 10, "outlinewidth": 0, "len": 0.7}
    # The outermost customers would leave one colour to all others.
    scale = {"cmin": low, "cmax": high, "colorscale": colour_scale(SEQUENTIAL[theme]), "colorbar": bar}
    title = axis_title(feature, unit)
    return _scatter(points, slice(None), title, f"{title}: %{{marker.color:,.4~r}}", size=size, color=values, **scale)


def cluster_colours(clusters: pd.DataFrame, personas: Sequence[str]) -> dict[int, str]:
    """Cluster to its colour: shades of its persona's. Takes one row per cluster: cluster, persona."""
    colours = persona_colours(personas)
    found: dict[int, str] = {}
    for name, rows in clusters.groupby("persona"):
        numbers = sorted(rows["cluster"])
        found |= dict(zip(numbers, shades(colours.get(str(name), "#74808f"), len(numbers)), strict=True))
    return found


def _labels(points: pd.DataFrame, colour: str, theme: Theme) -> list[dict[str, Any]]:
    """Names on the map itself, at the middle of the largest cluster that bears them."""
    if colour not in {"persona", "cluster"} or points.empty:
        return []
    clusters = _clusters(points).sort_values("customers", ascending=False, kind="stable")
    own, xs, ys = (points[column].to_numpy() for column in ("cluster", "x", "y"))
    width, height = (float(values.max() - values.min()) or 1.0 for values in (xs, ys))
    places: dict[str, tuple[str, float, float]] = {}
    for row in clusters[clusters["customers"] >= _LABELLED * len(points)].itertuples():
        # As the points are called: without them the browser leaves the label out.
        name = row.persona if colour == "persona" else f"Cluster {row.cluster}"
        here = own == row.cluster
        places.setdefault(name, (str(getattr(row, colour)), float(np.median(xs[here])), float(np.median(ys[here]))))
    return labels(places, width, height, theme)


def labels(places: Mapping[str, tuple[str, float, float]], width: float, height: float, theme: Theme) -> list[dict[str, Any]]:
    """Names of traces, each with its words and where they stand, as labels that never lie one over another; the first stay in place."""
    look = {"showarrow": False, "font": {"size": 12, "color": INK[theme]}, "bgcolor": SURFACE[theme], "opacity": 0.88, "borderpad": 2}
    placed: list[tuple[float, float]] = []
    found = []
    for name, (words, x, middle) in places.items():
        y = middle
        while any(abs(x - other) < 0.3 * width and abs(y - above) < 0.07 * height for other, above in placed):
            y += 0.02 * height
        placed.append((x, y))
        found.append({"name": name, "x": x, "y": y, "text": f"<b>{words}</b>", **look})
    return found


def mark(figure: Figure, marked: Marked, theme: Theme) -> Figure:
    """A map with one customer pointed at, everyone else in the background; the map given stays as it is."""
    faded = [{**trace, "marker": {**trace["marker"], "opacity": 0.3}} for trace in figure["data"]]
    ring = {"size": 22, "symbol": "circle-open", "color": INK[theme], "line": {"width": 2.5, "color": INK[theme]}}
    point = {"size": 6, "symbol": "circle", "color": INK[theme]}
    here = {"type": "scattergl", "x": [marked.x], "y": [marked.y], "mode": "markers", "hoverinfo": "skip", "showlegend": False}
    label = {
        "x": marked.x,
        "y": marked.y,
        "text": f"<b>{escape(marked.customer_id)}</b>",
        "showarrow": True,
        "arrowhead": 0,
        "ax": 0,
        "ay": -34,
    }
    look = {"arrowcolor": INK[theme], "bgcolor": SURFACE[theme], "bordercolor": FAINT[theme], "borderpad": 4}
    layout = {**figure["layout"], "dragmode": "pan", "annotations": [{**label, **look}]}
    return {"data": [*faded, {**here, "marker": ring}, {**here, "marker": point}], "layout": layout}
