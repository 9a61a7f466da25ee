"""What a workbook can hold beside a plain table."""

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipeline.intake.findings import Counts, Finding
from tests.bad_inputs.conftest import CLUB_HEAD, SHOP_HEAD, SOUND, check, one_sheet, refuse, take, workbook
from tests.intake.conftest import CLUB, SHOP
from tests.intake.test_workbook import SHEET
from tests.intake.workbooks import replace

MAY = [CLUB_HEAD, ["m1", 20, "F"], ["m2", 30, "M"]]
JUNE = [CLUB_HEAD, ["j1", 40, "F"]]
NOTES = [["written by hand"]]


class TestSeveralSheets:
    def test_the_named_one(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, {"May": MAY, "June": JUNE})
        assert list(take(path, CLUB.model_copy(update={"sheets": ("June",)})).customers) == ["j1"]

    def test_the_only_one_that_fits(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, {"Notes": NOTES, "June": JUNE, "Empty": []})
        assert list(take(path, CLUB).customers) == ["j1"]

    def test_several_fit_and_none_is_named(self, tmp_path: Path) -> None:
        assert refuse(workbook(tmp_path, {"May": MAY, "Notes": NOTES, "June": JUNE}), CLUB) == (
            "club.xlsx: 2 of its 3 sheets have the columns that the catalogue names ('May', 'June'). "
            'Name the ones to read with sheets in datasets.toml, or say sheets = "all".'
        )

    def test_none_fits(self, tmp_path: Path) -> None:
        assert refuse(workbook(tmp_path, {"May": [["id", "agee", "sex"], [1, 2, "F"]], "Notes": NOTES}), CLUB) == (
            "club.xlsx: none of its 2 sheets can be used ('May', 'Notes'). "
            "Sheet 'May': no column 'age' (for age). The closest is 'agee'. The file has: id, agee, sex. "
            "Name the right one in datasets.toml. "
            "Sheet 'Notes': no column 'id' (for customer_id). Also missing: 'age', 'sex'. The file has: written by hand. "
            "Name the right one in datasets.toml."
        )

    def test_a_named_sheet_is_absent(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, {"May": MAY, "June": JUNE})
        assert refuse(path, CLUB.model_copy(update={"sheets": ("July",)})) == (
            "club.xlsx: no sheet 'July'. There are: 'May', 'June'. Name them in datasets.toml."
        )

    def test_stacked_when_asked(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, {"May": MAY, "June": [*JUNE, ["j2", None, "F"]]})
        taken = take(path, CLUB.model_copy(update={"sheets": "all"}))
        assert taken.counts == Counts(4, 3, 1, 0)
        assert list(taken.customers) == ["j1", "m1", "m2"]
        assert taken.findings["age is missing"].example == "June, row 3: nothing"

    def test_stacked_and_one_does_not_fit(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, {"May": MAY, "June": [["id", "sex"], ["j1", "F"]]})
        assert refuse(path, CLUB.model_copy(update={"sheets": "all"})) == (
            "club.xlsx, sheet 'June': no column 'age' (for age). The file has: id, sex. Name the right one in datasets.toml."
        )


def test_merged_cells(tmp_path: Path) -> None:
    path = one_sheet(tmp_path, ["a", 20, "F"], [None, 30, "M"], [None, 40, "F"])
    book = openpyxl.load_workbook(path)
    book["Members"].merge_cells("A2:A4")
    book.save(path)
    taken = take(path, CLUB)
    assert taken.counts == Counts(SOUND + 3, SOUND + 1, 2, 0)
    assert taken.customers["a"]["age"] == 20
    assert taken.findings["id is missing"] == Finding("id is missing", "rejected", 2, 2 / 43, "Members, row 3: nothing")


class TestFormulas:
    def test_stored_value(self, tmp_path: Path) -> None:
        path = one_sheet(tmp_path, ["a", "=10+10", "F"])
        replace(path, SHEET, b"<f>10+10</f><v />", b"<f>10+10</f><v>20</v>")
        assert take(path, CLUB).customers["a"]["age"] == 20

    def test_no_stored_value(self, tmp_path: Path) -> None:
        checked = check(one_sheet(tmp_path, ["a", "=10+10", "F"]), CLUB)
        assert checked.counts == Counts(SOUND + 1, SOUND, 1, 0)
        assert checked.findings["age is missing"] == Finding("age is missing", "rejected", 1, 1 / 41, "Members, row 2: nothing")


