import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webapp.scattered import CROWD, areas
from webapp import lasso
from webapp.crowd import CELLS
from webapp.shapes import encloses

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))


def test_a_square_holds_what_is_in_it() -> None:
    x, y = np.array([0.5, 0.1, 0.5, 0.79]), np.array([0.5, 0.5, 0.9, 0.21])
    assert encloses(SQUARE, x, y).tolist() == [True, False, False, True]


@given(areas, st.integers(0, 10_000))
def test_all_of_a_cell_lies_on_one_side_unless_an_edge_passes_through_it(area: list[tuple[float, float]], seed: int) -> None:
    within, border = lasso.cells(area, CROWD)
    x, y = np.random.default_rng(seed).random((2, 2_000))
    cell = np.floor(x * CELLS).astype(int) + CELLS * np.floor(y * CELLS).astype(int)
    certain = ~border[cell]
    np.testing.assert_array_equal(encloses(area, x, y)[certain], within[cell][certain])


def test_few_cells_are_passed_through() -> None:
    _, border = lasso.cells(SQUARE, CROWD)
    assert border.sum() == pytest.approx(8 * CELLS, rel=0.3)


def test_a_line_holds_nobody() -> None:
    assert lasso.inside(((0, 1), (1, 1), (2, 1))) == ("false", [])
