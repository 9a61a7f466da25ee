"""The UMAP map: customers by persona, as points; of a crowd, cells, the stronger the more customers lie in one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from pipeline.report import style, typeset
from pipeline.report.content import CELLS, Cells, Content
from pipeline.report.style import MM_PER_POINT, NAME

# Beyond so many, points lie in the PDF as an image: each by itself would take a viewer seconds.
_VECTOR = 10_000
_FAINTEST = 0.2
# Beside everybody, as a share of the map.
_MARGIN = 0.03
# Of a label, in millimetres: its height, and the space around it.
_LABEL, _AROUND = NAME.size * MM_PER_POINT * 1.2, 0.6
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
    axes.scatter(
        found["x"], found["y"], s=size, c=palette[found["persona"]], alpha=0.75, linewidths=0, rasterized=len(found) > _VECTOR
    )
    return tuple(float(edge) for edge in (found["x"].min(), found["x"].max(), found["y"].min(), found["y"].max()))  # type: ignore[return-value]


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
    width, height = _millimetres(axes)
    across, up = (right - left) or 1.0, (high - low) or 1.0
    unit = max(across / width, up / height) * (1 + 2 * _MARGIN)
    x, y = (left + right) / 2, (low + high) / 2
    axes.set_xlim(x - unit * width / 2, x + unit * width / 2)
    axes.set_ylim(y - unit * height / 2, y + unit * height / 2)


def _names(axes: Axes, content: Content) -> None:
    """The largest first; one for which there is no room is left out: whatever stands beside the map names its colours too."""
    for name, x, y in _places(axes, content):
        width, height = _millimetres(axes)
        axes.text(
            x / width, y / height, typeset.legible(name), transform=axes.transAxes, font=NAME.font, color=style.INK, ha="center",
            va="center", path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )  # fmt: skip


def _places(axes: Axes, content: Content) -> Iterator[tuple[str, float, float]]:
    """Names with the middle of their label, in millimetres from the lower left; no two touch, and none leaves the axes."""
    width, height = _millimetres(axes)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float, float]] = []
    for name in content.personas.sort_values("customers", ascending=False, kind="stable")["persona"]:
        half = typeset.width(typeset.legible(name), NAME) / 2 + _AROUND
        if 2 * half > width:
            continue
        x, y = content.middles[name]
        across = float(np.clip((x - left) / (right - left) * width, half, width - half))
        up = (y - low) / (high - low) * height
        steps = [up + step * sign * _LABEL / 2 for step in range(17) for sign in (1, -1)]
        free = (at for at in steps if _LABEL < at < height - _LABEL and not any(_touch(across, at, half, other) for other in taken))
        if (at := next(free, None)) is not None:
            taken.append((across, at, half))
            yield name, across, at


def _touch(x: float, y: float, half: float, other: tuple[float, float, float]) -> bool:
    return abs(x - other[0]) < half + other[2] and abs(y - other[1]) < _LABEL + _AROUND


def _millimetres(axes: Axes) -> tuple[float, float]:
    """Width and height of axes."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    width, height = figure.get_size_inches() * 25.4
    return place.width * width, place.height * height
