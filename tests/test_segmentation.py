"""How the table of customers is put together; what stands in it is tested with builds."""

from concurrent.futures import Future

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import schema, segmentation
from pipeline.embedding import Chart
from pipeline.grouping import Grouped
from pipeline.model import Model, Scaler
from pipeline.segmentation import Placed
from pipeline.validation import Scores

TABLE = schema.tables("profile", {"age": ""}, [])["customers"]
COUNT = 23


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Placed:
    """Customers of clusters 0 and 2; nobody is in 1."""
    path = tmp_path_factory.mktemp("work") / "customers.parquet"
    ages = pd.Series(range(COUNT), dtype="float64")
    customers = pd.DataFrame({"customer_id": [f"c{at:02}" for at in range(COUNT)], "age": ages})
    pq.write_table(pa.Table.from_pandas(customers, preserve_index=False), path, row_group_size=7)
    cluster = (2 * (ages > 9)).astype("int32")
    numbers = pd.DataFrame({"age": ages, "cluster": cluster, "next_cluster": 2 - cluster, "margin": 0.5, "fit": ages / COUNT})
    model = Model(Scaler("standard", pd.Series({"age": 0.0}), pd.Series({"age": 1.0})), pd.DataFrame({"age": [4.0, 60.0, 15.0]}))
    names, described = {0: "Young", 2: "Old"}, pd.DataFrame({"persona": ["Old", "Young"], "summary": ["o", "y"]})
    chart: Future[Chart] = Future()
    chart.set_result(Chart(np.arange(2 * COUNT, dtype="float32").reshape(-1, 2), None))
    grouped = Grouped(path, numbers, model, None)
    return Placed(grouped, numbers, ["age"], names, described, np.arange(COUNT), Scores(0.5, 0.5, 1.0), None, chart, 3)


@given(st.integers(1, 40))
@settings(max_examples=15)
def test_the_table_of_customers_does_not_depend_on_how_many_are_read_at_a_time(placed: Placed, batch: int) -> None:
    parts = list(segmentation.customers(placed, placed.chart.result().places, TABLE, batch=batch))
    assert all(part.num_rows <= batch for part in parts)
    found = pa.Table.from_batches(parts).to_pandas()
    assert found["customer_id"].tolist() == [f"c{at:02}" for at in range(COUNT)]
    assert found["persona"].tolist() == ["Young"] * 10 + ["Old"] * 13
    assert found["x"].tolist() == list(range(0, 2 * COUNT, 2))
    assert found["age"].tolist() == list(range(COUNT))


def test_clusters_and_personas_are_counted_by_their_numbers(placed: Placed) -> None:
    clusters, personas = segmentation.clusters_table(placed), segmentation.personas_table(placed)
    assert clusters[["cluster", "persona", "customers", "age"]].to_numpy().tolist() == [[0, "Young", 10, 4.5], [2, "Old", 13, 16.0]]
    assert personas[["persona", "customers"]].to_numpy().tolist() == [["Old", 13], ["Young", 10]]
    assert personas["share"].sum() == pytest.approx(1)


def test_the_ids_of_a_sample_are_read_from_the_file(placed: Placed) -> None:
    places = np.array([0, 6, 7, 20])
    assert placed.grouped.ids(places).tolist() == ["c00", "c06", "c07", "c20"]
