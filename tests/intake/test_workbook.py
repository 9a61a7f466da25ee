from datetime import date, datetime
from pathlib import Path

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook

from pipeline.intake.findings import Remark
from pipeline.intake.sheet_parts import FORMULA, HIDDEN, TEXT
from pipeline.intake.staged import Layout
from tests.intake.conftest import AGES, Refusal, faulty_rows, good_rows, places
from tests.intake.workbooks import HEADER, SHEET, make, parts, read, replace, stage

ALL = Layout(AGES.wanted, sheets="all")


class TestCells:
    def test_every_cell_is_read_as_text(self, tmp_path: Path) -> None:
        values = [
            ("C489449", "C489449"),
            ("00123", "00123"),
            ("1234567890123456789012345", "1234567890123456789012345"),
            (12346.0, "12346"),
            (12346, "12346"),
            (2.5, "2.5"),
            (-0.1, "-0.1"),
            (10**15, "1000000000000000"),
            ("12.50", "12.50"),
            (datetime(2009, 12, 1, 7, 45), "2009-12-01 07:45:00"),
            (date(2010, 1, 2), "2010-01-02 00:00:00"),
            (True, "true"),
            ("a\nb", "a\nb"),
            ("Zoë 客户", "Zoë 客户"),
            ("<script>", "<script>"),
            (None, None),
        ]
        staged = stage(tmp_path, {"S": [HEADER, *([str(at), value] for at, (value, _) in enumerate(values))]})
        assert good_rows(staged) == [(at + 2, str(at), text) for at, (_, text) in enumerate(values)]

    def test_numbers_stored_as_text_are_as_good_as_numbers(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, {"S": [HEADER, ["1", "20"], [2, 30]]})) == [(2, "1", "20"), (3, "2", "30")]

    def test_a_date_of_the_1904_epoch_is_the_day_that_is_shown(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book.epoch = CALENDAR_MAC_1904

        staged = stage(tmp_path, {"S": [HEADER, [1, datetime(2020, 2, 29, 12, 30)]]}, edit)
        assert good_rows(staged) == [(2, "1", "2020-02-29 12:30:00")]

    def test_a_formula_gives_its_cached_value(self, tmp_path: Path) -> None:
        path = make(tmp_path, {"S": [HEADER, [1, "=10+10"], [2, "=1/3"]]})
        contents = parts(path)[SHEET]
        assert b"<f>10+10</f><v />" in contents or b"<f>10+10</f><v></v>" in contents
        empty = b"<v />" if b"<v />" in contents else b"<v></v>"
        staged = read(replace(path, SHEET, b"<f>10+10</f>" + empty, b"<f>10+10</f><v>20</v>"))
        assert good_rows(staged) == [(2, "1", "20"), (3, "2", None)]

    def test_merged_cells_are_never_filled_in(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [HEADER, [1, 20], [None, 30], [None, 40]]}, lambda book: book["S"].merge_cells("A2:A4"))
        assert good_rows(staged) == [(2, "1", "20"), (3, None, "30"), (4, None, "40")]

    def test_an_error_value_is_kept_aside_with_its_column(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [HEADER, [1, 20], ["#N/A", 30], [3, "#REF!"], [4, 50]]})
        assert good_rows(staged) == [(2, "1", "20"), (5, "4", "50")]
        assert faulty_rows(staged) == [(3, "id holds an error value", None), (4, "age holds an error value", None)]

    def test_an_error_value_where_nothing_is_read_does_no_harm(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [[*HEADER, "note"], [1, 20, "#N/A"]]})
        assert (good_rows(staged), faulty_rows(staged)) == ([(2, "1", "20", None)], [])

    def test_rows_are_numbered_as_in_the_sheet_wherever_the_table_begins(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            for at, row in enumerate([HEADER, ["1", 20], ["2", "#N/A"], [None, None], ["3", 40]], start=7):
                book["S"].cell(at, 3, row[0])
                book["S"].cell(at, 4, row[1])

        staged = stage(tmp_path, {"S": []}, edit)
        assert good_rows(staged) == [(8, "1", "20"), (10, None, None), (11, "3", "40")]
        assert faulty_rows(staged) == [(9, "age holds an error value", None)]

    def test_fifty_blank_rows_above_the_header_are_passed_over(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, {"S": [*[[]] * 50, HEADER, [1, 20]]})) == [(52, "1", "20")]

    def test_cells_that_are_only_styled_are_no_rows(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book["S"]["A9"].font = Font(bold=True)

        assert good_rows(stage(tmp_path, {"S": [HEADER, [1, 20]]}, edit)) == [(2, "1", "20")]

    def test_hidden_rows_are_read(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book["S"].row_dimensions[2].hidden = True

        assert good_rows(stage(tmp_path, {"S": [HEADER, [1, 20], [2, 30]]}, edit)) == [(2, "1", "20"), (3, "2", "30")]


class TestHeaders:
    def test_case_spaces_aliases_and_extra_columns_are_reported(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [["Customer No", " AGE ", "Note", None, 2020], [1, 20, "x", "y", "z"]]})
        assert staged.columns == ("id", "age", "Note", "column 4", "2020")
        assert staged.renamed == ("Customer No -> id", "AGE -> age")
        assert staged.extra == ("Note", "column 4", "2020")

    def test_title_rows_are_refused_with_the_likely_header(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"Data": [[], ["Customers 2024"], [], HEADER, [1, 20]]}) == (
            "a.xlsx, sheet 'Data': row 1 is not the header; row 4 looks like it. Delete the rows above it."
        )

    def test_a_missing_column_is_refused_with_the_closest(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"Data": [["id", "agee"], [1, 20]]}) == (
            "a.xlsx, sheet 'Data': no column 'age' (for age). The closest is 'agee'. "
            "The file has: id, agee. Name the right one in datasets.toml."
        )

    def test_the_same_column_twice_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"Data": [["id", "age", "Age"], [1, 20, 30]]}) == (
            "a.xlsx, sheet 'Data': columns 2 and 3 are both called 'Age'. Rename or remove one."
        )

    def test_a_header_without_rows_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"Data": [HEADER]}) == (
            "a.xlsx, sheet 'Data': has a header and no rows. Export it again with its rows."
        )

    def test_an_empty_sheet_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"Data": []}) == (
            "a.xlsx, sheet 'Data': is empty. Remove the sheet, or name the ones to read with sheets in datasets.toml."
        )


