"""The UMAP map of a crowd: an image of small cells, the stronger the more customers lie in one; the rarest clusters on it as points."""

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank, colour_scale, customers
from webapp.figures.map import labels
from webapp.shapes import Area, encloses
from webapp.theme import SEQUENTIAL, Theme

# Of an image, faintest to strongest: more would only make it larger.
_STRENGTHS = 16
_FAINTEST = 0.2
# Of a feature, whose low values are pale by themselves.
_FAINTEST_OF_FEATURE = 0.75
# Cells outside a shape that is drawn on the map keep this part of their strength, as points do.
_OUTSIDE = 0.2
_SHADES = 32
# Beside everybody, as a share of the map.
_MARGIN = 0.03
Part = tuple[float, float, float, float]


@dataclass(frozen=True)
class Raster:
    """Equal square cells in a square on the map.

    Attributes:
        left: Where the first column begins.
        low: Where the lowest row begins.
        cell: Width and height of a cell.
        count: How many columns there are, and rows.
    """

    left: float
    low: float
    cell: float
    count: int


@dataclass(frozen=True)
class Ink:
    """What cells and points are coloured by.

    Attributes:
        names: What the legend says, in its order; of a feature its title alone.
        colours: Of each name; of a feature the scale, from `low` to `high`.
        low: The feature's value at which the scale begins; None for groups.
        high: That at which it ends.
    """

    names: Sequence[str]
    colours: Sequence[str]
    low: float | None = None
    high: float | None = None


def ink_of_feature(feature: str, unit: str, low: float, high: float, theme: Theme) -> Ink:
    """Cells in the colour of their mean."""
    return Ink([axis_title(feature, unit)], SEQUENTIAL[theme], low, high)


def draw(part: Part, theme: Theme, *, ink: Ink, places: Mapping[str, tuple[str, float, float]]) -> Figure:
    """What stays of the map whatever is shown on it.

    Args:
        part: Left, low, right and high of everybody.
        theme: Light or dark.
        ink: What colours it.
        places: Names of groups with the words that stand on the map, and where.
    """
    left, low, right, high = part
    width, height = (right - left) or 1.0, (high - low) or 1.0
    figure = blank(theme, dragmode="lasso", hovermode="closest", showlegend=ink.low is None, uirevision="map")
    hidden = {"visible": False, "showgrid": False, "zeroline": False, "autorange": False}
    arrange(
        figure,
        xaxis={**hidden, "range": [left - _MARGIN * width, right + _MARGIN * width]},
        yaxis={**hidden, "range": [low - _MARGIN * height, high + _MARGIN * height], "scaleanchor": "x"},
        # A click on a name would take away points and leave the image.
        legend={"y": -0.02, "itemclick": False, "itemdoubleclick": False},
        annotations=labels(places, width, height, theme),
    )
    return figure


def image(raster: Raster, cells: pd.DataFrame, ink: Ink, area: Area = ()) -> dict[str, Any]:
    """Cells as a picture that lies on the map.

    Args:
        raster: Where they are.
        cells: One row per cell and group that have customers: cell (column + row * count, from the lower left), value (place of the group
            in `ink`, or the feature's mean), customers.
        ink: What colours them.
        area: Corners of the selection that is in force.
    """
    source = "data:image/png;base64," + base64.b64encode(png(_pixels(raster, cells, ink, area))).decode()
    side = raster.cell * raster.count
    place = {"xref": "x", "yref": "y", "x": raster.left, "y": raster.low, "xanchor": "left", "yanchor": "bottom"}
    return {"source": source, "layer": "below", **place, "sizex": side, "sizey": side, "sizing": "stretch"}


def points(found: pd.DataFrame, ink: Ink) -> list[dict[str, Any]]:
    """Customers of the rarest clusters, and the legend; one row per customer: customer_id, x, y, value (as of cells)."""
    if ink.low is None:
        values = found["value"].to_numpy()
        return [
            _trace(found[values == at], name, name, color=colour)
            for at, (name, colour) in enumerate(zip(ink.names, ink.colours, strict=True))
        ]
    (title,) = ink.names
    bar = {"title": {"text": title, "side": "right"}, "thickness": 10, "outlinewidth": 0, "len": 0.7}
    scale = {"cmin": ink.low, "cmax": ink.high, "colorscale": colour_scale(ink.colours), "colorbar": bar, "showscale": True}
    shown = np.asarray(found["value"] if len(found) else [ink.low], np.float32)
    return [_trace(found, title, f"{title}: %{{marker.color:,.4~r}}", color=shown, **scale)]


def png(pixels: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    """Pixels, shape (rows, columns, 4) of red, green, blue and opacity, as a PNG (ISO/IEC 15948)."""
    rows, columns, _ = pixels.shape
    lines = np.zeros((rows, 1 + 4 * columns), np.uint8)  # each begins with the number of its filter: none
    lines[:, 1:] = pixels.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 4)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def _pixels(raster: Raster, cells: pd.DataFrame, ink: Ink, area: Area) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    size = raster.count**2
    cell, value, counted = (cells[name].to_numpy() for name in ("cell", "value", "customers"))
    total = np.bincount(cell, counted, size)
    pixels = np.zeros((size, 4), np.uint8)
    # Of groups in one cell the largest is written last.
    order = np.argsort(counted, kind="stable")
    pixels[cell[order], :3] = _colours(ink, value)[order]
    there = np.flatnonzero(total)
    # log: a few cells hold a thousand times as many as most.
    strength = np.log1p(total[there]) / np.log1p(total.max()) if len(there) else np.empty(0)
    least = _FAINTEST if ink.low is None else _FAINTEST_OF_FEATURE
    strength = least + (1 - least) * np.ceil(strength * _STRENGTHS) / _STRENGTHS
    if area:
        x, y = (edge + (at + 0.5) * raster.cell for edge, at in ((raster.left, there % raster.count), (raster.low, there // raster.count)))
        strength = np.where(encloses(area, x, y), strength, strength * _OUTSIDE)
    pixels[there, 3] = np.rint(255 * strength)
    return pixels.reshape(raster.count, raster.count, 4)[::-1]


def _colours(ink: Ink, values: np.ndarray) -> np.ndarray:
    palette = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in ink.colours], float)
    if ink.low is None or ink.high is None:
        return np.asarray(palette[values.astype(int)])
    place = np.clip((values - ink.low) / ((ink.high - ink.low) or 1), 0, 1)
    place = np.rint(place * (_SHADES - 1)) / (_SHADES - 1) * (len(palette) - 1)
    return np.stack([np.interp(place, np.arange(len(palette)), part) for part in palette.T], axis=1)


def _trace(found: pd.DataFrame, name: str, said: str, **marker: Any) -> dict[str, Any]:
    """Points of one group; without any there is one that is nowhere, for the legend."""
    ids, x, y = (found[column].to_numpy() for column in ("customer_id", "x", "y")) if len(found) else ([""], [np.nan], [np.nan])
    return {
        "type": "scattergl",
        "name": name,
        **customers(list(ids), said),
        "x": np.asarray(x, np.float32),
        "y": np.asarray(y, np.float32),
        "mode": "markers",
        "marker": {"opacity": 0.95, "size": 6, **marker},
        "selected": {"marker": {"opacity": 0.95}},
        "unselected": {"marker": {"opacity": 0.08}},
    }
