"""Shapes on the map."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Area = Sequence[tuple[float, float]]


def encloses(area: Area, x: np.ndarray, y: np.ndarray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether points lie in a shape: a ray from each crosses its edges an odd number of times (Shimrat 1962, CACM 5(8))."""
    # Of points in order of height an edge lies beside those between its ends, and no others are tried.
    order = np.argsort(y)
    across, up = x[order].astype(np.float64), y[order].astype(np.float64)
    odd = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True):
        if y1 != y2:
            first, last = np.searchsorted(up, sorted((y1, y2)))
            odd[first:last] ^= across[first:last] < x1 + (up[first:last] - y1) * ((x2 - x1) / (y2 - y1))
    found = np.empty(len(x), bool)
    found[order] = odd
    return found
