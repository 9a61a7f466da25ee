"""The ibis connection that intake and features are expressed on: DuckDB inside this process, or Spark."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline.engines import Engine, duckdb


@contextmanager
def connect(work: Path, engine: Engine = "duckdb") -> Iterator[SQLBackend]:
    """Connect for one block; what does not fit into memory is spilled below `work`, or where Spark is told to.

    Timestamps have no zone and mean UTC, on every engine and machine.

    Raises:
        InputError: If Spark, or what it needs, is not there.
        MemoryError: If the block needs more than this process may take.
    """
    with _module(engine).connect(work) as connection:
        yield connection


def materialise(connection: SQLBackend, table: ir.Table, path: Path) -> ir.Table:
    """Compute a table once, into a file: what is asked of it afterwards reads that, and memory holds none of it."""
    table.to_parquet(path)
    return open_parquet(connection, path)


def bring(connection: SQLBackend, table: ir.Table, path: Path) -> None:
    """Write a table into one file of this machine, in its order."""
    _module(connection.name).bring(table, path)


def open_parquet(connection: SQLBackend, *paths: Path) -> ir.Table:
    """The rows of parquet files; their columns are the union of all files' columns."""
    return _module(connection.name).open_parquet(connection, paths)


def open_in_place(connection: SQLBackend, paths: Sequence[Path | str], *, columns: int) -> ir.Table:
    """The rows of parquet files of the same columns and types, read where they are.

    Args:
        connection: Where they are read.
        paths: At least one; an address, which is text, can be read by Spark alone.
        columns: How many they have.

    Returns:
        file (0 for the first of `paths`, int32), nth (number of the row in its file, from 1, int64), and c0, c1 and so on: the columns by
        their position, in the files' own types, for their names may be anything.
    """
    return _module(connection.name).open_in_place(connection, paths, columns)


def _module(engine: str) -> ModuleType:
    if engine == "duckdb":
        return duckdb
    from pipeline.engines import spark

    return spark
