"""The DuckDB that readers take files apart with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.limits import duckdb_settings


@contextmanager
def connect(work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one that spills to `work` and closes at the end of the block.

    Raises:
        MemoryError: If the block needs more than this process may take.
    """
    with duckdb.connect(config={"temp_directory": str(work), **duckdb_settings()}) as connection:
        try:
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(str(error)) from None
