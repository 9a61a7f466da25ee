import re
from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path
from random import Random

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook

from pipeline.intake import sheet_parts
from pipeline.intake.container import survey
from pipeline.intake.findings import Remark
from pipeline.intake.sheet_parts import FORMULA, HIDDEN, TEXT, Extent, Marks
from pipeline.intake.staged import Layout, Staged
from tests.intake.conftest import AGES, Refusal, good_rows
from tests.intake.workbooks import HEADER, SHEET, Sheets, large, make, pack, parts, read, replace, stage

ALL = Layout(AGES.wanted, sheets="all")
NUMBERS = changed(AGES, numbers=frozenset({"age"}))
NOTHING = (Remark(HIDDEN, "warned", 0, ""), Remark(FORMULA, "warned", 0, ""), Remark(TEXT, "normalised", 0, ""))
PREFIXED = "xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"


def hide(*rows: int, sheet: str = "S") -> Callable[[Workbook], None]:
    def edit(book: Workbook) -> None:
        for row in rows:
            book[sheet].row_dimensions[row].hidden = True

    return edit


def texts(staged: Staged) -> tuple[int, str]:
    return staged.remarks[2].rows, staged.remarks[2].example


def hidden(staged: Staged) -> tuple[int, str]:
    return staged.remarks[0].rows, staged.remarks[0].example


def formulas(staged: Staged) -> tuple[int, str]:
    return staged.remarks[1].rows, staged.remarks[1].example


def written(folder: Path, data: str, before: str = "", after: str = "", layout: Layout = AGES) -> Staged:
    """A sheet of which every element is written by hand, read."""
    path = make(folder, {"S": [HEADER]})
    space = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    sheet = f"<worksheet {space}>{before}<sheetData>{data}</sheetData>{after}</worksheet>"
    return read(pack(path, parts(path) | {SHEET: sheet.encode()}), layout)


def text(value: str, prefix: str = "") -> str:
    return f"<{prefix}c t='str'><{prefix}v>{value}</{prefix}v></{prefix}c>"


ROWS = f"<row>{text('id')}{text('age')}</row>"


