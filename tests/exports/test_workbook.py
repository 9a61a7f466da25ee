import io
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import fastexcel
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from pipeline.exports import filling, workbook
from pipeline.exports.cells import clean
from pipeline.exports.listing import Listing, Part
from pipeline.schema import COUNT, LIST, MOMENT, REAL, TEXT, Column

COLUMNS = (
    Column("customer_id", TEXT, ""),
    Column("orders", COUNT, ""),
    Column("monetary", REAL, "", "currency"),
    Column("share", REAL, ""),
    Column("last_order", MOMENT, ""),
    Column("actions", LIST, ""),
)
PART: Part = [["00123", "=1+1"], [3, None], [1234.5, -0.1], [0.25, None], [datetime(2011, 1, 18, 10, 1, 30), None], ["Call; Mail", None]]


def made(*parts: Part, columns: tuple[Column, ...] = COLUMNS, about: Any = (("Dataset", "Shop"),)) -> io.BytesIO:
    into = io.BytesIO()
    workbook.write(Listing(columns, sum(len(part[0]) for part in parts), iter(parts), ""), sheet="customers", about=about, into=into)
    into.seek(0)
    return into


def opened(*parts: Part, **more: Any) -> Workbook:
    return openpyxl.load_workbook(made(*parts, **more))


def texts(*values: str | None) -> io.BytesIO:
    return made([list(values)], columns=(Column("id", TEXT, ""),))


def test_cells_are_typed() -> None:
    sheet = opened(PART)["customers"]
    first, second = sheet.iter_rows(min_row=2)
    assert [(cell.value, cell.data_type) for cell in first] == [
        ("00123", "s"), (3, "n"), (1234.5, "n"), (0.25, "n"), (datetime(2011, 1, 18, 10, 1, 30), "d"), ("Call; Mail", "s"),
    ]  # fmt: skip
    assert [cell.value for cell in second] == ["=1+1", None, -0.1, None, None, None]
    assert [cell.number_format for cell in first] == ["@", "General", "#,##0.00", "0.0%", "yyyy-mm-dd hh:mm", "@"]


def test_the_header_stays_and_every_column_has_a_filter_and_a_width() -> None:
    sheet = opened(PART)["customers"]
    assert [cell.value for cell in sheet[1]] == [column.name for column in COLUMNS]
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    assert all(10 <= sheet.column_dimensions[letter].width <= 60 for letter in "ABCDEF")
    assert sheet.column_dimensions["E"].width >= len("2011-01-18 10:01")


