"""The rows that readers leave, as one table."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.intake.staged import FAULT, LINE, ORDINAL, OWN, ROW, SOURCE, InPlace, Staged, cell

# Above this a float does not hold every whole number.
_WHOLE_FLOATS = 1e15


def of(connection: SQLBackend, staged: Staged, types: Mapping[str, dt.DataType] | None = None) -> ir.Table:
    """The rows as they were read: `OWN`, and `cell(name)` per column, in the one type that all files hold it in, else text.

    Args:
        connection: Where they are read.
        staged: What the reader left.
        types: What `types_of` said of more files than these; None if these are all.
    """
    tables = _tables(connection, staged)
    return _stacked(tables, staged, types or _types(tables, staged))


def types_of(connection: SQLBackend, staged: Staged) -> dict[str, dt.DataType]:
    """The type of each column that `of` returns."""
    return _types(_tables(connection, staged), staged)


def of_text(connection: SQLBackend, staged: Staged, *, only: ir.Table | None = None) -> ir.Table:
    """The rows as they are shown: `OWN`, and `cell(name)` per column, all text; of those alone whose ordinals are in `only`."""
    tables = _tables(connection, staged)
    if only is not None:
        tables = [table.semi_join(only, ORDINAL) for table in tables]
    return _stacked(tables, staged, dict.fromkeys(staged.columns, dt.string))


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
        own = {name.casefold(): name for name in read.columns}
        held = {name: own[name.casefold()] for name in staged.columns if name.casefold() in own}
        tables.append(read.select(*OWN, **{cell(name): read[column] for name, column in held.items()}))
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


def _types(tables: list[ir.Table], staged: Staged) -> dict[str, dt.DataType]:
    held = {name: {table[cell(name)].type() for table in tables if cell(name) in table.columns} for name in staged.columns}
    return {name: next(iter(types)) if len(types) == 1 else dt.string for name, types in held.items()}


def _stacked(tables: list[ir.Table], staged: Staged, types: Mapping[str, dt.DataType]) -> ir.Table:
    def shown(table: ir.Table, name: str) -> ir.Value:
        if cell(name) not in table.columns:
            return ibis.null(types[name])
        value = table[cell(name)]
        return value if value.type() == types[name] else as_text(value)

    stacked = [table.select(*OWN, **{cell(name): shown(table, name) for name in staged.columns}) for table in tables]
    return ibis.union(*stacked) if len(stacked) > 1 else stacked[0]
