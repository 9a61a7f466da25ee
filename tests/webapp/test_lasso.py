import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp import lasso
from webapp.crowd import CELLS, Crowd, cell_of
from webapp.shapes import encloses

CROWD = Crowd(1, 0.0, 0.0, 1.0, 1.0)
SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
corner = st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)).map(lambda pair: (round(pair[0], 3), round(pair[1], 3)))


def test_a_square_holds_what_is_in_it() -> None:
    x, y = np.array([0.5, 0.1, 0.5, 0.79]), np.array([0.5, 0.5, 0.9, 0.21])
    assert encloses(SQUARE, x, y).tolist() == [True, False, False, True]


@given(st.lists(corner, min_size=3, max_size=8), st.integers(0, 10_000))
def test_all_of_a_cell_lies_on_one_side_unless_an_edge_passes_through_it(area: list[tuple[float, float]], seed: int) -> None:
    within, border = lasso._cells(area, CROWD)
    x, y = np.random.default_rng(seed).random((2, 2_000))
    cell = np.floor(x * CELLS).astype(int) + CELLS * np.floor(y * CELLS).astype(int)
    certain = ~border[cell]
    np.testing.assert_array_equal(encloses(area, x, y)[certain], within[cell][certain])


def test_few_cells_are_passed_through() -> None:
    _, border = lasso._cells(SQUARE, CROWD)
    assert border.sum() == pytest.approx(8 * CELLS, rel=0.3)


def test_a_line_holds_nobody() -> None:
    assert lasso.inside(((0, 1), (1, 1), (2, 1)), CROWD) == ("false", [])


@pytest.fixture(scope="module")
def scattered() -> duckdb.DuckDBPyConnection:
    """Customers all over a map, some on its edges, with the cells that they lie in."""
    connection = duckdb.connect()
    x, y = np.random.default_rng(1).random((2, 20_000)).astype(np.float32)
    x[:4], y[:4] = (0, 0, 1, 1), (0, 1, 0, 1)
    points = pa.table({"x": x, "y": y})
    connection.register("points", points)
    connection.execute(
        f"""CREATE TABLE customers AS SELECT *, ({cell_of(CROWD.left, CROWD.low, CROWD.cell, CELLS)})::INTEGER AS "map cell" FROM points"""
    )
    return connection


@given(st.lists(corner, min_size=3, max_size=8))
def test_cell_by_cell_the_same_customers_are_found_as_one_by_one(
    scattered: duckdb.DuckDBPyConnection, area: list[tuple[float, float]]
) -> None:
    found, expected = (
        scattered.execute(f"SELECT rowid FROM customers WHERE {condition} ORDER BY rowid", values).fetchall()
        for condition, values in (lasso.inside(area, CROWD), lasso.inside(area))
    )
    assert found == expected
