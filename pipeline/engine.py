"""The ibis connection that intake and features are expressed on: DuckDB inside this process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, InPlace, cell, identifier, literal, one_file
from pipeline.limits import duckdb_settings


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
        yield connection
    except (duckdb.OutOfMemoryException, OSError) as error:
        # What fails while Arrow takes an answer comes as an error of Arrow's, in DuckDB's words.
        if isinstance(error, OSError) and not str(error).startswith("Out of Memory Error"):
            raise
        raise MemoryError(str(error)) from None
    finally:
        connection.disconnect()


def materialise(connection: Backend, table: ir.Table, path: Path) -> ir.Table:
    """Compute a table once, into a file: what is asked of it afterwards reads that, and memory holds none of it."""
    table.to_parquet(path)
    return open_parquet(connection, path)


def open_parquet(connection: Backend, *paths: Path) -> ir.Table:
    """The rows of parquet files; their columns are the union of all files' columns."""
    # A folder called customer_id=9 is a folder, not a column.
    return connection.read_parquet([str(path) for path in paths], union_by_name=True, hive_partitioning=False)


def open_in_place(connection: Backend, files: Sequence[InPlace], names: Mapping[str, str]) -> ir.Table:
    """The rows of parquet files of the same columns and types, read where they are.

    Args:
        connection: Where they are read.
        files: At least one.
        names: What the table calls each of their columns.

    Returns:
        `staged.OWN`, and `cell(name)` for each column, in the file's own type.
    """
    # By position: the names may be anything, ours and DuckDB's included.
    places = ", ".join(f"c{at}" for at, _ in enumerate(files[0].columns))
    columns = ", ".join(f"c{at} AS {identifier(cell(names[name]))}" for at, name in enumerate(files[0].columns))
    paths = ", ".join(one_file(file.path) for file in files)
    sources = _of_file([literal(file.path.name) for file in files])
    before = _of_file([str(file.before) for file in files])
    view = f"in place {len(connection.list_tables())}"
    connection.raw_sql(
        f"""CREATE TEMP VIEW {identifier(view)} AS SELECT {sources} AS {SOURCE}, file_row_number + 1 AS {ROW},
            {before}::BIGINT + file_row_number + 1 AS {ORDINAL}, NULL::VARCHAR AS {FAULT}, NULL::VARCHAR AS {LINE}, {columns}
            FROM read_parquet([{paths}], hive_partitioning = false) AS t({places})"""
    )
    return connection.table(view)


def _of_file(values: list[str]) -> str:
    """SQL for what differs from file to file."""
    return values[0] if len(values) == 1 else f"[{', '.join(values)}][file_index::BIGINT + 1]"