def test_text_that_looks_like_a_formula_is_text_and_marked_so(refused: Callable[[str, int], None]) -> None:
    refused("cells that a spreadsheet would compute", 5)
    values = ["=1+1", "@x", "+a", "-b", "\t=1", "#REF!", "-12", "plain"]
    cells = [row[0] for row in openpyxl.load_workbook(texts(*values))["customers"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [
        (value, "s", value in {"=1+1", "@x", "+a", "-b", "\t=1"}) for value in values
    ]
    with ZipFile(texts(*values)) as file:
        assert b"<f>" not in file.read("xl/worksheets/sheet1.xml")


def test_a_heading_and_a_word_about_the_file_that_look_like_formulas_are_text() -> None:
    book = opened([["1"]], columns=(Column("=A1", TEXT, ""),), about=(("Which", "=cmd()"),))
    for cell, text in ((book["customers"]["A1"], "=A1"), (book["About"]["B1"], "=cmd()")):
        assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_parts_follow_each_other() -> None:
    columns = (Column("id", TEXT, ""), Column("n", COUNT, ""))
    parts: list[Part] = [[[f"{part}-{row}" for row in range(3)], [part * 3 + row for row in range(3)]] for part in range(3)]
    sheet = opened(*parts, columns=columns)["customers"]
    assert list(sheet.iter_rows(min_row=2, values_only=True)) == [(f"{at // 3}-{at % 3}", at) for at in range(9)]


def test_a_list_without_rows_has_its_header() -> None:
    sheet = opened()["customers"]
    assert list(sheet.values) == [tuple(column.name for column in COLUMNS)]
    assert sheet.auto_filter.ref == "A1:F1"


def test_another_reader_reads_the_same() -> None:
    sheet = fastexcel.read_excel(made(PART).read()).load_sheet("customers").to_arrow().to_pylist()
    assert [row["customer_id"] for row in sheet] == ["00123", "=1+1"]
    assert [row["monetary"] for row in sheet] == [1234.5, -0.1]
    assert sheet[0]["last_order"] == datetime(2011, 1, 18, 10, 1, 30)


def test_a_second_sheet_says_what_the_file_is() -> None:
    book = opened(PART, about=[("Rows", 2), ("Created (UTC)", datetime(2024, 3, 10, 12)), ("To", date(2024, 3, 1)), ("",), ("a", "b", "c")])
    assert book.sheetnames == ["customers", "About"]
    assert list(book["About"].values) == [
        ("Rows", 2, None), ("Created (UTC)", datetime(2024, 3, 10, 12), None), ("To", datetime(2024, 3, 1), None), (None, None, None),
        ("a", "b", "c"),
    ]  # fmt: skip
    assert book.index(book["customers"]) == 0


@given(
    st.lists(
        st.text(min_size=1, max_size=12) | st.text("\x00\x01\x1f\x7f\t\n<&>\"'\ufffe\uffff]", min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25, deadline=None)
def test_any_text_is_kept_but_for_what_a_workbook_cannot_hold(values: list[str]) -> None:
    found = [row[0].value for row in openpyxl.load_workbook(texts(*values))["customers"].iter_rows(min_row=2)]
    assert found == [clean(value) for value in values]


def test_what_a_workbook_cannot_hold_is_replaced() -> None:
    assert clean("a\x00b\x0bc\x1fd\ufffee\tf\ng\x7f😀") == "a�b�c�d�e\tf\ng\x7f😀"
    assert [len(clean("x" * length)) for length in (32_767, 32_768, 90_000)] == [32_767] * 3
    assert clean("x" * 32_768).endswith("x…")
    book = opened([["a\x01"]], columns=(Column("b\x02", TEXT, ""),), about=[("Which", "c\x03")])
    assert [book["customers"]["A1"].value, book["customers"]["A2"].value, book["About"]["B1"].value] == ["b�", "a�", "c�"]


def test_markup_in_text_is_text() -> None:
    values = ["</t></is></c></row></sheetData>", "&amp;", "a<b>c", "]]>"]
    assert [row[0].value for row in openpyxl.load_workbook(texts(*values))["customers"].iter_rows(min_row=2)] == values


def test_moments_before_sheets_count_days_are_text() -> None:
    moments = [datetime(1900, 3, 1), datetime(1900, 2, 28, 12), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)]
    sheet = opened([moments], columns=(Column("time", MOMENT, ""),))["customers"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [
        datetime(1900, 3, 1), "1900-02-28 12:00:00", "0001-01-01 00:00:00", datetime(9999, 12, 31, 23, 59),
    ]  # fmt: skip


@given(st.datetimes(datetime(1900, 3, 1), datetime(2200, 1, 1)))
@settings(max_examples=15, deadline=None)
def test_moments_are_kept_to_the_second(moment: datetime) -> None:
    second = moment.replace(microsecond=0)
    (found,) = opened([[second]], columns=(Column("time", MOMENT, ""),))["customers"].iter_rows(min_row=2, values_only=True)
    assert found == (second,)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53))
@settings(max_examples=15, deadline=None)
def test_numbers_are_written_in_full(real: float, whole: int) -> None:
    columns = (Column("real", REAL, ""), Column("whole", COUNT, ""))
    with ZipFile(made([[real], [whole]], columns=columns)) as file:
        found = re.findall(rb"<v>(.*?)</v>", file.read("xl/worksheets/sheet1.xml"))
    assert [float(found[0]), int(found[1])] == [real, whole]


def test_a_list_that_may_pass_two_gigabytes_is_written_so_that_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "_PLAIN_CELLS", 1)
    assert list(openpyxl.load_workbook(made(PART))["customers"].values)[1][0] == "00123"


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made(PART)
    assert list(tmp_path.iterdir()) == []
