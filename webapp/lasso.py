"""A shape on the map: a condition on customers in SQL, and the cells of a crowd's map that it holds or passes through."""

from typing import Any

import numpy as np

from webapp.crowd import CELLS, Crowd
from webapp.shapes import Area, encloses

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Places = np.ndarray[Any, np.dtype[np.int_]]


def inside(area: Area) -> tuple[str, list[Any]]:
    """The condition on customers, and its parameters; edges are one: written out they would take longer to plan than to try."""
    edges = [
        {"x": x1, "low": y1, "high": y2, "slope": (x2 - x1) / (y2 - y1)}
        for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True)
        if y1 != y2
    ]
    if not edges:
        return "false", []  # a line, which holds nobody
    across, up = zip(*area, strict=True)
    crossed = "list_filter(?, lambda edge: (y < edge.low) <> (y < edge.high) AND x < edge.x + (y - edge.low) * edge.slope)"
    # Most points are outside the box around it, which is found out sooner.
    return f"x BETWEEN ? AND ? AND y BETWEEN ? AND ? AND len({crossed}) % 2 = 1", [min(across), max(across), min(up), max(up), edges]


def cells(area: Area, crowd: Crowd) -> tuple[Mask, Mask]:
    """Of each cell of the whole map whether all of it is inside, and whether an edge may pass through it."""
    size = crowd.cell or 1.0
    border = np.zeros((CELLS, CELLS), bool)
    corners = [((x - crowd.left) / size, (y - crowd.low) / size) for x, y in area]
    for first, last in zip(corners, (*corners[1:], corners[0]), strict=True):
        column, row = _passed(first, last)
        there = (column >= 0) & (column < CELLS) & (row >= 0) & (row < CELLS)
        border[row[there], column[there]] = True
    # The outermost customers stand on the edge of the last cells.
    border[[0, -1], :] = border[:, [0, -1]] = True
    number = np.arange(CELLS**2)
    middle = encloses(area, crowd.left + (number % CELLS + 0.5) * size, crowd.low + (number // CELLS + 0.5) * size)
    return middle & ~border.ravel(), border.ravel()


def _passed(first: tuple[float, float], last: tuple[float, float]) -> tuple[Places, Places]:
    """Columns and rows of the cells, each of width and height 1, that a line passes through."""
    ends = [0.0, 1.0]
    for one, other in zip(first, last, strict=True):
        low, high = sorted((one, other))
        edges = np.arange(max(np.ceil(low), 0), min(np.floor(high), CELLS) + 1)
        ends = [*ends, *((edges - one) / (other - one))] if one != other else ends
    # Between two edges of cells it is in one cell.
    steps = np.sort(ends)
    middles = (steps[1:] + steps[:-1]) / 2
    column, row = (np.floor(one + middles * (other - one)).astype(int) for one, other in zip(first, last, strict=True))
    return column, row
