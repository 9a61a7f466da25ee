"""Rows of a sheet as its XML (ECMA-376, part 1, 18.3.1): numbers as numbers, moments as days, text as text that is never computed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openpyxl.utils import get_column_letter

from pipeline.exports.listing import Part
from pipeline.exports.safe import formula_like

# The most characters that a cell holds.
_LONGEST = 32_767
# What XML 1.0 has no way to write, and what a spreadsheet shows in its place.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\ufffd"
_MARKUP = re.compile("[&<>\r]")
_WRITTEN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
# Spreadsheets count days from the end of 1899, wrongly up to here, and not at all before.
_DAY_0, _FIRST_DAY = datetime(1899, 12, 30), datetime(1900, 3, 1)  # noqa: DTZ001 - sheets know no time zones


@dataclass(frozen=True)
class Styles:
    """Numbers of styles in the workbook: one per column, and the one of text that looks like a formula."""

    columns: tuple[int, ...]
    quoted: int


def rows_of(parts: Iterable[Part], texts: list[bool], styles: Styles) -> Iterator[bytes]:
    """All rows from the second on, a part at a time; `texts` says which columns are text."""
    letters = [get_column_letter(at + 1) for at in range(len(texts))]
    number = 2
    for part in parts:
        columns = []
        for values, text, letter, style in zip(part, texts, letters, styles.columns, strict=True):
            columns.append(_texts(values, letter, number, style, styles.quoted) if text else _numbers(values, letter, number, style))
        rows = [f'<row r="{at}">{"".join(cells)}</row>' for at, cells in enumerate(zip(*columns, strict=True), number)]
        number += len(rows)
        yield "".join(rows).encode()


def clean(text: str) -> str:
    """Text without characters that a workbook cannot hold, no longer than a cell."""
    return _ILLEGAL.sub(_REPLACEMENT, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _texts(values: list[Any], letter: str, first: int, style: int, quoted: int) -> list[str]:
    cells = []
    for at, value in enumerate(values, first):
        if value is None:
            cells.append("")
        else:
            inline = f'<is><t xml:space="preserve">{_escaped(value)}</t></is>'
            cells.append(f'<c r="{letter}{at}" s="{quoted if formula_like(value) else style}" t="inlineStr">{inline}</c>')
    return cells


def _numbers(values: list[Any], letter: str, first: int, style: int) -> list[str]:
    cells = []
    for at, value in enumerate(values, first):
        if value is None:
            cells.append("")
        elif isinstance(value, datetime):
            cells.append(_moment(value, f"{letter}{at}", style))
        else:
            cells.append(f'<c r="{letter}{at}" s="{style}"><v>{value!r}</v></c>')
    return cells


def _moment(value: datetime, place: str, style: int) -> str:
    if value < _FIRST_DAY:
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{(value - _DAY_0) / timedelta(days=1)!r}</v></c>'


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: _WRITTEN[found[0]], clean(text))