class TestWithoutHeader:
    LAYOUT = Layout({"customer_id": "column 2", "age": "column 1"}, header=False)

    def test_columns_are_numbered_and_rows_are_counted_from_the_first(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [[20, "a", "x"], [None, None, None], ["#N/A", "b", "y"]]}, layout=self.LAYOUT)
        assert (staged.columns, staged.extra) == (("column 1", "column 2", "column 3"), ("column 3",))
        assert good_rows(staged) == [(1, "20", "a", "x"), (2, None, None, None)]
        assert faulty_rows(staged) == [(3, "column 1 holds an error value", None)]

    def test_blank_rows_above_the_first_count(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, {"S": [[], [], [20, "a"], [30, "b"]]}, layout=self.LAYOUT)) == [(3, "20", "a"), (4, "30", "b")]

    def test_hidden_rows_and_formulas_are_counted_from_row_1(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book["S"].row_dimensions[1].hidden = True

        staged = stage(tmp_path, {"S": [["=10+10", "a"], [30, "b"], ["=1+1", "c"]]}, edit, self.LAYOUT)
        assert staged.remarks == (
            Remark(HIDDEN, "warned", 1, "S, row 1"),
            Remark(FORMULA, "warned", 2, "S, row 1"),
            Remark(TEXT, "normalised", 0, ""),
        )

    def test_a_column_beyond_the_last_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        said = refusal(stage, tmp_path, {"S": [[20]]}, layout=self.LAYOUT)
        assert said.startswith("a.xlsx, sheet 'S': no column 'column 2' (for customer_id). The closest is 'column 1'.")


class TestSheets:
    def test_the_only_sheet_that_fits_is_read(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"Notes": [["written by hand"]], "Data": [HEADER, [1, 20]], "Empty": []})
        assert places(staged) == [("Data", 2, 1)]

    def test_a_chart_is_no_sheet_that_could_fit(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book.create_chartsheet("Chart")

        assert places(stage(tmp_path, {"Data": [HEADER, [1, 20]]}, edit)) == [("Data", 2, 1)]

    def test_two_sheets_that_fit_are_refused_with_both(self, tmp_path: Path, refusal: Refusal) -> None:
        sheets = {"May": [HEADER, [1, 20]], "Notes": [["x"]], "June": [HEADER, [2, 30]]}
        assert refusal(stage, tmp_path, sheets) == (
            "a.xlsx: 2 of its 3 sheets have the columns that the catalogue names ('May', 'June'). "
            'Name the ones to read with sheets in datasets.toml, or say sheets = "all".'
        )

    def test_where_no_sheet_fits_each_says_why(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, {"May": [["Title"], HEADER, [1, 20]], "June": [["id", "agee"], [2, 30]]}) == (
            "a.xlsx: none of its 2 sheets can be used ('May', 'June'). "
            "Sheet 'May': row 1 is not the header; row 2 looks like it. Delete the rows above it. "
            "Sheet 'June': no column 'age' (for age). The closest is 'agee'. The file has: id, agee. Name the right one in datasets.toml."
        )

    def test_named_sheets_are_stacked_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        sheets = {"May": [HEADER, [1, 20]], "Notes": [["x"]], "June": [HEADER, [2, 30], [3, 40]]}
        staged = stage(tmp_path, sheets, layout=Layout(AGES.wanted, sheets=("June", "May")))
        assert places(staged) == [("June", 2, 1), ("June", 3, 2), ("May", 2, 3)]
        assert good_rows(staged) == [(2, "2", "30"), (3, "3", "40"), (2, "1", "20")]

    def test_a_named_sheet_that_is_not_there_is_refused_with_those_that_are(self, tmp_path: Path, refusal: Refusal) -> None:
        sheets = {"May": [HEADER, [1, 20]], "June": [HEADER, [2, 30]]}
        assert refusal(stage, tmp_path, sheets, layout=Layout(AGES.wanted, sheets=("Juli",))) == (
            "a.xlsx: no sheet 'Juli'. There are: 'May', 'June'. Name them in datasets.toml."
        )

    def test_all_sheets_are_stacked_when_asked(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"May": [HEADER, [1, 20]], "June": [["Age", "id", "note"], [30, 2, "x"]]}, layout=ALL)
        assert staged.columns == ("id", "age", "note")
        assert (staged.renamed, staged.extra) == (("Age -> age",), ("note",))
        assert places(staged) == [("May", 2, 1), ("June", 2, 2)]
        assert good_rows(staged) == [(2, "1", "20", None), (2, "2", "30", "x")]

    def test_no_two_rows_of_stacked_sheets_share_an_ordinal_wherever_the_tables_begin(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"May": [[], [], [], HEADER, [1, 20], [2, 30]], "June": [HEADER, [3, 40], [4, 50]]}, layout=ALL)
        assert places(staged) == [("May", 5, 1), ("May", 6, 2), ("June", 2, 3), ("June", 3, 4)]

    def test_columns_of_stacked_sheets_are_one_whatever_their_case(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"May": [[*HEADER, "Note"], [1, 20, "x"]], "June": [[*HEADER, "NOTE"], [2, 30, "y"]]}, layout=ALL)
        assert staged.columns == ("id", "age", "Note")
        assert good_rows(staged) == [(2, "1", "20", "x"), (2, "2", "30", "y")]

    def test_one_sheet_that_does_not_fit_refuses_all(self, tmp_path: Path, refusal: Refusal) -> None:
        said = refusal(stage, tmp_path, {"May": [HEADER, [1, 20]], "June": [["id"], [2]]}, layout=ALL)
        assert said.startswith("a.xlsx, sheet 'June': no column 'age' (for age).")


def test_openpyxl_and_the_reader_agree_on_a_plain_table(tmp_path: Path) -> None:
    rows = [[f"c{at}", at * 7 % 90] for at in range(500)]
    path = make(tmp_path, {"S": [HEADER, *rows]})
    sheet = openpyxl.load_workbook(path)["S"]
    expected = [(at, *map(str, cells)) for at, cells in enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2)]
    assert good_rows(read(path)) == expected
