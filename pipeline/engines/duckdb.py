"""DuckDB inside this process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.util import gen_name

from pipeline.limits import duckdb_settings
from pipeline.sql import one_file


@contextmanager
def connect(work: Path) -> Iterator[Backend]:
    """Open an in-memory DuckDB that spills to `work` and closes at the end of the block.

    The session is set to UTC so that a timestamp means the same on every machine.

    Raises:
        MemoryError: If the block needs more than this process may take.
    """
    connection = ibis.duckdb.connect(temp_directory=str(work), **duckdb_settings())
    try:
        connection.raw_sql("SET TimeZone = 'UTC'")
        # Tables are ordered where it matters, by a stated key; keeping the order of everything else costs memory.
        connection.raw_sql("SET preserve_insertion_order = false")
        # The reader of files needs nothing from outside, and extensions would be fetched over the network.
        connection.raw_sql("SET autoinstall_known_extensions = false")
        # The build says what it is at; a bar of its own would be drawn across that.
        connection.raw_sql("SET enable_progress_bar = false")
        yield connection
    except (duckdb.OutOfMemoryException, OSError) as error:
        # What fails while Arrow takes an answer comes as an error of Arrow's, in DuckDB's words.
        if isinstance(error, OSError) and not str(error).startswith("Out of Memory Error"):
            raise
        raise MemoryError(str(error)) from None
    finally:
        connection.disconnect()


def bring(table: ir.Table, path: Path) -> None:
    """Write a table into a file, in its order."""
    table.to_parquet(path)


def open_parquet(connection: Backend, paths: Sequence[Path]) -> ir.Table:
    """The rows of parquet files; their columns are the union of all files' columns."""
    # A folder called customer_id=9 is a folder, not a column.
    return connection.read_parquet([str(path) for path in paths], union_by_name=True, hive_partitioning=False)


def open_in_place(connection: Backend, paths: Sequence[Path | str], columns: int) -> ir.Table:
    """What `engine.open_in_place` says."""
    names = ", ".join(f"c{at}" for at in range(columns))
    files = ", ".join(one_file(path) for path in paths)
    view = gen_name("in_place")
    connection.raw_sql(
        f"""CREATE TEMP VIEW {view} AS SELECT file_index::INTEGER AS file, file_row_number + 1 AS nth, {names}
            FROM read_parquet([{files}], hive_partitioning = false) AS t({names})"""
    )
    return connection.table(view)
