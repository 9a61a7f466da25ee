import numpy as np
import pytest

from tests.webapp.scattered import CELL, CROWD, SIZES, X, Y
from webapp.crowd import CELLS


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_those_of_some_cells_are_found_with_their_rows(share: float) -> None:
    cells = np.random.default_rng(2).random(CELLS**2) < share
    rows, places = CROWD.positions.rows(cells), CROWD.positions.among(cells)
    assert rows.tolist() == np.flatnonzero(cells[CELL]).tolist()
    np.testing.assert_array_equal(places["x"], X[rows])
    np.testing.assert_array_equal(places["y"], Y[rows])
    assert [*places] == [place for part in CROWD.positions.each(cells) for place in part]


def test_every_cell_has_its_size() -> None:
    assert CROWD.positions.sizes.sum() == len(X)
    assert CROWD.positions.sizes.tolist() == SIZES.tolist()
