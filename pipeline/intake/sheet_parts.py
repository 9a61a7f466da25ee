"""What the XML of a workbook says and its parser does not: which rows are hidden, which cells hold formulas, from when days count."""

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from pathlib import Path
from typing import IO
from xml.parsers import expat

import numpy as np

from pipeline.errors import InputError
from pipeline.intake.findings import Remark

HIDDEN = "the row is hidden in the sheet"
FORMULA = "a cell of the row holds a formula, read as its stored value"
_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_TRUE = ("1", "true")
_CHUNK = 1 << 20
_LONGEST_ROW = 16 << 20
_ROOT = re.compile(rb"<((?:[\w.-]+:)?)worksheet\b")
_NUMBER = re.compile(rb"\sr\s*=\s*[\"']([0-9]{1,7})[\"']")
_IS_HIDDEN = re.compile(rb"\shidden\s*=\s*[\"'](?:1|true)[\"']")
_LETTERS = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]")


@dataclass(frozen=True)
class Book:
    """What `xl/workbook.xml` says.

    Attributes:
        parts: Name of each sheet to the name of its part.
        epoch: ISO date that serial numbers of days count from.
    """

    parts: dict[str, str]
    epoch: str


@dataclass(frozen=True)
class Extent:
    """What was read of one sheet: rows `first` to `last`, numbered from 1, and the columns that are used, numbered from 0."""

    sheet: str
    first: int
    last: int
    columns: frozenset[int]


class Marks:
    """Whether a part, looked at by chunks, is a sheet with anything in it that could be a formula or a hidden row.

    A search for two short texts, each only until it is found: nothing that a part holds can make it slow.
    """

    def __init__(self) -> None:
        self._wanted: list[bytes] | None = None
        self._found = False
        self._before = b""

    def look(self, chunk: bytes) -> None:
        """Look at the next chunk; the first has to hold the root element, and only the last may be short."""
        if self._wanted is None:
            prefix = _prefix(chunk)
            self._wanted = [] if prefix is None else [b"<" + prefix + b"f", b"hidden"]
        if self._wanted and not self._found:
            reach = max(map(len, self._wanted)) - 1
            border = self._before + chunk[:reach]
            self._found = any(mark in border or _holds(chunk, mark) for mark in self._wanted)
            self._before = chunk[-reach:]

    def are_absent(self) -> bool:
        """Whether it is a sheet, and holds neither."""
        return bool(self._wanted) and not self._found


def book(path: Path) -> Book:
    """Read what the workbook says of its sheets and dates.

    Raises:
        InputError: If it is no XML.
    """
    try:
        with zipfile.ZipFile(path) as container:
            there = {name.casefold(): name for name in container.namelist()}
            targets = {found.get("Id"): found.get("Target", "") for found in _elements(container, _RELATIONS, "Relationship")}
            sheets = {found.get("name", ""): _resolved(targets.get(found.get("id"), "")) for found in _elements(container, _BOOK, "sheet")}
            mac = any(found.get("date1904") in _TRUE for found in _elements(container, _BOOK, "workbookPr"))
    except expat.ExpatError as error:
        raise InputError(f"{path.name}: is not a workbook that can be opened ({error}). Save it again as .xlsx.") from None
    parts = {name: there[part.casefold()] for name, part in sheets.items() if part.casefold() in there}
    return Book(parts, "1904-01-01" if mac else "1899-12-30")


def remarks(path: Path, parts: dict[str, str], extents: Iterable[Extent], plain: frozenset[str]) -> tuple[Remark, Remark]:
    """Count what was read although nobody sees it, or nobody wrote it.

    Args:
        path: The file, whose parts are as large as they say.
        parts: Name of each sheet to the name of its part.
        extents: What was read of each sheet.
        plain: Parts that hold neither and need no look.
    """
    rows = {HIDDEN: 0, FORMULA: 0}
    first = {HIDDEN: "", FORMULA: ""}
    with zipfile.ZipFile(path) as container:
        for extent in extents:
            if parts[extent.sheet] in plain:
                continue
            with container.open(parts[extent.sheet]) as part:
                for number, check in _noteworthy(part, extent, f"{path.name}, sheet {extent.sheet!r}"):
                    rows[check] += 1
                    first[check] = first[check] or f"{extent.sheet}, row {number}"
    return Remark(HIDDEN, "warned", rows[HIDDEN], first[HIDDEN]), Remark(FORMULA, "warned", rows[FORMULA], first[FORMULA])


def _elements(container: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    """The attributes of each element of that name, wherever it stands; names without their prefix, declared or not."""
    found = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == wanted:
            found.append({_local(key): value for key, value in attributes.items()})

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with container.open(part) as content:
        parser.ParseFile(content)
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _resolved(target: str) -> str:
    """A target of the workbook's relations as a name in the zip file."""
    return target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _noteworthy(part: IO[bytes], extent: Extent, where: str) -> Iterator[tuple[int, str]]:
    """Number of each row that was read, with what there is to say of it."""
    head = part.read(_CHUNK)
    prefix = _prefix(head) or b""
    number = 0
    for row in _rows(chain([head], iter(partial(part.read, _CHUNK), b"")), prefix, where):
        opening, _, cells = row.partition(b">")
        own = _NUMBER.search(opening)
        number = int(own[1]) if own else number + 1
        if not extent.first <= number <= extent.last:
            continue
        if _IS_HIDDEN.search(opening):
            yield number, HIDDEN
        if b"<" + prefix + b"f" in cells and not extent.columns.isdisjoint(_formulas(cells, prefix)):
            yield number, FORMULA


def _rows(chunks: Iterable[bytes], prefix: bytes, where: str) -> Iterator[bytes]:
    """Each row of the sheet's data, from its attributes on."""
    start, end = b"<" + prefix + b"row", b"</" + prefix + b"sheetData"
    rest = b""
    for chunk in chunks:
        rest += chunk
        ends = rest.find(end)
        if ends >= 0:
            yield from rest[:ends].split(start)[1:]
            return
        # The last row may go on in the next chunk.
        last = max(rest.rfind(start), 0)
        yield from rest[:last].split(start)[1:]
        rest = rest[last:]
        if len(rest) > _LONGEST_ROW:
            raise InputError(f"{where}: has a row of more than {_LONGEST_ROW >> 20} MB, which no table has. Export the data as CSV.")


def _formulas(cells: bytes, prefix: bytes) -> set[int]:
    """Columns, numbered from 0, of the cells that hold one; a cell that does not name its place stands after the one before."""
    at, found = -1, set()
    for cell in cells.split(b"<" + prefix + b"c")[1:]:
        opening, _, content = cell.partition(b">")
        own = _LETTERS.search(opening)
        at = _column(own[1]) if own else at + 1
        if content.lstrip().startswith(b"<" + prefix + b"f"):
            found.add(at)
    return found


def _column(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    return reduce(lambda before, letter: before * 26 + letter - 64, letters, 0) - 1


def _holds(text: bytes, mark: bytes) -> bool:
    """Whether `mark` is in `text`; two bytes are compared as one number, which numpy does in a third of the time."""
    if len(mark) != 2:
        return mark in text
    pair, codes = np.frombuffer(mark, np.uint16), np.frombuffer(text, np.uint8)
    pairs = (codes[at : at + (len(text) - at) // 2 * 2].view(np.uint16) for at in (0, 1))
    return any(bool((found == pair).any()) for found in pairs)


def _prefix(head: bytes) -> bytes | None:
    """What stands before the names of a sheet's elements, mostly nothing; None if it is no sheet."""
    root = _ROOT.search(head)
    return root[1] if root else None
