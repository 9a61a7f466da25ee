from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import engine
from pipeline.intake import columnar
from pipeline.intake.rows import of_text
from pipeline.intake.staged import Staged
from tests.intake.conftest import AGES, Refusal, faulty_rows, good_rows, places

FOLLOWING_I64 = b"\x16"  # Thrift's header of an i64 field whose id is one more than the last one's


def make(folder: Path, columns: dict[str, Any], name: str = "a.parquet", **settings: Any) -> Path:
    path = folder / name
    pq.write_table(pa.table(columns), path, **settings)
    return path


def read(path: Path) -> Staged:
    return columnar.read(path, AGES)


def cells(folder: Path, values: Any) -> list[str | None]:
    return [age for _, _, age in good_rows(read(make(folder, {"id": [str(at) for at in range(len(values))], "age": values})))]


class TestCells:
    def test_rows_are_numbered_after_a_header_that_would_be_row_1(self, tmp_path: Path) -> None:
        staged = read(make(tmp_path, {"age": [20, None], "id": ["00123", "C1"]}))
        assert staged.columns == ("age", "id")
        assert good_rows(staged) == [(1, "20", "00123"), (2, None, "C1")]
        assert (faulty_rows(staged), places(staged)) == ([], [("a.parquet", 1, 1), ("a.parquet", 2, 2)])

    def test_whole_floats_are_written_as_whole_numbers_as_in_a_workbook(self, tmp_path: Path) -> None:
        values = pa.array([12346.0, -3.0, 0.5, 1e14, None, 1e300, float("inf"), float("nan")])
        assert cells(tmp_path, values) == ["12346", "-3", "0.5", "100000000000000", None, "1e+300", "inf", "nan"]

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (pa.array([2**62, -1]), [str(2**62), "-1"]),
            (pa.array([Decimal("12.50"), Decimal("-1.00")]), ["12.50", "-1.00"]),
            (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
            (pa.array([date(2009, 12, 1)]), ["2009-12-01"]),
            (pa.array([datetime(2009, 12, 1, 7, 45)], pa.timestamp("us")), ["2009-12-01 07:45:00"]),
            (pa.array([datetime(2009, 12, 1, 7, 45)], pa.timestamp("us", tz="America/New_York")), ["2009-12-01 07:45:00"]),
            (pa.array([True, False]), ["true", "false"]),
            (pa.nulls(2), [None, None]),
            (pa.array(["1234567890123456789012345", "=1+1"]), ["1234567890123456789012345", "=1+1"]),
        ],
    )
    def test_every_type_is_read_as_text(self, tmp_path: Path, values: pa.Array, expected: list[str | None]) -> None:
        assert cells(tmp_path, values) == expected

    def test_moments_are_in_utc_wherever_the_reader_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        values = pa.array([datetime(2009, 12, 1, 7, 45)], pa.timestamp("us", tz="UTC"))
        assert cells(tmp_path, values) == ["2009-12-01 07:45:00"]


