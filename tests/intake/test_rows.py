import math
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.intake import reading
from pipeline.settings import TransactionsDataset
from tests.intake.conftest import EXAMPLES, SHOP, Result, admit_staged, admit_text, csv_text, good_rows

TYPES = {"who": pa.int64(), "order": pa.string(), "when": pa.timestamp("us"), "n": pa.int32(), "each": pa.float64(), "where": pa.string()}
LINES = st.lists(
    st.tuples(
        st.none() | st.integers(1, 3),
        st.sampled_from(["1", "2", "C3"]),
        st.none() | st.datetimes(datetime(1989, 12, 30), datetime(1990, 1, 3)).map(lambda moment: moment.replace(microsecond=0)),
        st.none() | st.integers(-2, 2),
        st.none() | st.sampled_from([0.0, -1.0, 1e10, math.nan, math.inf]) | st.integers(0, 500).map(lambda pence: pence / 100),
        st.none() | st.sampled_from(["France", "Spain"]),
    ),
    min_size=1,
    max_size=40,
)


@pytest.fixture
def admitted(connection: Backend, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    """Files of a folder, admitted as one dataset."""

    def call(tables: list[pa.Table], dataset: TransactionsDataset = SHOP) -> Result:
        folder = tmp_path_factory.mktemp("typed")
        paths = [folder / f"{at}.parquet" for at, _ in enumerate(tables)]
        for path, table in zip(paths, tables, strict=True):
            pq.write_table(table, path)
        work = folder / "work"
        work.mkdir()
        return admit_staged(connection, work, reading.stage_all(paths, reading.layout_of(dataset), work), dataset)

    return call


def table(lines: list[tuple[Any, ...]], **types: pa.DataType) -> pa.Table:
    columns = zip(*lines, strict=True)
    return pa.table({name: pa.array(column, (TYPES | types)[name]) for name, column in zip(TYPES, columns, strict=True)})


def plain(result: Result) -> tuple[Any, ...]:
    """What was made of the rows, but for their numbers: those of a text begin below its header."""
    first = min([*result.kept, *result.rejected])
    kept = {row - first: {name: value for name, value in values.items() if name != "__ordinal"} for row, values in result.kept.items()}
    found = [(finding.check, finding.outcome, finding.rows, finding.customers, finding.revenue) for finding in result.findings]
    return kept, {row - first: reason for row, reason in result.rejected.items()}, found, result.counts


@pytest.mark.slow
@settings(max_examples=max(3, EXAMPLES // 4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES.filter(lambda lines: any(None not in line and line[4] == line[4] and 0 < line[4] < 1e9 for line in lines)))
def test_what_a_file_holds_as_numbers_and_times_is_what_its_text_would_be(
    connection: Backend, admitted: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[Any, ...]]
) -> None:
    good = [(1, "9", datetime(2020, 1, 1), 1, 1.0, "France")] * 1_000  # few enough are unreadable then
    text = csv_text([list(TYPES), *(["" if value is None else str(value) for value in line] for line in [*good, *lines])])
    read = admit_text(connection, tmp_path_factory.mktemp("text"), text, SHOP)
    assert plain(admitted([table([*good, *lines])])) == plain(read)


def test_files_that_hold_a_column_in_different_types_meet_as_text(admitted: Callable[..., Result]) -> None:
    first = table([(12346, "1", datetime(2020, 1, 1, 12), 1, 1.5, "France")])
    texts = {name: pa.string() for name in ("when", "n", "each")}
    unknown = (None, "1", "2020-01-02", "2", "0.25", "France")
    second = table([unknown, (12346.0, *unknown[1:])], who=pa.float64(), **texts)
    result = admitted([first, second])
    kept = sorted(result.kept.values(), key=lambda row: row["time"])
    assert [(row["customer_id"], row["time"], row["amount_minor"]) for row in kept] == [
        ("12346", datetime(2020, 1, 1, 12), 150),
        ("12346", datetime(2020, 1, 2), 50),
    ]


def test_rows_of_several_files_are_numbered_in_each(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.parquet", "a.parquet")]
    for path, day in zip(paths, (20, 30), strict=True):
        columns = {"who": [1, 2], "order": ["1", "2"], "when": [date(2020, 1, day)] * 2, "n": [1, 1], "each": [1.0, 1.0]}
        pq.write_table(pa.table(columns), path)
    dataset = SHOP.model_copy(update={"columns": SHOP.columns.model_copy(update={"country": None})})
    staged = reading.stage_all(paths, reading.layout_of(dataset), tmp_path)
    assert [(row[0], row[3]) for row in good_rows(staged)] == [(1, "2020-01-20"), (2, "2020-01-20"), (1, "2020-01-30"), (2, "2020-01-30")]


class TestTimes:
    def zoned(self, values: pa.Array, admitted: Callable[..., Result], **settings: Any) -> list[datetime]:
        made = table([(1, "1", None, 1, 1.0, "France")] * len(values)).set_column(2, "when", values)
        return [row["time"] for row in admitted([made], SHOP.model_copy(update=settings)).kept.values()]

    def test_of_a_zone_are_moments_whatever_zone_is_declared(self, admitted: Callable[..., Result]) -> None:
        values = pa.array([datetime(2020, 7, 1, 7, 45)], pa.timestamp("us", tz="America/New_York"))
        assert self.zoned(values, admitted, time_zone="Europe/London") == [datetime(2020, 7, 1, 7, 45)]

    def test_without_one_are_what_clocks_showed_in_the_declared_zone(self, admitted: Callable[..., Result]) -> None:
        values = pa.array([datetime(2020, 7, 1, 7, 45)], pa.timestamp("ms"))
        assert self.zoned(values, admitted, time_zone="Europe/London") == [datetime(2020, 7, 1, 6, 45)]
