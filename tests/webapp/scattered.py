"""Customers all over a map, some on its edges, in the order of their cells."""

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from webapp.crowd import CELLS, Crowd
from webapp.positions import Positions

X, Y = np.random.default_rng(1).random((2, 20_000)).astype(np.float32)
X[:4], Y[:4] = (0, 0, 1, 1), (0, 1, 0, 1)
_column, _row = (np.minimum((axis * CELLS).astype(int), CELLS - 1) for axis in (X, Y))
CELL = _column + CELLS * _row
_order = np.argsort(CELL, kind="stable")
X, Y, CELL = X[_order], Y[_order], CELL[_order]
SAMPLE = np.arange(0, len(X), 7)
BATCHES = [pa.record_batch({"x": X[part], "y": Y[part]}) for part in (slice(0, 12_345), slice(12_345, None))]
SIZES = np.bincount(CELL, minlength=CELLS**2)
CROWD = Crowd(7, 0.0, 0.0, 1.0, 1.0, Positions.of(BATCHES, SIZES), SAMPLE)

_corner = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)).map(lambda pair: (round(pair[0], 3), round(pair[1], 3)))
areas = st.lists(_corner, min_size=3, max_size=8)
