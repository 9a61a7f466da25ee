"""Workbooks (XLSX) to staged parquet: parsed to Arrow text columns, no Python object per cell."""

import copy
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError, UndeclaredError
from pipeline.intake.columns import Matched, match
from pipeline.intake.packed import ZIP_DAMAGE
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, Layout, Staged, distinct

# A sheet of a million rows and twenty columns is about one GB of XML at a ratio near 10.
MAX_UNPACKED = 2 << 30
MAX_RATIO = 200
MAX_ENTRIES = 10_000
_PROLOG = 1 << 16
_SMALL_PART = 1 << 20
_MOST_BLANK = 100


def read(path: Path, layout: Layout, work: Path) -> Staged:
    """Read one sheet, several, or all of a workbook.

    Args:
        path: The file; its name is used in messages.
        layout: What the catalogue says of it; `sheets` is "all", names, or None for the only one that fits.
        work: An empty folder for what is staged.

    Raises:
        InputError: Naming file, sheet, row and remedy.
    """
    refuse_unsafe(path)
    try:
        reader = fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise InputError(f"{path.name}: is not a workbook that can be opened ({_first_line(error)}). Save it again as .xlsx.") from None
    matches: dict[str, Matched] = {}
    refusals: list[InputError] = []
    rows_before = 0
    for name in _sheets(path, reader.sheet_names, layout):
        try:
            taken = _sheet(reader, path, name, layout)
        except InputError as refusal:
            if layout.sheets is not None or len(reader.sheet_names) == 1:
                raise
            refusals.append(refusal)
            continue
        matches[name] = taken.matched
        pq.write_table(taken.rows(name, rows_before), work / f"rows-{len(matches):03}.parquet", compression="lz4")
        rows_before += taken.body.num_rows
        # The parser needs most of the memory that a build ever does: nothing of one sheet stays while the next is parsed.
        del taken
        pa.default_memory_pool().release_unused()
    _refuse_choice(path, reader.sheet_names, matches, layout, refusals)
    if rows_before == 0:
        raise InputError(f"{path.name}, sheet {next(iter(matches))!r}: has a header and no rows. Export it again with its rows.")
    return Staged(
        path.name,
        sorted(work.glob("rows-*.parquet")),
        _columns(matches.values()),
        distinct(name for matched in matches.values() for name in matched.renamed),
        distinct(name for matched in matches.values() for name in matched.extra),
    )


def refuse_unsafe(path: Path) -> None:
    """Refuse, from its directory alone, a container that would unpack to far more than a workbook does.

    Raises:
        InputError: If it is no zip, has too many entries, is or claims to be too large, or defines XML entities.
    """
    try:
        with zipfile.ZipFile(path) as container:
            entries = container.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = max(path.stat().st_size, 1)
            if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
                raise InputError(
                    f"{path.name}: would unpack to {unpacked / 1e6:,.0f} MB in {len(entries):,} parts from {packed / 1e6:,.1f} MB, "
                    "which no plain workbook does. Export the data as CSV."
                )
            if not any(entry.filename == "xl/workbook.xml" for entry in entries):
                raise InputError(f"{path.name}: is a zip file without a workbook in it. Save it again as .xlsx.")
            for entry in entries:
                _refuse_understated(path, container, entry)
                if entry.filename.endswith((".xml", ".rels")):
                    with container.open(entry) as part:
                        _refuse_entities(path, entry.filename, part.read(_PROLOG))
    except ZIP_DAMAGE as error:
        raise InputError(f"{path.name}: the workbook is damaged or cut short ({_first_line(error)}). Export it again.") from None


