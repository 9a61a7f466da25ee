"""A list as CSV (RFC 4180): UTF-8 with a mark that Excel knows it by, lines that end in CR LF."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from pipeline.exports.listing import Listing, Part, is_text
from pipeline.exports.safe import formula_like

_MARK = b"\xef\xbb\xbf"


def write(listing: Listing) -> Iterator[bytes]:
    """The file, a part at a time: numbers in full, moments as 2011-12-09 12:50:00, nothing as nothing.

    Text that a spreadsheet would compute gets an apostrophe in front.
    """
    texts = [is_text(column) for column in listing.columns]
    yield _MARK + _lines([[_harmless(column.name) for column in listing.columns]])
    for part in listing.parts:
        yield _lines(zip(*_guarded(part, texts), strict=True))


def _guarded(part: Part, texts: list[bool]) -> Part:
    return [[_harmless(value) for value in values] if text else values for values, text in zip(part, texts, strict=True)]


def _harmless(text: str | None) -> str | None:
    return f"'{text}" if text and formula_like(text) else text


def _lines(rows: Any) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
