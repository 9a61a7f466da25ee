import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import parquet
from pipeline.schema import COUNT, TEXT, Column, Table

TABLE = Table("things", "one row per number", (Column("number", COUNT, ""), Column("word", TEXT, "")))


def batch(start: int, stop: int) -> pa.RecordBatch:
    numbers = list(range(start, stop))
    return pa.record_batch({"number": pa.array(numbers, pa.int64()), "word": pa.array([f"w{number}" for number in numbers], pa.string())})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 60), max_size=6))
def test_equal_rows_give_equal_bytes_however_they_were_batched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: list[int]) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 16)
    edges = [0, *sorted(cuts), 60]
    whole = parquet.write(tmp_path / "whole", TABLE, [batch(0, 60)])
    parts = parquet.write(tmp_path / "parts", TABLE, [batch(*edge) for edge in itertools.pairwise(edges)])
    assert parts == whole
    assert whole.rows == 60


def test_rows_are_grouped_by_the_stated_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 25)
    parquet.write(tmp_path, TABLE, [batch(0, 60)])
    metadata = pq.read_metadata(tmp_path / "things.parquet")
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [25, 25, 10]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.sets(st.integers(0, 59)))
def test_rows_at_some_places_are_those_that_stand_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: set[int]) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 16)
    parquet.write(tmp_path, TABLE, [batch(0, 60)])
    found = parquet.at(tmp_path / "things.parquet", ["word", "number"], np.array(sorted(places), dtype="int64"))
    assert found.to_pydict() == {"word": [f"w{place}" for place in sorted(places)], "number": sorted(places)}


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    assert parquet.write(tmp_path, TABLE, [batch(0, 0)]).rows == 0
    assert pq.read_schema(tmp_path / "things.parquet").names == ["number", "word"]


def test_other_columns_than_the_schemas_are_refused_by_name(tmp_path: Path) -> None:
    other = pa.record_batch({"number": pa.array([1], pa.int64()), "term": pa.array(["x"])})
    with pytest.raises(ValueError, match=r"table things: lacks \['word string'\], has \['term string'\]"):
        parquet.write(tmp_path, TABLE, [other])
