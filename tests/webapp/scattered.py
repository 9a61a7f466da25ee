"""Customers all over a map, some on its edges, in the order of their cells."""

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from webapp.buyers import BUYER, RECENCY, Buyers, Spent
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
PERSONAS, MONTHS = 3, 5
_dice = np.random.default_rng(3)
EACH = pa.record_batch(
    {
        "x": X,
        "y": Y,
        "persona": _dice.integers(0, PERSONAS, len(X)),
        "orders": _dice.integers(0, 9, len(X)),
        "revenue": _dice.integers(0, 1_000, len(X)).astype(float),
        "days": _dice.integers(0, 400, len(X)),
        "month": _dice.integers(0, MONTHS, len(X)),
    }
)


def _kept(dtype: np.dtype) -> ByCell:
    return ByCell.of((EACH.slice(*part) for part in ((0, 12_345), (12_345,))), SIZES, dtype)


def _buyers() -> Buyers:
    """Everybody bought in one month, so that groups have each as often as customers do."""
    groups, own = np.unique(CELL * PERSONAS + EACH["persona"].to_numpy(), return_inverse=True)
    cell, persona = np.divmod(groups, PERSONAS)
    sums = {name: np.bincount(own, EACH[name].to_numpy()) for name in ("orders", "revenue")}
    place = EACH["month"].to_numpy() * PERSONAS + EACH["persona"].to_numpy()
    spent = Spent(own.astype(np.int32), place.astype(np.int32), EACH["revenue"].to_numpy(), MONTHS)
    return Buyers({"cell": cell, "persona": persona, "customers": np.bincount(own), **sums}, spent, _kept(BUYER), _kept(RECENCY), PERSONAS)


CROWD = Crowd(7, 0.0, 0.0, 1.0, 1.0, _kept(PLACE), SAMPLE, buyers=_buyers())

_corner = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)).map(lambda pair: (round(pair[0], 3), round(pair[1], 3)))
areas = st.lists(_corner, min_size=3, max_size=8)
