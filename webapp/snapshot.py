"""A run opened and checked, and asked in SQL."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from pipeline.artifacts import Run
from pipeline.manifest import CROWD, DatasetRecord
from pipeline.sql import identifier
from webapp import crowd, opening
from webapp.crowd import Crowd
from webapp.lately import Lately

T = TypeVar("T")

# Rows of a part: a download holds a few of them.
_BATCH = 10_000
# Answers that parts of one page share, of the last pages.
_LATELY = 100


class Snapshot:
    """One run, open for questions. Every response is made of one of these.

    Parameters of a question are values, and at most one table, which it calls `crowd.INSIDE`.
    """

    def __init__(self, run: Run, *, most: int = CROWD) -> None:
        """Open a run; a dataset of more than `most` customers is a crowd.

        Raises:
            ArtifactError: If a table is missing, altered, or not of the published schema, or if there is no room to lay out a crowd.
        """
        run.verify()
        for name in run.manifest.datasets:
            run.refuse_other_version(name)
        self.run, self.most = run, most
        self._opened: dict[int, tuple[duckdb.DuckDBPyConnection, dict[str, Crowd]]] = {}
        self._opening, self._deriving = threading.Lock(), threading.Lock()
        self._kept: dict[tuple[str, ...], Any] = {}
        self._making: dict[tuple[str, ...], threading.RLock] = {}
        self._lately = Lately(_LATELY)
        if any(record.customers > most for record in self.datasets.values()):
            self._open()  # it takes seconds: before anybody asks

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.manifest.run_id

    @property
    def datasets(self) -> dict[str, DatasetRecord]:
        """The run's datasets, in the order of the catalogue."""
        return self.run.manifest.datasets

    def crowd(self, dataset: str) -> Crowd | None:
        """What is known of a dataset that is a crowd; None for one that is none."""
        return self._open()[1].get(dataset)

    @contextmanager
    def making_room(self) -> Iterator[None]:
        """Hold less of a crowd for as long as another run is opened: both have to fit into memory."""
        connection, crowds = self._open()
        if crowds:
            # What is in use at this moment may be more: then it stays.
            with suppress(duckdb.OutOfMemoryException):
                connection.cursor().execute(f"SET memory_limit = '{opening.MEMORY_OF_CROWD_BEFORE}'")
        try:
            yield
        finally:
            if crowds:
                connection.cursor().execute(f"SET memory_limit = '{opening.MEMORY_OF_CROWD}'")

    def once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What `make` returns, kept for as long as the run is shown: a run never changes. For small things only."""
        if key not in self._kept:
            # Whoever asks for the same meanwhile waits for it.
            with self._making.setdefault(key, threading.RLock()):
                if key not in self._kept:
                    self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def lately(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What `make` returns, kept until so many others were asked for: parts of one page ask the same. For small things only."""
        return self._lately.get(key, make)

    def derived(self, name: str, sql: str) -> str:
        """A table that is worked out once per run; returns what it is called in SQL."""
        held = f"{opening.DERIVED}.{identifier(name)}"

        def make() -> str:
            with self._cursor() as cursor:
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {held} AS {sql}")
            return held

        with self._deriving:
            # Each process has a database of its own, and a fork takes over only the note.
            return self.once(("derived", str(os.getpid()), name), make)

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a query as a frame; tables are called `dataset.table`, both quoted."""
        with self._cursor() as cursor:
            found = _put(cursor, sql, parameters).df()
        # Numbers with words, as the words.
        numbered = {name: dtype.categories.dtype for name, dtype in found.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)}
        return found.astype(numbered) if numbered else found

    def columns(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a query without empty values as a frame, texts as Python holds them: several times as fast for many rows."""
        with self._cursor() as cursor:
            found: dict[str, Any] = _put(cursor, sql, parameters).fetchnumpy()
            return pd.DataFrame({name: pd.Series(values, dtype=values.dtype, copy=False) for name, values in found.items()}, copy=False)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer to a query as one dictionary per row."""
        with self._cursor() as cursor:
            found = _put(cursor, sql, parameters).fetchall()
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found]

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """The answer to a query, a part at a time."""
        with self._cursor() as cursor:
            yield from _put(cursor, sql, parameters).to_arrow_reader(_BATCH)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._open()[0].cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _open(self) -> tuple[duckdb.DuckDBPyConnection, dict[str, Crowd]]:
        """This process's connection, and its crowds: a connection opened before a fork would hang in the child."""
        with self._opening:
            if os.getpid() not in self._opened:
                self._opened[os.getpid()] = opening.connect(self.run, self.most)
            return self._opened[os.getpid()]


def _put(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any]) -> duckdb.DuckDBPyConnection:
    for table in parameters:
        if isinstance(table, pa.Table):
            cursor.register(crowd.INSIDE, table)
    return cursor.execute(sql, [value for value in parameters if not isinstance(value, pa.Table)])
