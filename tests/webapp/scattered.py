"""Customers all over a map, some on its edges, in the order of their cells."""

import numpy as np
from hypothesis import strategies as st

from webapp.buyers import BUYER, DAYS, Buyers
from webapp.by_cell import PLACE, ByCell
from webapp.crowd import CELLS, Crowd

X, Y = np.random.default_rng(1).random((2, 20_000)).astype(np.float32)
X[:4], Y[:4] = (0, 0, 1, 1), (0, 1, 0, 1)
_column, _row = (np.minimum((axis * CELLS).astype(int), CELLS - 1) for axis in (X, Y))
CELL = _column + CELLS * _row
_order = np.argsort(CELL, kind="stable")
X, Y, CELL = X[_order], Y[_order], CELL[_order]
SAMPLE = np.arange(0, len(X), 7)
SIZES = np.bincount(CELL, minlength=CELLS**2)
PERSONAS = 3
EACH = np.empty(len(X), BUYER)
EACH["persona"], EACH["orders"], EACH["revenue"] = (np.random.default_rng(3).integers(0, most, len(X)) for most in (PERSONAS, 9, 1_000))
RECENCY = np.random.default_rng(4).integers(0, 400, len(X))


def _kept(entries: np.ndarray, dtype: np.dtype) -> ByCell:
    return ByCell.of((entries[part] for part in (slice(0, 12_345), slice(12_345, None))), SIZES, dtype)


def _groups() -> dict[str, np.ndarray]:
    """One row per cell and persona, of which only those that hold some count."""
    cell, persona = np.divmod(np.arange(CELLS**2 * PERSONAS), PERSONAS)
    own, shape = CELL * PERSONAS + EACH["persona"], CELLS**2 * PERSONAS
    sums = {name: np.bincount(own, EACH[name], shape) for name in ("orders", "revenue")}
    return {"cell": cell, "persona": persona, "customers": np.bincount(own, minlength=shape), **sums}


_places = np.empty(len(X), PLACE)
_places["x"], _places["y"] = X, Y
_buyers = Buyers(_groups(), _kept(EACH, BUYER), _kept(RECENCY, DAYS), PERSONAS)
CROWD = Crowd(7, 0.0, 0.0, 1.0, 1.0, _kept(_places, PLACE), SAMPLE, buyers=_buyers)

_corner = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)).map(lambda pair: (round(pair[0], 3), round(pair[1], 3)))
areas = st.lists(_corner, min_size=3, max_size=8)
