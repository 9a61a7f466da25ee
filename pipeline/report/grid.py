"""Tables as sheets of a workbook: a header that stays, a filter per column, widths, and how numbers are shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from pipeline.exports import workbook
from pipeline.palette import FAINT, INDIGO, INK, SEQUENTIAL

# Points of a line of text, and characters per unit of width that a cell of text is broken by.
_LINE, _PER_WIDTH = 15.0, 1.08
_HIGHEST = 180.0
# The heading of the column whose words are coloured.
PERSONA = "Persona"
_BOLD = Font(name="Calibri", size=11, bold=True, color=INK["light"][1:])
_FILL, _UNDERLINE = PatternFill("solid", SEQUENTIAL["light"][0][1:]), Border(bottom=Side("thin", INDIGO[1:]))
_RULE = Border(bottom=Side("hair", FAINT["light"][1:]))


@dataclass(frozen=True)
class Head:
    """A column of a sheet: its heading, width in characters, how numbers are shown, and whether it is text."""

    name: str
    width: float
    shown: str = workbook.TEXT_FORMAT

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.shown == workbook.TEXT_FORMAT


def begin(page: Any, heads: Sequence[Head], rows: int, *, kept: str = "A2") -> None:
    """Set up a sheet for so many rows below its header; `kept` is the first cell that scrolls."""
    for at, head in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(at)].width = head.width
    page.freeze_panes = kept
    page.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{rows + 1}"
    page.sheet_view.showGridLines = False
    printed(page)
    page.print_title_rows = "1:1"
    page.row_dimensions[1].height = 2 * _LINE + 3
    page.append([_heading(page, head) for head in heads])


def printed(page: Any) -> None:
    """Have a sheet printed on A4 across, as wide as a page."""
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def fill(page: Any, heads: Sequence[Head], rows: Iterable[Sequence[Any]], colours: Mapping[str, str]) -> None:
    """Write rows of a small table; what stands under Persona has its colour."""
    for number, row in enumerate(rows, 2):
        page.row_dimensions[number].height = min(max(_lines(head, value) for head, value in zip(heads, row, strict=True)) * _LINE, _HIGHEST)
        page.append([_value(page, head, value, colours) for head, value in zip(heads, row, strict=True)])


def _value(page: Any, head: Head, value: Any, colours: Mapping[str, str]) -> Cell:
    made = workbook.cell(page, None if value is None or value != value else value)  # noqa: PLR0124 - only NaN differs from itself
    made.border = _RULE
    made.number_format = head.shown
    if head.is_text:
        made.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
        if head.name == PERSONA:
            made.font = Font(name="Calibri", size=11, bold=True, color=colours[value][1:])
    else:
        made.alignment = Alignment(vertical="top")
    return made


def _heading(page: Any, head: Head) -> Cell:
    made = workbook.cell(page, head.name)
    made.font, made.fill, made.border = _BOLD, _FILL, _UNDERLINE
    side, indent = ("left", 1) if head.is_text else ("right", 0)
    made.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True, indent=indent)
    return made


def _lines(head: Head, value: Any) -> int:
    """How many lines a cell takes."""
    if not head.is_text or not value:
        return 1
    return sum(max(1, -(-len(line) // int(head.width * _PER_WIDTH))) for line in str(value).split("\n"))
