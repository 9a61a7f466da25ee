"""The rows that readers leave, as one table: texts, and where a file holds numbers and times as such, those."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.intake.staged import FAULT, LINE, ORDINAL, OWN, ROW, SOURCE, InPlace, Staged, cell
from pipeline.settings import Dataset

# Above this a float does not hold every whole number.
_WHOLE_FLOATS = 1e15


def of(connection: SQLBackend, staged: Staged, dataset: Dataset) -> ir.Table:
    """The rows as they are checked.

    Returns:
        `OWN`, and `cell(name)` per column: a number where the dataset has one and every file holds it as one, a time likewise, else text.
    """
    tables = _tables(connection, staged)
    kept = {
        name
        for name in staged.columns
        if _is_understood(name, [table[cell(name)] for table in tables if cell(name) in table.columns], dataset)
    }
    return _stacked(tables, staged, lambda name, value: value if name in kept else as_text(value))


def of_text(connection: SQLBackend, staged: Staged) -> ir.Table:
    """The rows as they are shown: `OWN`, and `cell(name)` per column, all text."""
    return _stacked(_tables(connection, staged), staged, lambda _, value: as_text(value))


def as_text(value: ir.Value) -> ir.StringValue:
    """A value of any type as text; ids that went through floats come out as they were, and moments are in UTC."""
    if value.type().is_floating():
        whole = (value % 1 == 0) & (value.abs() < _WHOLE_FLOATS)
        return whole.ifelse(value.try_cast("int64").cast("string"), value.cast("string"))
    if value.type().is_timestamp():
        return value.cast("timestamp").cast("string")
    return value if value.type().is_string() else value.cast("string")


def _tables(connection: SQLBackend, staged: Staged) -> list[ir.Table]:
    """One table per kind of file, `cell(name)` for each of the columns that it has."""
    spelt = {name.casefold(): name for name in staged.columns}

    def alike(file: InPlace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return file.columns, file.types

    tables = []
    if staged.files:
        read = engine.open_parquet(connection, *staged.files)
        tables.append(read.select(*OWN, **{cell(name): read[name] for name in staged.columns if name in read.columns}))
    for (columns, _), files in groupby(sorted(staged.in_place, key=alike), key=alike):
        tables.append(_in_place(connection, list(files), [cell(spelt[name.casefold()]) for name in columns]))
    return tables


def _in_place(connection: SQLBackend, files: Sequence[InPlace], names: Sequence[str]) -> ir.Table:
    """The rows of files of the same columns and types, the columns called as they are named."""
    read = engine.open_in_place(connection, [file.path for file in files], columns=len(names))
    own = {
        SOURCE: _of_file(read, [file.name for file in files]),
        ROW: read.nth,
        ORDINAL: _of_file(read, [file.before for file in files]).cast("int64") + read.nth,
        FAULT: ibis.null("string"),
        LINE: ibis.null("string"),
    }
    return read.select(**own, **{name: read[f"c{at}"] for at, name in enumerate(names)})


def _of_file(read: ir.Table, values: list[Any]) -> ir.Value:
    """What differs from file to file."""
    return ibis.literal(values[0]) if len(values) == 1 else ibis.array(values)[read.file]


def _stacked(tables: list[ir.Table], staged: Staged, shown: Callable[[str, ir.Value], ir.Value]) -> ir.Table:
    def whole(table: ir.Table) -> ir.Table:
        cells = {
            cell(name): shown(name, table[cell(name)]) if cell(name) in table.columns else ibis.null("string") for name in staged.columns
        }
        return table.select(*OWN, **cells)

    return ibis.union(*map(whole, tables)) if len(tables) > 1 else whole(tables[0])


def _is_understood(name: str, values: list[ir.Value], dataset: Dataset) -> bool:
    """Whether all files hold a column in the one type that it is needed in."""
    types = {value.type() for value in values}
    if len(types) != 1:
        return False
    (dtype,) = types
    if name in dataset.numeric_columns:
        return bool(dtype.is_numeric()) and not dtype.is_boolean()
    return name == dataset.time_column and bool(dtype.is_timestamp() or dtype.is_date())
