"""Rows put into a workbook that openpyxl made without them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_END = b"</sheetData>"
# Cells beyond which a sheet may pass 2 GB, the most that a plain zip entry holds.
_PLAIN_CELLS = 10_000_000
_LEVEL = 4


@dataclass(frozen=True)
class Rows:
    """Rows of a sheet as its XML has them, a part at a time, and how many cells they are."""

    parts: Iterator[bytes]
    cells: int


def fill(
    made: IO[bytes],
    into: IO[bytes],
    rows: Mapping[str, Rows],
    *,
    instead: Mapping[str, bytes] = MappingProxyType({}),
    at: datetime | None = None,
) -> None:
    """Write a workbook anew.

    Args:
        made: The workbook without those rows.
        into: Where it is written to.
        rows: Name of an entry, such as xl/worksheets/sheet1.xml, to the rows that follow those it has.
        instead: Name of an entry to what takes its place.
        at: When all of its entries say that they were written; None for now.
    """
    with ZipFile(made) as before, ZipFile(into, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as after:
        for name in before.namelist():
            content = instead.get(name) or before.read(name)
            entry = ZipInfo(name, (at.timetuple() if at else time.localtime())[:6])
            entry.compress_type = ZIP_DEFLATED
            if name in rows:
                _put(content, rows[name], after, entry)
            else:
                after.writestr(entry, content, compresslevel=_LEVEL)


def _put(bare: bytes, rows: Rows, full: ZipFile, entry: ZipInfo) -> None:
    before, end, after = bare.rpartition(_END)
    with full.open(entry, "w", force_zip64=rows.cells > _PLAIN_CELLS) as opened:
        for piece in chain([before], rows.parts, [end, after]):
            opened.write(piece)
