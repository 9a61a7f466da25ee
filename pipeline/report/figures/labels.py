"""Where the names of personas stand on the map: by most of their customers, over as few as possible, and clear of each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pipeline.report import typeset
from pipeline.report.content import Content
from pipeline.report.style import MM_PER_POINT, NAME

STYLE = NAME.sized(7)
# Of a label, in millimetres: its height, and the space around it.
_HEIGHT, _AROUND = STYLE.size * MM_PER_POINT * 1.2, 0.5
# As a part of the map: a longer one would hide too much of it.
_WIDEST = 0.6
# Parts of the map, along either side, among which the one with most customers of a persona is looked for.
_PARTS = 8
# Places that are tried, in heights of a label above and below, and in millimetres to either side.
_UP, _ASIDE = (0.0, 1.0, -1.0, 1.6, -1.6, 2.4, -2.4, 3.5, -3.5), (0.0, 8.0, -8.0, 16.0, -16.0)
# What a millimetre away costs, as a share of all customers covered.
_FAR = 0.004
Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class _Label:
    """The middle of a label, and half its width, in millimetres from the lower left of the axes."""

    x: float
    y: float
    half: float

    def touches(self, other: "_Label") -> bool:
        return abs(self.x - other.x) < self.half + other.half and abs(self.y - other.y) < _HEIGHT + _AROUND


def places(axes: Axes, content: Content) -> Iterator[tuple[str, float, float]]:
    """Each name with the middle of its label, in millimetres from the lower left; the largest persona has the first choice.

    One that is too long, or has no room, is left out: what stands beside the map names its colours too.
    """
    width, height = millimetres(axes)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    found = content.places
    x, y = (found["x"].to_numpy(float) - left) / (right - left) * width, (found["y"].to_numpy(float) - low) / (high - low) * height
    weight, persona = found["customers"].to_numpy(float) / found["customers"].sum(), found["persona"].to_numpy()
    taken: list[_Label] = []
    for at in np.argsort(-content.personas["customers"].to_numpy(), kind="stable"):
        name, own = content.names[at], persona == at
        half = typeset.width(typeset.legible(name), STYLE) / 2 + _AROUND
        if 2 * half > _WIDEST * width or not own.any():
            continue
        middle = _most(x[own], y[own], weight[own])
        tried = [label for label in _tried(middle, half, width, height) if not any(map(label.touches, taken))]
        if tried:
            best = min(tried, key=lambda label: _covered(label, x, y, weight) + _FAR * np.hypot(label.x - middle[0], label.y - middle[1]))
            taken.append(best)
            yield name, best.x, best.y


def millimetres(axes: Axes) -> tuple[float, float]:
    """Width and height of axes."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    width, height = figure.get_size_inches() * 25.4
    return place.width * width, place.height * height


def _most(x: Vector, y: Vector, weight: Vector) -> tuple[float, float]:
    """The middle of those who lie in the part of the map that has most of them: between groups that are apart there may be nobody."""
    counts, across, up = np.histogram2d(x, y, _PARTS, weights=weight)
    column, row = np.unravel_index(counts.argmax(), counts.shape)
    inside = (x >= across[column]) & (x <= across[column + 1]) & (y >= up[row]) & (y <= up[row + 1])
    return float(np.average(x[inside], weights=weight[inside])), float(np.average(y[inside], weights=weight[inside]))


def _tried(middle: tuple[float, float], half: float, width: float, height: float) -> Iterator[_Label]:
    for aside, up in product(_ASIDE, _UP):
        y = middle[1] + up * _HEIGHT
        if _HEIGHT / 2 <= y <= height - _HEIGHT / 2:
            yield _Label(float(np.clip(middle[0] + aside, half, width - half)), y, half)


def _covered(label: _Label, x: Vector, y: Vector, weight: Vector) -> float:
    """The share of all customers that a label lies on."""
    return float(weight[(np.abs(x - label.x) < label.half) & (np.abs(y - label.y) < _HEIGHT / 2)].sum())