def _refuse_understated(path: Path, container: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """The directory's word on the size of a part is only its word, and whoever unpacks the part may not stop there.

    Large parts are taken at it: unpacking them twice would cost a second in ten, and they cannot grow a thousandfold unseen.
    """
    if entry.compress_size > _SMALL_PART:
        return
    longer = copy.copy(entry)
    longer.file_size = entry.file_size + 1
    with container.open(longer) as part:
        while part.read(_SMALL_PART):
            pass
        if part.tell() > entry.file_size:
            raise InputError(f"{path.name}: {entry.filename} is larger than the workbook declares. Export the data as CSV.")


def _refuse_entities(path: Path, part: str, head: bytes) -> None:
    """A document type may only stand before the first element, so the head of the part shows it."""
    plain = head.replace(b"\0", b"")  # UTF-16 parts
    plain = re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", plain, flags=re.DOTALL)
    root = re.search(rb"<[A-Za-z_]", plain)
    prolog = plain[: root.start()] if root else plain
    if b"<!" in prolog:
        raise InputError(f"{path.name}: {part} defines XML entities, which workbooks have no use for. Save it again as .xlsx.")


def _sheets(path: Path, there: list[str], layout: Layout) -> list[str]:
    if layout.sheets is None or layout.sheets == "all":
        return there
    absent = [name for name in layout.sheets if name not in there]
    if absent:
        raise InputError(f"{path.name}: no sheet {absent[0]!r}. There are: {', '.join(map(repr, there))}. Name them in datasets.toml.")
    return list(layout.sheets)


@dataclass(frozen=True)
class _Sheet:
    matched: Matched
    header_row: int
    body: pa.Table
    faults: dict[int, str]  # by row number

    def rows(self, name: str, rows_before: int) -> pa.Table:
        """The body with `OWN` columns; its ordinals follow on `rows_before` rows of other sheets."""
        count = self.body.num_rows
        numbers = np.arange(self.header_row + 1, self.header_row + 1 + count)
        nothing = pa.nulls(count, pa.string())
        own = {
            SOURCE: _repeated(name, count),
            ROW: _integers(numbers),
            ORDINAL: _integers(np.arange(rows_before + 1, rows_before + 1 + count)),
            FAULT: pa.array(map(self.faults.get, numbers.tolist()), pa.string()) if self.faults else nothing,
            LINE: nothing,
        }
        table = self.body
        for column, values in own.items():
            table = table.append_column(column, values)
        return table


# Both build Arrow arrays from plain buffers: `pa.array` and `pa.repeat` import pandas, a second and 45 MB that reading
# has no use for.
def _integers(numbers: np.ndarray) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def _repeated(text: str, count: int) -> pa.Array:
    data = text.encode()
    ends = np.arange(count + 1, dtype=np.int32) * len(data)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(ends), pa.py_buffer(data * count)])


def _sheet(reader: fastexcel.ExcelReader, path: Path, name: str, layout: Layout) -> _Sheet:
    """One sheet as text."""
    where = f"{path.name}, sheet {name!r}"
    try:
        batch, errors = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_arrow_with_errors()
    except fastexcel.FastExcelError as error:
        raise InputError(f"{where}: cannot be read ({_first_line(error)}). Save the workbook again as .xlsx.") from None
    blank, first = _first_rows(batch)
    if not first:
        empty = "is empty" if batch.num_rows <= _MOST_BLANK else f"holds nothing in its first {_MOST_BLANK} rows"
        raise InputError(f"{where}: {empty}. Remove the sheet, or name the ones to read with sheets in datasets.toml.")
    # Blank rows above the header hold no title; the row numbers in messages count them all the same.
    matched = match(first[0], layout.wanted, where=where, rows=[[]] * blank + first)
    body = pa.Table.from_batches([batch]).slice(blank + 1).rename_columns(list(matched.names))
    # Errors in columns that nothing asked for do no harm.
    used = [at for at, name in enumerate(matched.names) if name not in matched.extra]
    cells = [error.position for error in errors.errors] if errors else []
    faults = {row + 1: f"{matched.names[column]} holds an error value" for row, column in cells if column in used}
    return _Sheet(matched, blank + 1, body, faults)


def _first_rows(batch: pa.RecordBatch, most: int = _MOST_BLANK) -> tuple[int, list[list[str]]]:
    """Index of the first row that is not blank, and that row with those after it."""
    head = [["" if cell is None else cell for cell in row.values()] for row in batch.slice(0, most).to_pylist()]
    at = next((at for at, row in enumerate(head) if any(cell.strip() for cell in row)), len(head))
    return at, head[at:]


def _columns(matches: Iterable[Matched]) -> tuple[str, ...]:
    """The columns of all sheets, in the spelling that stands first: staged files are stacked without regard to case."""
    spelt: dict[str, str] = {}
    for name in (name for matched in matches for name in matched.names):
        spelt.setdefault(name.casefold(), name)
    return tuple(spelt.values())


def _refuse_choice(path: Path, there: list[str], matches: dict[str, Matched], layout: Layout, refusals: list[InputError]) -> None:
    """Without named sheets exactly one has to fit."""
    if layout.sheets is not None or len(matches) == 1:
        return
    if not matches:
        reasons = " ".join(str(refusal).replace(f"{path.name}, sheet", "Sheet", 1) for refusal in refusals[:3])
        raise InputError(f"{path.name}: none of its {len(there)} sheets can be used ({', '.join(map(repr, there))}). {reasons}")
    raise UndeclaredError(
        f"{path.name}: {len(matches)} of its {len(there)} sheets have the columns that the catalogue names "
        f'({", ".join(map(repr, matches))}). Name the ones to read with sheets in datasets.toml, or say sheets = "all".',
        "sheets",
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