def test_numbers_stored_as_text(tmp_path: Path) -> None:
    taken = take(one_sheet(tmp_path, ["a", 20, "F"], ["b", "30", "M"], ["c", "old", "M"], ["d", " 40.5 ", "F"]), CLUB)
    assert taken.counts == Counts(SOUND + 4, SOUND + 3, 1, 0)
    assert [taken.customers[own]["age"] for own in "abd"] == [20, 30, 40.5]
    check = "a number of the row is stored as text"
    assert taken.findings[check] == Finding(check, "normalised", 2, 2 / 44, "Members, row 3: age")


def test_quantities_and_prices_stored_as_text(tmp_path: Path) -> None:
    rows = [["a", "1", "2024-01-01 10:00:00", *worth, "UK"] for worth in ((2, 1.5), ("2", 1.5), (2, "1.50"), ("2", "1.5"))]
    taken = take(workbook(tmp_path, {"Lines": [SHOP_HEAD, *rows]}, "shop.xlsx"), SHOP)
    found = taken.findings["a number of the row is stored as text"]
    assert (taken.customers["a"]["monetary"], found.rows, found.example) == (12, 3, "Lines, row 3: n")


@pytest.mark.parametrize("error", ["#REF!", "#N/A"])
@pytest.mark.parametrize("column", [0, 1], ids=CLUB_HEAD[:2])
def test_error_values(tmp_path: Path, error: str, column: int) -> None:
    row: list[Any] = ["a", 20, "F"]
    row[column] = error
    checked = check(one_sheet(tmp_path, row), CLUB)
    assert checked.counts == Counts(SOUND + 1, SOUND, 1, 0)
    assert checked.findings == {
        "a cell holds an error value": Finding(
            "a cell holds an error value", "rejected", 1, 1 / 41, f"Members, row 2: {CLUB_HEAD[column]} holds an error value"
        ),
    }


def test_unreadable_column(tmp_path: Path) -> None:
    assert refuse(one_sheet(tmp_path, ["a", "old", "F"], ["b", "young", "F"], sound=18), CLUB) == (
        "club.xlsx: age is not a number in 2 rows, 10.0% of them (first: Members, row 2: old). "
        "Correct the column, or declare how it is written in datasets.toml."
    )


def test_ids_all_missing(tmp_path: Path) -> None:
    assert refuse(one_sheet(tmp_path, [None, 20, "F"], [" ", 30, "M"], sound=0), CLUB) == (
        "club.xlsx: none of its 2 rows can be used. In 2, id is missing (first: Members, row 2: nothing). "
        "Correct the file, or its columns in datasets.toml."
    )


def test_missing_column(tmp_path: Path) -> None:
    assert refuse(workbook(tmp_path, {"Members": [["id", "agee", "sex"], [1, 20, "F"]]}), CLUB) == (
        "club.xlsx, sheet 'Members': no column 'age' (for age). The closest is 'agee'. The file has: id, agee, sex. "
        "Name the right one in datasets.toml."
    )


def test_title_rows_above_the_header(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Members": [["Members of 2024"], [], ["as of May"], *MAY]})
    assert refuse(path, CLUB) == "club.xlsx, sheet 'Members': row 1 is not the header; row 4 looks like it. Delete the rows above it."


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904], ids=["1900 epoch", "1904 epoch"])
def test_dates(tmp_path: Path, epoch: datetime | None) -> None:
    path = tmp_path / "shop.xlsx"
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    for row in (SHOP_HEAD, ["a", "1", datetime(2020, 2, 29, 12, 30), 1, 2.5, "UK"], ["a", "2", datetime(2020, 3, 1), 1, 2.5, "UK"]):
        book.worksheets[0].append(row)
    book.save(path)
    customer = take(path, SHOP).customers["a"]
    assert (customer["first_order"], customer["last_order"]) == (datetime(2020, 2, 29, 12, 30), datetime(2020, 3, 1))


def test_id_12346_0_from_a_numeric_cell(tmp_path: Path) -> None:
    path = one_sheet(tmp_path, [12346, 20, "F"])
    replace(path, SHEET, b"<v>12346</v>", b"<v>12346.0</v>")
    assert "12346" in take(path, CLUB).customers


def test_ids_of_text_cells_are_kept_as_they_are(tmp_path: Path) -> None:
    ids = ["00123", "1234567890123456789012345", "12346.0"]
    customers = take(one_sheet(tmp_path, *([own, 20, "F"] for own in ids)), CLUB).customers
    assert set(ids) < set(customers)
