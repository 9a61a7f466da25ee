"""The ibis connection that intake and features are expressed on: DuckDB inside this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend


@contextmanager
def connect(work: Path) -> Iterator[Backend]:
    """Open an in-memory DuckDB that spills to `work` and closes at the end of the block.

    The session is set to UTC so that a timestamp means the same on every machine.
    """
    connection = ibis.duckdb.connect(temp_directory=str(work))
    try:
        connection.raw_sql("SET TimeZone = 'UTC'")
        # The reader of files needs nothing from outside, and extensions would be fetched over the network.
        connection.raw_sql("SET autoinstall_known_extensions = false")
        yield connection
    finally:
        connection.disconnect()
