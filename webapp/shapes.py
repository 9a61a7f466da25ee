"""Shapes on the map."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Area = Sequence[tuple[float, float]]


def encloses(area: Area, x: np.ndarray, y: np.ndarray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether points lie in a shape: a ray from each crosses its edges an odd number of times (Shimrat 1962, CACM 5(8))."""
    across, up = x.astype(np.float64), y.astype(np.float64)
    odd = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True):
        if y1 != y2:
            # Points between the heights of its ends, to the left of it: for all of them at once that takes less than sorting them.
            odd ^= ((up < y1) != (up < y2)) & (across < x1 + (up - y1) * ((x2 - x1) / (y2 - y1)))
    return odd
