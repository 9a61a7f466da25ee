"""Customers all over a map, some on its edges, in the order of their cells."""

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from webapp.buyers import BUYER, RECENCY, Buyers
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
_dice = np.random.default_rng(3)
EACH = pa.record_batch(
    {
        "x": X,
        "y": Y,
        "persona": _dice.integers(0, PERSONAS, len(X)),
        "orders": _dice.integers(0, 9, len(X)),
        "revenue": _dice.integers(0, 1_000, len(X)).astype(float),
        "days": _dice.integers(0, 400, len(X)),
    }
)


def _kept(dtype: np.dtype) -> ByCell:
    return ByCell.of((EACH.slice(*part) for part in ((0, 12_345), (12_345,))), SIZES, dtype)


def _groups() -> dict[str, np.ndarray]:
    """One row per cell and persona, of which only those that hold some count."""
    cell, persona = np.divmod(np.arange(CELLS**2 * PERSONAS), PERSONAS)
    own, shape = CELL * PERSONAS + EACH["persona"].to_numpy(), CELLS**2 * PERSONAS
    sums = {name: np.bincount(own, EACH[name].to_numpy(), shape) for name in ("orders", "revenue")}
    return {"cell": cell, "persona": persona, "customers": np.bincount(own, minlength=shape), **sums}


_buyers = Buyers(_groups(), _kept(BUYER), _kept(RECENCY), PERSONAS)
CROWD = Crowd(7, 0.0, 0.0, 1.0, 1.0, _kept(PLACE), SAMPLE, buyers=_buyers)

_corner = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)).map(lambda pair: (round(pair[0], 3), round(pair[1], 3)))
areas = st.lists(_corner, min_size=3, max_size=8)
