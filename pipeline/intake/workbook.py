"""Workbooks (XLSX) to staged parquet: parsed to Arrow text columns, no Python object per cell."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError, UndeclaredError, first_line
from pipeline.intake import container, sheet_parts
from pipeline.intake.columns import Matched, match, numbered
from pipeline.intake.sheet_parts import Extent
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, Layout, Staged, distinct, stacked

T = TypeVar("T")

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
    container.refuse_unsafe(path)
    surveying = _aside(container.survey, path)
    try:
        staged, extents = _stage(path, layout, work, surveying)
    finally:
        # Whatever the parser made of it, or failed at: a file that lies is refused as one.
        surveyed = surveying.result()
    book = sheet_parts.book(path)
    return replace(staged, remarks=sheet_parts.remarks(path, book.parts, extents, surveyed), epoch=book.epoch)


def _stage(path: Path, layout: Layout, work: Path, surveying: "Future[Any]") -> tuple[Staged, list[Extent]]:
    """The rows, and where in the workbook they stood."""
    try:
        reader = _guarded(surveying, fastexcel.read_excel, path)
    except fastexcel.FastExcelError as error:
        raise InputError(f"{path.name}: is not a workbook that can be opened ({first_line(error)}). Save it again as .xlsx.") from None
    matches: dict[str, Matched] = {}
    extents: list[Extent] = []
    refusals: list[InputError] = []
    rows_before = 0
    prefix = "" if layout.place is None else f"{path.name}, "
    for name in _sheets(path, reader.sheet_names, layout):
        try:
            taken = _sheet(reader, path, name, layout, surveying)
        except InputError as refusal:
            if layout.sheets is not None or len(reader.sheet_names) == 1 or _is_refused(surveying):
                raise
            refusals.append(refusal)
            continue
        matches[name] = taken.matched
        target = work / f"rows-{len(matches):03}.parquet"
        extents.append(taken.extent(name, layout.numbers, target))
        pq.write_table(taken.rows(f"{prefix}{name}", layout.before + rows_before), target, compression="lz4")
        rows_before += taken.body.num_rows
        # The parser needs most of the memory that a build ever does: nothing of one sheet stays while the next is parsed.
        del taken
        pa.default_memory_pool().release_unused()
    _refuse_choice(path, reader.sheet_names, matches, layout, refusals)
    if rows_before == 0:
        raise InputError(f"{path.name}, sheet {next(iter(matches))!r}: has a header and no rows. Export it again with its rows.")
    staged = Staged(
        path.name,
        sorted(work.glob("rows-*.parquet")),
        stacked(matched.names for matched in matches.values()),
        distinct(name for matched in matches.values() for name in matched.renamed),
        distinct(name for matched in matches.values() for name in matched.extra),
    )
    return staged, extents


def _aside(function: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Call it in a thread that nothing waits for, not even the end of the process: a parser cannot be stopped, only left behind."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def _guarded(surveying: "Future[Any]", parse: Callable[..., T], *arguments: Any) -> T:
    """What the parser makes of the file, unless the survey refuses it first: a part that lies about its size could take all memory."""
    parsing = _aside(parse, *arguments)
    wait((surveying, parsing), return_when=FIRST_COMPLETED)
    if surveying.done():
        surveying.result()
    return parsing.result()


def _is_refused(surveying: "Future[Any]") -> bool:
    return surveying.done() and surveying.exception() is not None


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
    columns: tuple[int, ...]  # where each stands in the sheet, from 0
    above: int  # rows above the body: the header, and blank ones
    body: pa.Table
    faults: dict[int, str]  # by row number

    def extent(self, name: str, numbers: frozenset[str], file: Path) -> Extent:
        """What of the sheet `name` is used, whose rows are staged in `file`."""
        used = {at: column for at, column in zip(self.columns, self.matched.names, strict=True) if column not in self.matched.extra}
        numeric = {at: column for at, column in used.items() if column in numbers}
        return Extent(name, self.above + 1, self.above + self.body.num_rows, frozenset(used), numeric, file)

    def rows(self, source: str, before: int) -> pa.Table:
        """The body with `OWN` columns; its ordinals follow on `before`."""
        count = self.body.num_rows
        numbers = np.arange(self.above + 1, self.above + 1 + count)
        nothing = pa.nulls(count, pa.string())
        own = {
            SOURCE: _repeated(source, count),
            ROW: _integers(numbers),
            ORDINAL: _integers(np.arange(before + 1, before + 1 + count)),
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


def _sheet(reader: fastexcel.ExcelReader, path: Path, name: str, layout: Layout, surveying: "Future[Any]") -> _Sheet:
    """One sheet as text."""
    where = f"{path.name}, sheet {name!r}"
    try:
        columns, batch, errors = _guarded(surveying, _parse, reader, name)
    except fastexcel.FastExcelError as error:
        raise InputError(f"{where}: cannot be read ({first_line(error)}). Save the workbook again as .xlsx.") from None
    blank, first = _first_rows(batch)
    if not first:
        empty = "is empty" if batch.num_rows <= _MOST_BLANK else f"holds nothing in its first {_MOST_BLANK} rows"
        raise InputError(f"{where}: {empty}. Remove the sheet, or name the ones to read with sheets in datasets.toml.")
    # Blank rows above the header hold no title; the row numbers in messages count them all the same.
    header = first[0] if layout.header else numbered(first[0])
    matched = match(header, layout.wanted, where=where, rows=[[]] * blank + first if layout.header else None)
    above = blank + int(layout.header)
    body = pa.Table.from_batches([batch]).slice(above).rename_columns(list(matched.names))
    # Errors in columns that nothing asked for do no harm.
    used = [at for at, name in enumerate(matched.names) if name not in matched.extra]
    cells = [error.position for error in errors.errors] if errors else []
    faults = {row + 1: f"{matched.names[column]} holds an error value" for row, column in cells if column in used}
    return _Sheet(matched, columns, above, body, faults)


def _parse(reader: fastexcel.ExcelReader, name: str) -> tuple[tuple[int, ...], pa.RecordBatch, fastexcel.CellErrors | None]:
    """Where the columns stand in the sheet, what they hold, and where errors are."""
    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return tuple(column.absolute_index for column in sheet.selected_columns), *sheet.to_arrow_with_errors()


def _first_rows(batch: pa.RecordBatch, most: int = _MOST_BLANK) -> tuple[int, list[list[str]]]:
    """Index of the first row that is not blank, and that row with those after it."""
    head = [["" if cell is None else cell for cell in row.values()] for row in batch.slice(0, most).to_pylist()]
    at = next((at for at, row in enumerate(head) if any(cell.strip() for cell in row)), len(head))
    return at, head[at:]


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
