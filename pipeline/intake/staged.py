"""What a reader is told and what it leaves: rows of text in parquet, numbered as in their source; or parquet that is read where it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.intake.findings import Remark

# Every staged file holds these beside the file's own columns, which are all text.
SOURCE = "__source"  # file, or sheet
ROW = "__row"  # number in that source, the header being row 1
ORDINAL = "__ordinal"  # number over all sources
FAULT = "__fault"  # why the reader itself could not take the row apart
LINE = "__line"  # the text of such a row
OWN = (SOURCE, ROW, ORDINAL, FAULT, LINE)
# Beside them once rows are judged: what tells a row from others.
HASH = "__hash"
# Between the ordinals of one file and those of the next: no file has so many rows.
PLACE = 10**12


@dataclass(frozen=True)
class Layout:
    """What the catalogue says of a file: where its columns are, which of them (`numbers`) hold numbers, and how it is written.

    Without a header, columns are called `column 1`, `column 2` and so on.
    """

    wanted: dict[str, str]
    sheets: str | tuple[str, ...] | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"
    decimal: str = "."
    header: bool = True
    numbers: frozenset[str] = frozenset()
    place: int | None = None  # among several files; None for one alone

    @property
    def before(self) -> int:
        """What stands before the ordinals of this file's rows."""
        return (self.place or 0) * PLACE


@dataclass(frozen=True)
class InPlace:
    """A parquet file that is read where it is, its rows numbered from 1.

    Attributes:
        path: Where it is: on this machine, or, as text, an address that only Spark reads.
        before: What stands before the ordinals of its rows.
        columns: What each of its columns is called, by position.
        types: The Arrow type of each, as text: files that agree in both are read as one.
    """

    path: Path | str
    before: int
    columns: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name, without the way to it."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Staged:
    """Rows.

    Attributes:
        file: Name of the file, for messages.
        files: Parquet files of rows of text, whose columns are unions of `OWN` and the source's columns.
        columns: The source's columns, the catalogue's spelling where it names them.
        renamed: Headers that were understood under another spelling.
        extra: Headers that nothing asked for.
        remarks: What else the reader noticed.
        epoch: Of a workbook, the ISO date that a bare number in place of a time counts days from; None for other files.
        in_place: Files that hold their rows themselves.
    """

    file: str
    files: list[Path]
    columns: tuple[str, ...]
    renamed: tuple[str, ...]
    extra: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()
    epoch: str | None = None
    in_place: tuple[InPlace, ...] = ()


def cell(header: str) -> str:
    """What a column of the file is called among typed ones: engines fold the case of names, and theirs may equal ours."""
    return f"cell {header}"


def stacked(headers: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The columns of several sources, in the spelling that stands first: staged files are stacked without regard to case."""
    spelt: dict[str, str] = {}
    for name in (name for header in headers for name in header):
        spelt.setdefault(name.casefold(), name)
    return tuple(spelt.values())


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their first order, each once."""
    return tuple(dict.fromkeys(names))
