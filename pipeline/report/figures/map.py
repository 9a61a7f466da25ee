"""The UMAP map: customers by persona, as points; of a crowd, cells, the stronger the more customers lie in one."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke

from pipeline.report import style, typeset
from pipeline.report.content import CELLS, Cells, Content
from pipeline.report.figures import labels

# Beyond so many, points lie in the PDF as an image: each by itself would take a viewer seconds.
_VECTOR = 10_000
_FAINTEST = 0.2
# Beside everybody, as a share of the map.
_MARGIN = 0.03
Pixels = np.ndarray[Any, np.dtype[np.float64]]


def draw(axes: Axes, content: Content) -> None:
    """Draw it, filling the axes, each persona named where its middle is."""
    axes.set_axis_off()
    left, right, low, high = _points(axes, content) if content.cells is None else _cells(axes, content, content.cells)
    _fill(axes, left, right, low, high)
    _names(axes, content)


def _points(axes: Axes, content: Content) -> tuple[float, float, float, float]:
    found = content.points
    assert found is not None
    palette = np.array(list(content.colours.values()))
    size = float(np.clip(9_000 / len(found), 1.2, 14))
    axes.scatter(found["x"], found["y"], s=size, c=palette[found["persona"]], alpha=0.75, linewidths=0, rasterized=len(found) > _VECTOR)
    across, up = found["x"], found["y"]
    return float(across.min()), float(across.max()), float(up.min()), float(up.max())


def _cells(axes: Axes, content: Content, cells: Cells) -> tuple[float, float, float, float]:
    side = cells.side * CELLS
    extent = (cells.left, cells.left + side, cells.low, cells.low + side)
    axes.imshow(pixels(cells, list(content.colours.values())), extent=extent, origin="lower", interpolation="nearest", aspect="auto")
    right, high = (cells.counted[name].max() + 1 for name in ("column", "row"))
    return cells.left, cells.left + right * cells.side, cells.low, cells.low + high * cells.side


def pixels(cells: Cells, colours: list[str]) -> Pixels:
    """Red, green, blue and opacity from 0 to 1, shape (rows, columns, 4), the lowest row first."""
    found = np.zeros((CELLS, CELLS, 4))
    # Of personas in one cell the largest is written last.
    ordered = cells.counted.sort_values("customers", kind="stable")
    palette = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours]) / 255
    row, column = ordered["row"].to_numpy(), ordered["column"].to_numpy()
    found[row, column, :3] = palette[ordered["persona"].to_numpy()]
    total = np.zeros((CELLS, CELLS))
    np.add.at(total, (row, column), ordered["customers"].to_numpy())
    # log: a few cells hold a thousand times as many as most.
    strength = np.log1p(total) / np.log1p(total.max())
    found[..., 3] = np.where(total > 0, _FAINTEST + (1 - _FAINTEST) * strength, 0)
    return found


def _fill(axes: Axes, left: float, right: float, low: float, high: float) -> None:
    """Show everybody, a step to the right as long as a step upwards."""
    width, height = labels.millimetres(axes)
    across, up = (right - left) or 1.0, (high - low) or 1.0
    unit = max(across / width, up / height) * (1 + 2 * _MARGIN)
    x, y = (left + right) / 2, (low + high) / 2
    axes.set_xlim(x - unit * width / 2, x + unit * width / 2)
    axes.set_ylim(y - unit * height / 2, y + unit * height / 2)


def _names(axes: Axes, content: Content) -> None:
    width, height = labels.millimetres(axes)
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for name, x, y in labels.places(axes, content):
        text = axes.text(x / width, y / height, typeset.legible(name), transform=axes.transAxes, ha="center", va="center")
        text.set(font=labels.STYLE.font, color=_darker(content.colours[name]), path_effects=halo)


def _darker(colour: str) -> tuple[float, float, float]:
    """A persona's colour with enough of the ink in it to be read."""
    red, green, blue = (0.55 * part + 0.45 * dark for part, dark in zip(to_rgb(colour), to_rgb(style.INK), strict=True))
    return red, green, blue
