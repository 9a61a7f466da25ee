import resource

import numpy as np
import pytest

from tests.webapp.scattered import BATCHES, CELL, CROWD, SIZES, X, Y
from webapp.crowd import CELLS
from webapp.positions import Positions


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_those_of_some_cells_are_found_with_their_rows(share: float) -> None:
    cells = np.random.default_rng(2).random(CELLS**2) < share
    rows, near = CROWD.positions.among(cells)
    assert rows.tolist() == np.flatnonzero(cells[CELL]).tolist()
    np.testing.assert_array_equal(near, np.column_stack([X, Y])[rows])


def test_every_cell_has_its_size() -> None:
    assert CROWD.positions.sizes.sum() == len(X)
    assert CROWD.positions.sizes.tolist() == SIZES.tolist()


def test_a_file_that_has_room_for_some_of_them_is_refused() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # In the midst of the last part: the system writes what fits, and says how much that was.
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * len(X) - 1_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            Positions.of(BATCHES, SIZES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
