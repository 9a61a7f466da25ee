"""A run opened: a connection in which all its tables are there by name."""

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import duckdb

from pipeline import artifacts
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.sql import identifier, literal, parquet
from webapp import crowd, laying_out, private
from webapp.crowd import Crowd

# Of a run with a crowd: what it does not hold it reads again from a file, and spills. Less while another run is opened.
MEMORY_OF_CROWD, MEMORY_OF_CROWD_BEFORE = "85MB", "64MB"
# No dataset is called this: a space is no part of their names.
DERIVED = '"worked out"'
# Tables of so many rows are held in memory: a query then need not open a file. Bytes say nothing: a file of 24 MB takes ten times as many.
_HELD_ROWS = 1_000_000
_MEMORY = "256MB"


def connect(run: Run, most: int) -> tuple[duckdb.DuckDBPyConnection, dict[str, Crowd]]:
    """A connection in which every table of the run is there as `dataset.table`, and its datasets of more than `most` customers."""
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": 2, "autoinstall_known_extensions": False})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA {DERIVED}")
    crowded = [name for name, record in run.manifest.datasets.items() if record.customers > most]
    if crowded:
        with _room(run):
            # Before anything is spilled: afterwards it cannot be said where to.
            connection.execute(f"SET temp_directory = {literal(str(private.folder() / f'spilled-{os.getpid()}'))}")
    for dataset, record in run.manifest.datasets.items():
        connection.execute(f"CREATE SCHEMA {identifier(dataset)}")
        for table in artifacts.tables(record):
            held = "TABLE" if record.tables[table].rows <= _HELD_ROWS and table != "rejected" else "VIEW"
            if table != "customers" or dataset not in crowded:
                name = f"{identifier(dataset)}.{identifier(table)}"
                connection.execute(f"CREATE {held} {name} AS SELECT * FROM {parquet(run.table(dataset, table))}")
    return connection, _laid_out(connection, run, crowded) if crowded else {}


def _laid_out(connection: duckdb.DuckDBPyConnection, run: Run, crowded: Collection[str]) -> dict[str, Crowd]:
    connection.execute(f"SET memory_limit = '{MEMORY_OF_CROWD}'")
    connection.execute("SET parquet_metadata_cache = true")  # of files with hundreds of row groups
    with _room(run), tempfile.TemporaryDirectory(prefix="clientele-") as folder:
        laying_out.attach(connection, f"{folder}/crowd.duckdb")
        found = {dataset: laying_out.lay_out(connection, run, dataset) for dataset in crowded}
        connection.execute(f"CHECKPOINT {crowd.DATABASE}")
    # Whoever asks brings a thread: a second one for each question costs all of them half as much again.
    connection.execute("SET threads = 1")
    # By persona and day: groups of small numbers are found by counting along as long as so many bits name them.
    connection.execute("SET perfect_ht_threshold = 14")
    return found


@contextmanager
def _room(run: Run) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise ArtifactError(
            f"{run.folder}: there is no room to open so many customers ({error}). Set TMPDIR to a folder with more."
        ) from None
