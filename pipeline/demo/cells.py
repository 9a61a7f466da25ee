"""Values as the text of cells."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.object_]

# What no number is read from.
UNREADABLE = "n/a"


def spelt(values: NDArray[Any], spell: Callable[[int], str]) -> Texts:
    """Each value as text; every distinct one is spelt once, for there are few of them in many lines."""
    distinct, position = np.unique(values, return_inverse=True)
    return np.array([spell(value) for value in distinct.tolist()], dtype=object)[position]
