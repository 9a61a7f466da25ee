"""A list as XLSX: typed cells, a header that stays, a filter per column, and a sheet that says what the file is.

openpyxl makes the workbook in its write-only mode, header and all; the rows are then put into its sheet as text. Through openpyxl they
would cost 13 microseconds a cell: half a minute, and every other request waiting, for a quarter of a million rows of eleven columns.
"""

import io
from collections.abc import Sequence
from itertools import chain
from typing import IO, Any

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from pipeline.exports.cells import Styles, clean, rows_of
from pipeline.exports.filling import Rows, fill
from pipeline.exports.listing import Listing, Part, is_text
from pipeline.exports.safe import formula_like
from pipeline.schema import Column

# Of a sheet, below its header.
MOST_ROWS = 1_048_575
_SHEET = "xl/worksheets/sheet1.xml"
TEXT_FORMAT, _NUMBER, _MOMENT, _MONEY, _SHARE, _SCORE = "@", "General", "yyyy-mm-dd hh:mm", "#,##0.00", "0.0%", "0.000"
_FORMATS = {"fit": _SCORE, "margin": _SCORE, "distance": _SCORE}
_NARROWEST, _WIDEST = 10, 60
# Rows that the width of a column is judged by.
_LOOKED_AT = 200


def write(listing: Listing, *, sheet: str, about: Sequence[tuple[Any, ...]], into: IO[bytes]) -> None:
    """Write the workbook: the list as `sheet`, then About with the rows of `about`."""
    first = next(listing.parts, None)
    opening: list[Part] = [] if first is None else [first]
    bare, styles = _without_rows(listing, opening, sheet, about)
    rows = rows_of(chain(opening, listing.parts), [is_text(column) for column in listing.columns], styles)
    fill(bare, into, {_SHEET: Rows(rows, listing.rows * len(listing.columns))})


def has_room(rows: int) -> bool:
    """Whether a sheet holds as many."""
    return rows <= MOST_ROWS


def _without_rows(listing: Listing, opening: list[Part], sheet: str, about: Sequence[tuple[Any, ...]]) -> tuple[io.BytesIO, Styles]:
    """The workbook with the list's header only, and the styles that its rows refer to."""
    book = Workbook(write_only=True)
    book.properties.creator = "Clientele"
    page = book.create_sheet(sheet)
    for at, column in enumerate(listing.columns):
        page.column_dimensions[get_column_letter(at + 1)].width = width(column, opening[0][at] if opening else [])
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(listing.columns))}{listing.rows + 1}"
    page.append([cell(page, column.name, bold=True) for column in listing.columns])
    styles = Styles(tuple(style_id(page, number_format(column)) for column in listing.columns), style_id(page, TEXT_FORMAT, quoted=True))
    _tell(book.create_sheet("About"), about)
    written = io.BytesIO()
    book.save(written)
    return written, styles


def _tell(page: Any, about: Sequence[tuple[Any, ...]]) -> None:
    for letter, wide in zip("ABC", (24, 40, 60), strict=True):
        page.column_dimensions[letter].width = wide
    for first, *others in about:
        page.append([cell(page, first, bold=True), *(cell(page, value) for value in others)])


def cell(page: Any, value: Any, *, bold: bool = False) -> Cell:
    """One cell through openpyxl; text is text, whatever it begins with."""
    made = WriteOnlyCell(page, value=clean(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        made.data_type = "s"
        made.quotePrefix = formula_like(value)
        made.alignment = Alignment(vertical="top", wrap_text=not bold)
    if bold:
        made.font = Font(name="Calibri", size=11, bold=True)
    return made


def style_id(page: Any, format_code: str, *, quoted: bool = False, indent: int = 0) -> int:
    """The number of a style in the workbook of a sheet, for rows that are put into it as text."""
    styled = WriteOnlyCell(page)
    styled.number_format = format_code
    styled.quotePrefix = quoted
    if indent:
        styled.alignment = Alignment(horizontal="left", indent=indent)
    return int(styled.style_id)


def number_format(column: Column) -> str:
    """How a spreadsheet shows a column's values."""
    if is_text(column):
        return TEXT_FORMAT
    if pa.types.is_timestamp(column.dtype):
        return _MOMENT
    if column.unit == "currency":
        return _MONEY
    return _SHARE if column.name.endswith("share") else _FORMATS.get(column.name, _NUMBER)


def width(column: Column, values: list[Any]) -> int:
    """Wide enough for the header and its filter's button, and for what the first rows hold."""
    longest = max((len(str(value)) for value in values[:_LOOKED_AT]), default=0) if is_text(column) else 0
    longest = 16 if pa.types.is_timestamp(column.dtype) else longest
    return min(max(longest + 2, len(column.name) + 4, _NARROWEST), _WIDEST)
