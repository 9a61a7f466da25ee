import os
import signal
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.catalogue import Catalogue, TransactionsDataset
from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.intake.reading import Reader
from pipeline.intake.staged import Layout
from tests.intake.conftest import AGES, CLUB, SHOP, Refusal, good_rows


def worker(reader: Reader) -> int:
    """The child's process id; it is started by the first reading."""
    (found,) = reader._pool._processes
    return int(found)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that keeps its reader waiting: a pipe that nobody writes to."""
    path = tmp_path / "a.csv"
    os.mkfifo(path)
    return path


def test_a_layout_is_what_the_catalogue_says_of_the_file() -> None:
    columns = {"customer_id": "who", "order_id": "order", "time": "when", "quantity": "n", "unit_price": "each", "country": "where"}
    shop = SHOP.model_copy(update={"sheets": ("May",), "delimiter": ";", "encoding": "cp1252"})
    assert reading.layout_of(shop) == Layout(columns, ("May",), ";", "cp1252")
    assert reading.layout_of(CLUB) == Layout({"customer_id": "id", "age": "age", "sex": "sex"}, None, None, "utf-8")


def test_all_formats_come_to_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,age\n1,20\n00123,\n")
    book = openpyxl.Workbook()
    for row in (["id", "age"], [1, 20], ["00123", None]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    pq.write_table(pa.table({"id": ["1", "00123"], "age": pa.array([20.0, None])}), tmp_path / "a.parquet")
    found = {}
    for ending in ("csv", "xlsx", "parquet"):
        (tmp_path / ending).mkdir()
        found[ending] = [cells for _, *cells in good_rows(reading.stage(tmp_path / f"a.{ending}", AGES, tmp_path / ending))]
    assert found["csv"] == found["xlsx"] == found["parquet"] == [["1", "20"], ["00123", None]]


class TestChild:
    def test_files_are_staged_one_after_another_in_folders_that_are_made(self, tmp_path: Path) -> None:
        for at in (1, 2):
            (tmp_path / f"{at}.csv").write_text(f"id,age,sex\n{at},20,F\n")
        with reading.reader() as reader:
            started = [reader.submit(CLUB, tmp_path / f"{at}.csv", tmp_path / "deep" / str(at)) for at in (1, 2)]
            staged = [reading.result(future, tmp_path / "any") for future in started]
        assert [good_rows(found) for found in staged] == [[(2, "1", "20", "F")], [(2, "2", "20", "F")]]
        assert staged[1].files == [tmp_path / "deep/2/rows-ragged.parquet", tmp_path / "deep/2/rows.parquet"]

    def test_a_refusal_comes_through_as_it_was_said_and_the_next_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "bad.csv").write_text("id,age\n1,20\n")
        (tmp_path / "good.csv").write_text("id,age,sex\n1,20,F\n")
        with reading.reader() as reader:
            bad = reader.submit(CLUB, tmp_path / "bad.csv", tmp_path / "1")
            good = reader.submit(CLUB, tmp_path / "good.csv", tmp_path / "2")
            with pytest.raises(InputError) as caught:
                reading.result(bad, tmp_path / "bad.csv")
            assert str(caught.value) == "bad.csv: no column 'sex' (for sex). The file has: id, age. Name the right one in datasets.toml."
            assert good_rows(reading.result(good, tmp_path / "good.csv")) == [(2, "1", "20", "F")]

    @pytest.mark.parametrize(("name", "remedy"), [("a.csv", "Free some memory."), ("big.xlsx", "Free some memory, or export it as CSV.")])
    def test_a_killed_child_is_said_to_have_wanted_memory(
        self, tmp_path: Path, endless: Path, refusal: Refusal, name: str, remedy: str
    ) -> None:
        with reading.reader() as reader:
            started = reader.submit(CLUB, endless, tmp_path / "work")
            os.kill(worker(reader), signal.SIGKILL)
            assert refusal(reading.result, started, tmp_path / name) == (
                f"{name}: reading it was stopped by the system, most likely for want of memory. {remedy}"
            )

    def test_a_reading_that_nobody_waits_for_ends_with_a_failure_beside_it(self, tmp_path: Path, endless: Path) -> None:
        started = []

        def fail() -> None:
            with reading.reader() as reader:
                started.append(reader.submit(CLUB, endless, tmp_path / "work"))
                raise InputError("beside")

        with pytest.raises(InputError, match="beside"):
            fail()
        # Without an end the pipe would hold the child, and this, for ever.
        with pytest.raises((BrokenProcessPool, CancelledError)):
            started[0].result()

    def test_a_failure_after_the_child_has_ended_is_raised_as_it_is(self) -> None:
        def fail() -> None:
            with reading.reader() as reader:
                reader.close()
                raise InputError("later")

        with pytest.raises(InputError, match="later"):
            fail()


@pytest.mark.real
def test_the_real_orders_hold_what_their_description_says(real_raw: Path, shipped: Catalogue, tmp_path: Path) -> None:
    retail = shipped["retail"]
    assert isinstance(retail, TransactionsDataset)
    path = real_raw / retail.file
    with reading.reader() as reader:
        staged = reading.result(reader.submit(retail, path, tmp_path / "work"), path)
    assert staged.columns == ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
    assert (staged.renamed, staged.extra) == ((), ("StockCode", "Description"))
    with duckdb.connect() as connection:
        lines = connection.read_parquet([str(file) for file in staged.files], union_by_name=True)
        facts = connection.sql(
            """SELECT count(*), count(DISTINCT "Customer ID"), count(*) FILTER ("Customer ID" IS NULL),
                   count(*) FILTER (Invoice LIKE 'C%'), count(*) FILTER (Price::DECIMAL(18, 4) <= 0),
                   count(*) FILTER (Description IS NULL), min(InvoiceDate), max(InvoiceDate), count(__fault),
                   count(DISTINCT __ordinal), count(*) FILTER (regexp_matches("Customer ID", '[^0-9]'))
               FROM lines"""
        ).fetchone()
        sheets = connection.sql("SELECT __source, count(*), min(__row), max(__row) FROM lines GROUP BY 1 ORDER BY 1").fetchall()
        repeats = connection.sql(
            "SELECT (SELECT count(*) FROM lines) - count(*) FROM (SELECT DISTINCT * EXCLUDE (__source, __row, __ordinal) FROM lines)"
        ).fetchone()
    assert lines is not None
    assert facts == (
        1_067_371,
        5_942,
        243_007,
        19_494,
        6_207,
        4_382,
        "2009-12-01 07:45:00",
        "2011-12-09 12:50:00",
        0,
        1_067_371,
        0,
    )
    assert sheets == [("Year 2009-2010", 525_461, 2, 525_462), ("Year 2010-2011", 541_910, 2, 541_911)]
    # As many as the sheets' XML holds when it is counted as text.
    assert repeats == (34_335,)
