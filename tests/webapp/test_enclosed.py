import duckdb
import pyarrow as pa
import pytest
from hypothesis import given

from tests.webapp.scattered import CROWD, SAMPLE, X, Y, areas
from webapp import lasso
from webapp.crowd import INSIDE
from webapp.enclosed import enclosed


@pytest.fixture(scope="module")
def scattered() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    points = pa.table({"x": X, "y": Y})
    connection.register("points", points)
    connection.execute("CREATE TABLE customers AS FROM points")
    return connection


@given(areas)
def test_cell_by_cell_the_same_customers_are_found_as_one_by_one(
    scattered: duckdb.DuckDBPyConnection, area: list[tuple[float, float]]
) -> None:
    condition, values = lasso.inside(area)
    expected = [row for (row,) in scattered.execute(f"SELECT {condition} FROM customers ORDER BY rowid", values).fetchall()]
    found = enclosed(area, CROWD)
    assert found.placed[INSIDE].to_pylist() == expected
    assert found.sample[INSIDE].to_pylist() == [expected[row] for row in SAMPLE]