@pytest.fixture(scope="module")
def large_parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the large workbook consists of."""
    return parts(large(tmp_path_factory.mktemp("large")))


def test_a_workbook_that_hides_nothing_says_so(tmp_path: Path) -> None:
    assert stage(tmp_path, {"S": [HEADER, [1, 20]]}).remarks == NOTHING


class TestHiddenRows:
    def test_only_those_below_the_header_count_by_their_number_in_the_sheet(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, {"S": [[], [], HEADER, [1, 20], [2, 30], [3, 40]]}, hide(1, 3, 5, 6))
        assert staged.remarks == (Remark(HIDDEN, "warned", 2, "S, row 5"), *NOTHING[1:])
        assert good_rows(staged) == [(4, "1", "20"), (5, "2", "30"), (6, "3", "40")]

    def test_those_below_the_last_row_that_holds_anything_are_not_read(self, tmp_path: Path) -> None:
        assert hidden(stage(tmp_path, {"S": [HEADER, [1, 20]]}, hide(2, 3, 4))) == (1, "S, row 2")

    def test_those_of_sheets_that_are_not_read_do_not_count(self, tmp_path: Path) -> None:
        sheets: Sheets = {"May": [HEADER, [1, 20]], "June": [HEADER, [2, 30]]}
        assert hidden(stage(tmp_path, sheets, hide(2, sheet="May"), Layout(AGES.wanted, sheets=("June",)))) == (0, "")

    def test_the_first_is_that_of_the_sheet_that_is_read_first(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            for sheet, row in (("May", 2), ("June", 3)):
                book[sheet].row_dimensions[row].hidden = True

        sheets: Sheets = {"May": [HEADER, [1, 20]], "June": [HEADER, [2, 30], [3, 40]]}
        assert hidden(stage(tmp_path, sheets, edit, Layout(AGES.wanted, sheets=("June", "May")))) == (2, "June, row 3")

    def test_hidden_columns_are_no_rows(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book["S"].column_dimensions["A"].hidden = True

        assert stage(tmp_path, {"S": [HEADER, [1, 20]]}, edit).remarks == NOTHING

    def test_rows_without_a_number_follow_on_one_another(self, tmp_path: Path) -> None:
        data = f"{ROWS}<row>{text('1')}{text('20')}</row><row ht='9' hidden = 'true'>{text('2')}{text('30')}</row>"
        assert hidden(written(tmp_path, data)) == (1, "S, row 3")

    def test_what_stands_outside_of_the_data_is_no_row(self, tmp_path: Path) -> None:
        after = "<rowBreaks><brk hidden='1'/></rowBreaks><row r='2' hidden='1'/>"
        assert hidden(written(tmp_path, f"{ROWS}<row>{text('1')}{text('20')}</row>", after=after)) == (0, "")

    def test_hidden_zero_is_not_hidden(self, tmp_path: Path) -> None:
        assert hidden(written(tmp_path, f"{ROWS}<row hidden='0'>{text('1')}{text('20')}</row>")) == (0, "")


class TestFormulas:
    def test_rows_count_that_hold_one_in_a_column_that_is_used(self, tmp_path: Path) -> None:
        rows = [[None, *HEADER, "note"], [None, 1, 20, "=1"], [None, "=2", "=2", "=2"], [None, 3, 40, 4], [None, 4, "=5", 6]]
        assert formulas(stage(tmp_path, {"S": [[], *rows]})) == (2, "S, row 4")

    def test_columns_are_found_where_the_table_begins_beyond_z(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            for at, row in enumerate([[*HEADER, "note"], ["1", "=1", 2], ["2", 20, "=2"]], start=3):
                for column, value in enumerate(row, start=27):
                    book["S"].cell(at, column, value)

        assert formulas(stage(tmp_path, {"S": []}, edit)) == (1, "S, row 4")

    def test_a_header_that_is_a_formula_is_no_row(self, tmp_path: Path) -> None:
        path = make(tmp_path, {"S": [["id", '="age"'], [1, 20]]})
        filled = replace(path, SHEET, b'<c r="B1"><f>"age"</f><v />', b'<c r="B1" t="str"><f>"age"</f><v>age</v>')
        assert formulas(read(filled)) == (0, "")

    def test_cells_without_a_place_follow_on_one_another(self, tmp_path: Path) -> None:
        header = f"<row>{text('note')}{text('id')}{text('age')}</row>"
        formula = "<c>\n <f t='shared' si='0'/><v>7</v></c>"
        data = f"{header}<row>{formula}{text('1')}{text('20')}</row><row>{text('x')}{text('2')}{formula}</row>"
        assert formulas(written(tmp_path, data)) == (1, "S, row 3")

    def test_elements_of_other_names_are_no_formulas(self, tmp_path: Path) -> None:
        after = "<conditionalFormatting><cfRule type='expression'><formula>A1</formula></cfRule></conditionalFormatting>"
        assert formulas(written(tmp_path, f"{ROWS}<row>{text('1')}{text('20')}</row>", after=after)) == (0, "")


class TestNumbersStoredAsText:
    def test_rows_count_whose_text_is_a_number_in_a_column_of_numbers(self, tmp_path: Path) -> None:
        rows = [["1", 20, "7"], ["2", " 30\u200b", 7], ["3", "old", 7], ["4", " ", 7], ["5", None, 7], [6, "-1.5e1", 7]]
        staged = stage(tmp_path, {"S": [[], [*HEADER, "note"], *rows]}, layout=NUMBERS)
        assert staged.remarks == (*NOTHING[:2], Remark(TEXT, "normalised", 2, "S, row 4: age"))

    def test_a_row_with_two_of_them_counts_once_and_names_the_first(self, tmp_path: Path) -> None:
        layout = changed(AGES, numbers=frozenset(HEADER))
        assert texts(stage(tmp_path, {"S": [["Age", "id"], ["20", "1"], [30, "2"]]}, layout=layout)) == (2, "S, row 2: age")

    def test_without_a_header_the_first_row_is_one_of_them(self, tmp_path: Path) -> None:
        layout = Layout({"customer_id": "column 2", "age": "column 1"}, header=False, numbers=frozenset({"column 1"}))
        assert texts(stage(tmp_path, {"S": [["20", "a"], [30, "b"]]}, layout=layout)) == (1, "S, row 1: column 1")

    def test_texts_are_known_by_their_type_however_the_cell_is_written(self, tmp_path: Path) -> None:
        cells = ["<c t='str'><v>1</v></c>", '<c s = "0" t = "inlineStr" ><is><t>2</t></is></c>', "<c><v>3</v></c>", "<c t='n'><v>4</v></c>"]
        data = ROWS + "".join(f"<row>{text('a')}{cell}</row>" for cell in cells)
        assert texts(written(tmp_path, data, layout=NUMBERS)) == (2, "S, row 2: age")

    @staticmethod
    def with_numbers(contents: dict[str, bytes]) -> bytes:
        """The large sheet with numbers in column B; what that held stands in column C."""
        return re.sub(rb'<c r="B([0-9]+)" t="str">', rb'<c r="B\1"><v>20</v></c><c r="C\1" t="str">', contents[SHEET])

    @pytest.mark.parametrize(
        ("row", "cell"),
        [
            (2, '<c r="B{}" t="str">'),
            (900, '<c s="0" t="str" r="B{}">'),
            (30_001, '<c t="str">'),
            (2, "<c\tr='B{}' t='str'>"),
            (30_001, "<c\tr='B{}' t='str'>"),
        ],
    )
    def test_those_of_a_large_sheet_are_counted_wherever_they_stand(
        self, tmp_path: Path, large_parts: dict[str, bytes], row: int, cell: str
    ) -> None:
        sheet, plain = self.with_numbers(large_parts), f'<c r="B{row}">'.encode()
        assert sheet.count(plain) == 1
        path = pack(tmp_path / "a.xlsx", large_parts | {SHEET: sheet.replace(plain, cell.format(row).encode())})
        assert not survey(path)[SHEET].numbers_are_plain(self.extent(path))
        assert texts(read(path, NUMBERS)) == (1, f"S, row {row}: age")

    def test_a_large_sheet_without_says_so(self, tmp_path: Path, large_parts: dict[str, bytes]) -> None:
        path = pack(tmp_path / "a.xlsx", large_parts | {SHEET: self.with_numbers(large_parts)})
        assert survey(path)[SHEET].numbers_are_plain(self.extent(path))
        assert texts(read(path, NUMBERS)) == (0, "")

    @staticmethod
    def extent(path: Path) -> Extent:
        return Extent("S", 2, 30_001, frozenset({0, 1}), {1: "age"}, path)


def test_elements_may_have_a_prefix(tmp_path: Path) -> None:
    path = make(tmp_path, {"S": [HEADER]})
    cells = [text(value, "x:") for value in ("id", "age", "1", "2")]
    data = f"<x:row>{cells[0]}{cells[1]}</x:row><x:row hidden='1'>{cells[2]}<x:c><x:f>19+1</x:f><x:v>20</x:v></x:c></x:row>"
    sheet = f"<x:worksheet {PREFIXED}><x:sheetData>{data}</x:sheetData></x:worksheet>"
    staged = read(pack(path, parts(path) | {SHEET: sheet.encode()}), changed(AGES, numbers=frozenset(HEADER)))
    assert good_rows(staged) == [(2, "1", "20")]
    assert (hidden(staged), formulas(staged), texts(staged)) == ((1, "S, row 2"), (1, "S, row 2"), (1, "S, row 2: id"))


@pytest.mark.parametrize("size", [500, 501, 507, 513])
def test_it_does_not_matter_where_a_part_is_cut_into_chunks(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_parts, "_CHUNK", size)
    rows = [HEADER, *([at, "=1" if at % 3 == 0 else 20] for at in range(2, 200))]
    staged = stage(tmp_path, {"S": rows}, hide(*range(2, 200, 7)))
    assert (hidden(staged), formulas(staged)) == ((29, "S, row 2"), (66, "S, row 3"))


def test_a_row_that_never_ends_is_refused(tmp_path: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_parts, "_CHUNK", 1 << 10)
    monkeypatch.setattr(sheet_parts, "_LONGEST_ROW", 1 << 20)
    assert refusal(written, tmp_path, f"{ROWS}<row>{text('1')}{text(Random(0).randbytes(600_000).hex())}</row>") == (
        "a.xlsx, sheet 'S': has a row of more than 1 MB, which no table has. Export the data as CSV."
    )


@pytest.mark.parametrize("row", [2, 30_000])
def test_what_a_large_sheet_hides_is_counted_wherever_it_stands(tmp_path: Path, large_parts: dict[str, bytes], row: int) -> None:
    """A sheet of more than a megabyte, packed, is only searched through if the survey saw anything in it."""
    sheet, opening = large_parts[SHEET], f'<row r="{row}"'.encode()
    assert sheet.count(opening + b">") == 1
    staged = read(pack(tmp_path / "a.xlsx", large_parts | {SHEET: sheet.replace(opening + b">", opening + b' hidden="1">')}))
    assert (hidden(staged), formulas(staged)) == ((1, f"S, row {row}"), (0, ""))


def test_a_large_sheet_that_hides_nothing_says_so(tmp_path: Path, large_parts: dict[str, bytes]) -> None:
    assert read(pack(tmp_path / "a.xlsx", large_parts)).remarks == NOTHING


class TestMarks:
    SHEET = b"<worksheet><sheetData><row><c></c></row><row   ><c   ></c></row></sheetData></worksheet>"

    @staticmethod
    def absent(content: bytes, size: int) -> bool:
        marks = Marks()
        for at in range(0, len(content), size):
            marks.look(content[at : at + size])
        return marks.are_absent()

    @pytest.mark.parametrize("size", [12, 13, 14, 15, 16, 17, 1000])
    def test_they_are_seen_wherever_the_sheet_is_cut(self, size: int) -> None:
        assert self.absent(self.SHEET, size)
        for at in range(22, len(self.SHEET)):
            for mark in (b"<f", b"hidden"):
                assert not self.absent(self.SHEET[:at] + mark + self.SHEET[at:], size), (at, mark)

    def test_they_have_the_prefix_of_the_sheet(self) -> None:
        assert not self.absent(b"<x:worksheet><x:c><x:f>", 1000)
        assert self.absent(b"<x:worksheet><x:c><y:f>", 1000)

    def test_a_part_that_is_no_sheet_is_not_said_to_be_without(self) -> None:
        assert not self.absent(b"<sst><si>", 1000)

    CELLS = b'<worksheet><row><c r="A1" t="s"></c></row><row><c r="A2"></c><c r="A3" s="1"/><c r="AB2" t="s"></c></row></worksheet>'

    @staticmethod
    def plain(content: bytes, size: int, column: int = 0) -> bool:
        marks = Marks()
        for at in range(0, len(content), size):
            marks.look(content[at : at + size])
        return marks.numbers_are_plain(Extent("S", 2, 3, frozenset({column}), {column: "age"}, Path()))

    @pytest.mark.parametrize("size", [12, 13, 14, 15, 16, 17, 1000])
    def test_texts_in_columns_of_numbers_are_seen_wherever_the_sheet_is_cut(self, size: int) -> None:
        assert self.plain(self.CELLS, size)
        assert not self.plain(self.CELLS, size, column=27)
        for cell in (b'<c r="A2" t="str">', b'<c s="1" t="s" r="A2">', b"<c>", b"<c/>", b"<c r='A2' t='s'>", b'<c  r="A2" t="s">'):
            assert not self.plain(self.CELLS.replace(b'<c r="A2">', cell), size), cell

    def test_columns_that_are_known_to_hold_texts_are_still_known_later(self) -> None:
        rows = b"".join(b'<row><c r="A%d" t="s"></c><c r="B%d"></c></row>' % (row, row) for row in range(2, 3000))
        last = b'<row><c r="B3000" t="s"></c></row></worksheet>'
        assert [self.plain(b"<worksheet>" + rows + end, 5000, 1) for end in (last, b"</worksheet>")] == [False, True]
        assert not self.plain(b"<worksheet>" + rows + last, 5000, 0)

    def test_nothing_is_known_of_a_sheet_with_a_prefix_an_endless_element_or_none_at_all(self) -> None:
        assert not self.plain(self.CELLS.replace(b"<", b"<x:").replace(b"<x:/", b"</x:"), 1000)
        assert not self.plain(self.CELLS.replace(b'"A2"', b'"A2"' + b" " * (3 << 20)), 1 << 20)
        assert not self.plain(b"<sst>", 1000)


class TestEpoch:
    def test_days_count_from_1899_unless_the_workbook_says_1904(self, tmp_path: Path) -> None:
        def edit(book: Workbook) -> None:
            book.epoch = CALENDAR_MAC_1904

        (tmp_path / "mac").mkdir()
        rows: Sheets = {"S": [HEADER, [1, 20]]}
        assert [stage(tmp_path, rows).epoch, stage(tmp_path / "mac", rows, edit).epoch] == ["1899-12-30", "1904-01-01"]


@pytest.mark.parametrize("target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "Worksheets/Sheet1.xml"])
def test_a_sheet_is_found_however_the_workbook_names_its_part(tmp_path: Path, target: str) -> None:
    path = make(tmp_path, {"S": [HEADER, [1, 20]]}, hide(2))
    named = replace(path, "xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", target.encode())
    assert hidden(read(named)) == (1, "S, row 2")


def test_a_workbook_that_is_nearly_xml_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    path = make(tmp_path, {"S": [HEADER, [1, 20]]})
    contents = parts(path)
    at = len(contents["xl/workbook.xml"])
    pack(path, contents | {"xl/workbook.xml": contents["xl/workbook.xml"] + b"<junk/>"})
    assert refusal(read, path) == (
        f"a.xlsx: is not a workbook that can be opened (junk after document element: line 1, column {at}). Save it again as .xlsx."
    )


def test_a_prefix_that_nothing_declares_does_no_harm(tmp_path: Path) -> None:
    path = make(tmp_path, {"S": [HEADER, [1, 20]]})
    assert read(replace(path, "xl/workbook.xml", b" xmlns:r=", b" xmlns:other=")).remarks == NOTHING
