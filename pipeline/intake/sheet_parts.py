"""What the XML of a workbook says and its parser does not: hidden rows, formulas, numbers stored as text, from when days count."""

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from pathlib import Path
from typing import IO
from xml.parsers import expat

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.intake.findings import Remark
from pipeline.intake.texts import NUMBER, SPACES

HIDDEN = "the row is hidden in the sheet"
FORMULA = "a cell of the row holds a formula, read as its stored value"
TEXT = "a number of the row is stored as text"
_OUTCOMES = {HIDDEN: "warned", FORMULA: "warned", TEXT: "normalised"}
_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_TRUE = ("1", "true")
_CHUNK = 1 << 20
_LONGEST_ROW = 16 << 20
_ROOT = re.compile(rb"<((?:[\w.-]+:)?)worksheet\b")
_NUMBER = re.compile(rb"\sr\s*=\s*[\"']([0-9]{1,7})[\"']")
_IS_HIDDEN = re.compile(rb"\shidden\s*=\s*[\"'](?:1|true)[\"']")
_LETTERS = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]")
_IS_TEXT = re.compile(rb"\st\s*=\s*[\"'](?:s|str|inlineStr)[\"']")
_PLAIN_NUMBER = rb'[A-Z]++[0-9]++"(?: s="[0-9]++")?+/?>'
# No header that is found stands so low.
_LOW = 1000
_MOST_PASSED_OVER = 30


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
    """What was read of one sheet.

    Attributes:
        sheet: Its name.
        first: The first row, numbered from 1.
        last: The last one.
        columns: Those that are used, numbered from 0.
        numbers: Those of them that are to hold numbers, with their headers.
        file: The rows, staged: parquet of text.
    """

    sheet: str
    first: int
    last: int
    columns: frozenset[int]
    numbers: dict[int, str]
    file: Path


class Marks:
    """Whether a part, looked at by chunks, is a sheet with anything in it that could be a formula, a hidden row or a number stored as text.

    A search for two short texts, each only until it is found, and for the openings of cells: nothing that a part holds can make it slow.
    """

    def __init__(self) -> None:
        self._wanted: list[bytes] | None = None
        self._found = False
        self._before = b""
        self._rest = b""
        # Letters of a column to the last row in which a cell is no plain number; no letters if such a cell can be anywhere.
        self._last: dict[bytes, bytes] = {}

    def look(self, chunk: bytes) -> None:
        """Look at the next chunk; the first has to hold the root element, and only the last may be short."""
        if self._wanted is None:
            prefix = _prefix(chunk)
            self._wanted = [] if prefix is None else [b"<" + prefix + b"f", b"hidden"]
            self._last = {b"": b""} if prefix else {}
        if self._wanted and not self._found:
            reach = max(map(len, self._wanted)) - 1
            border = self._before + chunk[:reach]
            self._found = any(mark in border or _holds(chunk, mark) for mark in self._wanted)
            self._before = chunk[-reach:]
        if self._wanted and b"" not in self._last:
            self._look_at_cells(self._rest + chunk)

    def _look_at_cells(self, text: bytes) -> None:
        # The last element may go on in the next chunk.
        end = max(text.rfind(b"<"), 0)
        self._rest = text[end:]
        known = [letters for letters, row in self._last.items() if int(row) > _LOW]
        self._last.update(_no_plain_numbers(known[:_MOST_PASSED_OVER]).findall(text, 0, end))
        if len(self._rest) > _CHUNK:
            self._last[b""] = b""

    def are_absent(self) -> bool:
        """Whether it is a sheet without formulas and hidden rows."""
        return bool(self._wanted) and not self._found

    def numbers_are_plain(self, extent: Extent) -> bool:
        """Whether it is a sheet in which, of what was read, the columns of numbers hold no text."""
        late = (_column(letters) for letters, row in self._last.items() if letters and int(row) >= extent.first)
        return bool(self._wanted) and b"" not in self._last and extent.numbers.keys().isdisjoint(late)


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


def remarks(path: Path, parts: dict[str, str], extents: Iterable[Extent], surveyed: Mapping[str, Marks]) -> tuple[Remark, ...]:
    """Count what was read although nobody sees it, nobody wrote it, or it is not what it looks like.

    Args:
        path: The file, whose parts are as large as they say.
        parts: Name of each sheet to the name of its part.
        extents: What was read of each sheet.
        surveyed: Parts that were looked at already, with what could be in them.
    """
    rows = dict.fromkeys(_OUTCOMES, 0)
    first = dict.fromkeys(_OUTCOMES, "")
    with zipfile.ZipFile(path) as container:
        for extent in extents:
            marks = surveyed.get(parts[extent.sheet], Marks())
            numbers = {} if marks.numbers_are_plain(extent) else _numbers(extent)
            if marks.are_absent() and not numbers:
                continue
            with container.open(parts[extent.sheet]) as part:
                for check, place in _noteworthy(part, extent, numbers, f"{path.name}, sheet {extent.sheet!r}"):
                    rows[check] += 1
                    first[check] = first[check] or f"{extent.sheet}, {place}"
    return tuple(Remark(check, outcome, rows[check], first[check]) for check, outcome in _OUTCOMES.items())


def _numbers(extent: Extent) -> dict[int, np.ndarray]:
    """Of each column that is to hold numbers, for each row whether what was read is one."""
    staged = pq.read_table(extent.file, columns=list(extent.numbers.values()))
    trimmed = {at: pc.utf8_trim(staged[header], characters=SPACES) for at, header in extent.numbers.items()}
    return {at: pc.match_substring_regex(text, NUMBER).fill_null(False).to_numpy() for at, text in trimmed.items()}


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


def _noteworthy(part: IO[bytes], extent: Extent, numbers: dict[int, np.ndarray], where: str) -> Iterator[tuple[str, str]]:
    """What there is to say of each row that was read, and where; of `numbers` only those that are stored as text."""
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
            yield HIDDEN, f"row {number}"
        if b"<" + prefix + b"f" in cells and not extent.columns.isdisjoint(_formulas(cells, prefix)):
            yield FORMULA, f"row {number}"
        texts = (at for at in _texts(cells, prefix) if at in numbers) if numbers else iter(())
        at = next((at for at in texts if numbers[at][number - extent.first]), None)
        if at is not None:
            yield TEXT, f"row {number}: {extent.numbers[at]}"


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
    """Columns, numbered from 0, of the cells that hold one."""
    return {at for at, _, content in _cells(cells, prefix) if content.lstrip().startswith(b"<" + prefix + b"f")}


def _texts(cells: bytes, prefix: bytes) -> Iterator[int]:
    """Columns, numbered from 0, of the cells that hold text."""
    return (at for at, opening, _ in _cells(cells, prefix) if _IS_TEXT.search(opening))


def _cells(cells: bytes, prefix: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Column, attributes and content of each cell; one that does not name its place stands after the one before."""
    at = -1
    for cell in cells.split(b"<" + prefix + b"c")[1:]:
        opening, _, content = cell.partition(b">")
        own = _LETTERS.search(opening)
        at = _column(own[1]) if own else at + 1
        yield at, opening, content


def _no_plain_numbers(passed_over: list[bytes]) -> re.Pattern[bytes]:
    """Finds each cell of other columns that is not plainly a number: letters and row, or neither if it does not begin with them."""
    rest = b"|".join([*(letters + b"[0-9]" for letters in passed_over), _PLAIN_NUMBER])
    return re.compile(b'<c(?! r="(?:' + rest + rb'))(?=[\s/>])(?: r="([A-Z]{1,3})([0-9]{1,7})")?')


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
