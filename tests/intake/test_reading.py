from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook

from pipeline.catalogue import Catalogue
from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.intake.findings import Remark
from pipeline.intake.sheet_parts import FORMULA, HIDDEN, TEXT
from pipeline.intake.staged import Layout, Staged
from pipeline.settings import TransactionsDataset
from tests.intake.conftest import AGES, CLUB, RAGGED, SHOP, faulty_rows, good_rows, places
from tests.intake.workbooks import HEADER, make


def test_a_layout_is_what_the_catalogue_says_of_the_file() -> None:
    columns = {"customer_id": "who", "order_id": "order", "time": "when", "quantity": "n", "unit_price": "each", "country": "where"}
    shop = SHOP.model_copy(update={"sheets": ("May",), "delimiter": ";", "encoding": "cp1252"})
    assert reading.layout_of(shop) == Layout(columns, ("May",), ";", "cp1252", numbers=frozenset({"n", "each"}))
    assert reading.layout_of(CLUB) == Layout({"customer_id": "id", "age": "age", "sex": "sex"}, numbers=frozenset({"age"}))


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_a_decimal_comma_is_for_text_alone(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "xlsx":
        openpyxl.Workbook().save(path)
    else:
        pq.write_table(pa.table({"id": ["1"], "age": [20.0]}), path)
    with pytest.raises(InputError, match=rf"^a\.{ending}: decimal = ',' is for text files; .* Remove it from datasets\.toml"):
        reading.stage(path, replace(AGES, decimal=","), tmp_path)


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


class TestSeveralFiles:
    def stage(self, folder: Path, **texts: str) -> Staged:
        paths = [folder / f"{name}.csv" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text)
        (folder / "work").mkdir()
        return reading.stage_all(paths, AGES, folder / "work")

    def test_are_stacked_each_row_with_its_file_and_a_place_of_its_own(self, tmp_path: Path) -> None:
        staged = self.stage(tmp_path, may="id,age\n1,20\n2\n", june="Age,note,ID\n30,x,3\n")
        assert [(source, row) for source, row, _ in places(staged)] == [("may.csv", 2), ("may.csv", 3), ("june.csv", 2)]
        assert len({ordinal for _, _, ordinal in places(staged)}) == 3
        assert good_rows(staged) == [(2, "1", "20", None), (2, "3", "30", "x")]
        assert faulty_rows(staged) == [(3, RAGGED, "2")]
        assert (staged.columns, staged.renamed, staged.extra) == (("id", "age", "note"), ("ID -> id", "Age -> age"), ("note",))

    def test_are_refused_together_when_one_of_them_is(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^june\.csv: no column 'age'"):
            self.stage(tmp_path, may="id,age\n1,20\n", june="id,years\n1,20\n")

    def test_that_differ_in_case_alone_have_one_column_of_it(self, tmp_path: Path) -> None:
        staged = self.stage(tmp_path, may="id,age,Note\n1,20,x\n", june="id,age,NOTE\n2,30,y\n")
        assert good_rows(staged) == [(2, "1", "20", "x"), (2, "2", "30", "y")]


class TestSeveralWorkbooks:
    def stage(self, folder: Path, layout: Layout = AGES, june: Callable[[Workbook], None] | None = None) -> Staged:
        """May has two rows, a hidden one and one with a formula; June one with a formula on its second sheet."""

        def hide(book: Workbook) -> None:
            book["Sheet1"].row_dimensions[2].hidden = True

        may = make(folder, {"Sheet1": [HEADER, [1, 20], ["2", "=1+1"]]}, hide, "may.xlsx")
        later = make(folder, {"Sheet1": [HEADER, [3, 40]], "Sheet2": [HEADER, ["=2+2", 50]]}, june, "june.xlsx")
        (folder / "work").mkdir()
        return reading.stage_all([may, later], layout, folder / "work")

    ALL = replace(AGES, sheets="all")

    def test_are_one_dataset_each_row_with_its_file_and_sheet(self, tmp_path: Path) -> None:
        staged = self.stage(tmp_path, self.ALL)
        found = places(staged)
        assert [(source, row) for source, row, _ in found] == [
            ("may.xlsx, Sheet1", 2), ("may.xlsx, Sheet1", 3), ("june.xlsx, Sheet1", 2), ("june.xlsx, Sheet2", 2),
        ]  # fmt: skip
        assert len({ordinal for _, _, ordinal in found}) == 4
        assert staged.file == "2 files from may.xlsx to june.xlsx"

    def test_what_there_is_to_say_of_them_is_added_up_under_the_first_example(self, tmp_path: Path) -> None:
        assert self.stage(tmp_path, self.ALL).remarks == (
            Remark(HIDDEN, "warned", 1, "may.xlsx, Sheet1, row 2"),
            Remark(FORMULA, "warned", 2, "may.xlsx, Sheet1, row 3"),
            Remark(TEXT, "normalised", 0, ""),
        )

    def test_that_count_days_from_different_dates_are_refused(self, tmp_path: Path) -> None:
        def mac(book: Workbook) -> None:
            book.epoch = CALENDAR_MAC_1904

        with pytest.raises(InputError) as caught:
            self.stage(tmp_path, self.ALL, mac)
        assert str(caught.value) == (
            "may.xlsx counts days from 1899-12-30, june.xlsx from 1904-01-01. Save one of them again with the date system of the other."
        )

    def test_and_text_may_stand_together(self, tmp_path: Path) -> None:
        book = make(tmp_path, {"Sheet1": [HEADER, [1, 20]]}, name="a.xlsx")
        (tmp_path / "b.csv").write_text("id,age\n2,30\n")
        (tmp_path / "work").mkdir()
        staged = reading.stage_all([book, tmp_path / "b.csv"], AGES, tmp_path / "work")
        assert (good_rows(staged), staged.epoch) == ([(2, "1", "20"), (2, "2", "30")], "1899-12-30")


def test_parquet_has_names_for_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "age": [20.0]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"^a\.parquet: header = false is for text and workbooks; .* Remove it from datasets\.toml"):
        reading.stage(tmp_path / "a.parquet", replace(AGES, header=False), tmp_path)


@pytest.mark.real
def test_the_real_orders_hold_what_their_description_says(real_raw: Path, shipped: Catalogue, tmp_path: Path) -> None:
    retail = shipped["retail"]
    assert isinstance(retail, TransactionsDataset)
    staged = reading.stage(real_raw / retail.file, reading.layout_of(retail), tmp_path)
    assert staged.columns == ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
    assert (staged.renamed, staged.extra) == ((), ("StockCode", "Description"))
    assert ([remark.rows for remark in staged.remarks], staged.epoch) == ([0, 0, 0], "1899-12-30")
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