class TestHeaders:
    def test_case_aliases_and_extra_columns_are_reported(self, tmp_path: Path) -> None:
        staged = read(make(tmp_path, {"Customer_No": [1], "AGE ": [20], "": ["x"], "nth": ["y"], "c1": ["z"]}))
        assert staged.columns == ("id", "age", "column 3", "nth", "c1")
        assert staged.renamed == ("Customer_No -> id", "AGE -> age")
        assert staged.extra == ("column 3", "nth", "c1")
        assert good_rows(staged) == [(1, "1", "20", "x", "y", "z")]

    def test_a_missing_column_is_refused_with_the_closest(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(read, make(tmp_path, {"id": [1], "agee": [20]})) == (
            "a.parquet: no column 'age' (for age). The closest is 'agee'. The file has: id, agee. Name the right one in datasets.toml."
        )

    def test_the_same_column_twice_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(read, make(tmp_path, {"id": [1], "age": [20], "Age": [30]})) == (
            "a.parquet: columns 2 and 3 are both called 'Age'. Rename or remove one."
        )

    @pytest.mark.parametrize(
        ("values", "type_name"), [([[1, 2]], "list<element: int64>"), ([{"x": 1}], "struct<x: int64>"), ([[("a", 1)]], None)]
    )
    def test_nested_types_are_refused_with_their_column(self, tmp_path: Path, refusal: Refusal, values: Any, type_name: str | None) -> None:
        column = pa.array(values, pa.map_(pa.string(), pa.int64())) if type_name is None else values
        said = refusal(read, make(tmp_path, {"id": [1], "age": [20], "more": column}))
        assert said.startswith(f"a.parquet: column 'more' is nested ({type_name or 'map<string, int64'}")
        assert said.endswith("). Flatten it before the export.")

    def test_a_file_without_rows_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        path = make(tmp_path, {"id": pa.array([], pa.int64()), "age": pa.array([], pa.int64())})
        assert refusal(read, path) == "a.parquet: has columns and no rows. Export it again with its rows."


class TestPaths:
    @pytest.mark.parametrize("name", ["a[1].parquet", "a*.parquet", "a?.parquet", "a'b.parquet"])
    def test_a_name_means_that_file_alone(self, tmp_path: Path, name: str) -> None:
        make(tmp_path, {"id": ["other"], "age": [1]}, "a1.parquet")
        assert good_rows(read(make(tmp_path, {"id": ["this"], "age": [2]}, name))) == [(1, "this", "2")]

    def test_a_folder_that_looks_like_a_partition_adds_nothing(self, tmp_path: Path) -> None:
        folder = tmp_path / "age=99"
        folder.mkdir()
        assert good_rows(read(make(folder, {"id": [1], "age": [20]}))) == [(1, "1", "20")]


class TestDamage:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return make(tmp_path, {"id": [f"customer {at}" for at in range(1_000)], "age": [at % 90 for at in range(1_000)]})

    @pytest.mark.parametrize("kept", [4, 11, 200, -1, -20])
    def test_a_file_that_was_cut_short_is_refused(self, path: Path, refusal: Refusal, kept: int) -> None:
        path.write_bytes(path.read_bytes()[:kept])
        said = refusal(read, path)
        assert said.startswith("a.parquet: the parquet file is damaged or cut short (")
        assert said.endswith("). Export it again.")

    def test_damaged_pages_are_refused_once_they_are_read(self, path: Path, refusal: Refusal) -> None:
        sound = make(path.parent, {"id": ["1"], "age": [20]}, "sound.parquet")
        content = bytearray(path.read_bytes())
        content[4:400] = b"\xff" * 396
        path.write_bytes(content)
        said = refusal(columnar.refuse_damaged, [*read(sound).in_place, *read(path).in_place], path.parent)
        assert said.startswith("a.parquet: the parquet file is damaged (")
        assert said.endswith("). Export it again.")

    def test_a_footer_that_declares_far_more_than_the_file_is_refused(self, path: Path, refusal: Refusal) -> None:
        forge(path, pq.read_metadata(path).row_group(0).total_byte_size, 40_000_000_000)
        assert pq.read_metadata(path).row_group(0).total_byte_size == 40_000_000_000
        size_mb = path.stat().st_size / 1e6
        assert refusal(read, path) == f"a.parquet: declares 40.0 GB of data in {size_mb:.2f} MB. Export it again."

    def test_a_footer_that_declares_far_more_rows_than_the_file_can_hold_is_refused(self, path: Path, refusal: Refusal) -> None:
        """Equal values are written as a run length, so the declared size shows nothing: 8 bytes a cell are taken for granted."""
        forge(path, 1_000, 1_000_000_000)
        assert pq.read_metadata(path).num_rows == 1_000_000_000
        size_mb = path.stat().st_size / 1e6
        assert refusal(read, path) == f"a.parquet: declares 16.0 GB of data in {size_mb:.2f} MB. Export it again."

    def test_a_footer_of_few_rows_whose_groups_declare_far_more_is_refused(self, path: Path, refusal: Refusal) -> None:
        forge(path, 1_000, 1_000_000_000)
        forge(path, 1_000_000_000, 1_000, times=1)
        metadata = pq.read_metadata(path)
        assert (metadata.num_rows, metadata.row_group(0).num_rows) == (1_000, 1_000_000_000)
        assert "declares 16.0 GB of data" in refusal(read, path)


def forge(path: Path, true: int, forged: int, times: int = -1) -> None:
    """Write another number into the footer wherever, or the first times, `true` stands in a field that follows the one before it."""
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - length], content[-8 - length : -8]
    assert FOLLOWING_I64 + varint(true) in footer
    footer = footer.replace(FOLLOWING_I64 + varint(true), FOLLOWING_I64 + varint(forged), times)
    path.write_bytes(body + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def varint(number: int) -> bytes:
    """Thrift's compact form of a positive 64-bit integer: zigzag, seven bits a byte."""
    number <<= 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def test_rows_of_many_row_groups_keep_their_numbers(tmp_path: Path) -> None:
    """They are read by several threads, on a connection that keeps no order."""
    rows = 1_000_000
    path = make(tmp_path, {"id": pa.array(range(1, rows + 1)), "age": pa.array(range(rows))}, row_group_size=10_000)
    with engine.connect(tmp_path) as connection:
        lines = of_text(connection, read(path))
        misplaced = lines.count(where=(lines["cell id"].cast("int64") != lines["__row"]) | (lines["__row"] != lines["__ordinal"]))
        assert lines.aggregate(rows=lines.count(), misplaced=misplaced).to_pyarrow().to_pylist() == [{"rows": rows, "misplaced": 0}]
