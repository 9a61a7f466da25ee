"""The current run, opened and checked, and asked in SQL. It belongs to the application, never to a module."""

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from pipeline import artifacts
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.manifest import DatasetRecord, Manifest
from webapp import opening
from webapp.crowd import CROWD, Crowd
from webapp.sql import identifier

T = TypeVar("T")

# Seconds between two looks at CURRENT; a new run is seen within this and the time to check it.
RECHECK_SECONDS = 2.0
# Rows of a part: a download holds a few of them.
_BATCH = 10_000
# Answers that parts of one page share, of the last pages.
_LATELY = 100
# A run is damaged, not readable, or not even text.
_DAMAGE = (ArtifactError, OSError, ValueError)
_log = logging.getLogger(__name__)


class NoRunError(Exception):
    """Nothing can be shown; the message says what to do."""


class Snapshot:
    """One run, open for questions. Every response is made of one of these."""

    def __init__(self, run: Run, *, most: int = CROWD) -> None:
        """Open a run; a dataset of more than `most` customers is a crowd.

        Raises:
            ArtifactError: If a table is missing, altered, or not of the published schema, or if there is no room to lay out a crowd.
        """
        run.verify()
        for name, record in run.manifest.datasets.items():
            for table in opening.tables(record).values():
                opening.check(run, name, table)
        self.run, self.most = run, most
        self._opened: dict[int, tuple[duckdb.DuckDBPyConnection, dict[str, Crowd]]] = {}
        self._opening, self._deriving = threading.Lock(), threading.Lock()
        self._kept: dict[tuple[str, ...], Any] = {}
        self._making: dict[tuple[str, ...], threading.RLock] = {}
        self._lately: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._noting = threading.Lock()
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
        with self._noting:
            if key in self._lately:
                self._lately.move_to_end(key)
                found: T = self._lately[key]
                return found
        found = make()
        with self._noting:
            self._lately[key] = found
            while len(self._lately) > _LATELY:
                self._lately.popitem(last=False)
        return found

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
            return cursor.execute(sql, list(parameters)).df()

    def columns(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a query without empty values as a frame, texts as Python holds them: several times as fast for many rows."""
        with self._cursor() as cursor:
            found: dict[str, Any] = cursor.execute(sql, list(parameters)).fetchnumpy()
            return pd.DataFrame({name: pd.Series(values, dtype=values.dtype, copy=False) for name, values in found.items()}, copy=False)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer to a query as one dictionary per row."""
        with self._cursor() as cursor:
            found = cursor.execute(sql, list(parameters)).fetchall()
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found]

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """The answer to a query, a part at a time."""
        with self._cursor() as cursor:
            yield from cursor.execute(sql, list(parameters)).to_arrow_reader(_BATCH)

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


class Store:
    """Follows `CURRENT`: hands out a snapshot of the run it names, or of the last one that could be opened.

    Attributes:
        arrived: Set as soon as there is a run to show.
    """

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.monotonic, most: int = CROWD) -> None:
        """Follow the runs published in `root`; `clock` counts seconds, and a dataset of more than `most` customers is a crowd."""
        self._root, self._clock, self._most = root, clock, most
        self._arriving: threading.Thread | None = None
        self.arrived = threading.Event()
        self._snapshot: Snapshot | None = None
        self._problem = self._behind = ""
        self._pointer: tuple[int, int] | None = None
        self._looked = float("-inf")
        self._looking = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The current run.

        Raises:
            NoRunError: If none was ever published, or the only one is damaged.
        """
        # One looks and the others go on with what they have; with nothing to go on with, they wait for what it finds.
        nothing = self._snapshot is None
        if (nothing or self._due()) and self._looking.acquire(blocking=nothing):
            try:
                if self._due():
                    self._look()
            finally:
                self._looking.release()
        if self._snapshot is None:
            raise NoRunError(self._problem)
        return self._snapshot

    @property
    def shown(self) -> str:
        """The id of the run that was handed out last, without a look for another; - before the first."""
        return self._snapshot.run_id if self._snapshot else "-"

    def refresh(self, *, behind: str | None = None) -> None:
        """Look at once, in place of the next request.

        `behind` says why the folder may hold less than what is published elsewhere, and was written down by whoever says so; None leaves it
        as it was said last.
        """
        with self._looking:
            self._behind = self._behind if behind is None else behind
            self._look()

    def before(self, snapshot: Snapshot) -> Run | None:
        """The run that readers saw before the one of `snapshot` was built; None when there is none that can be opened."""
        previous = snapshot.run.manifest.previous
        try:
            return artifacts.open_run(self._root, previous) if previous else None
        except ArtifactError:
            return None  # pruned or damaged: there is nothing to compare with

    def manifests(self) -> list[Manifest]:
        """What the published runs say of themselves, the newest first; those of other versions are passed over."""
        found = []
        for run_id in reversed(artifacts.run_ids(self._root)):
            try:
                found.append(artifacts.open_run(self._root, run_id).manifest)
            except ArtifactError:
                continue  # of another version, or pruned meanwhile
        return found

    @property
    def datasets(self) -> Collection[str]:
        """Names of the datasets that are shown, without a look for another run."""
        return self._snapshot.datasets if self._snapshot else ()

    @property
    def problem(self) -> str:
        """Why what is shown may not be the newest run; empty when it is."""
        return self._problem or self._behind

    @property
    def is_empty(self) -> bool:
        """Whether there is no run to show."""
        return self._snapshot is None

    def _due(self) -> bool:
        return self._clock() - self._looked >= RECHECK_SECONDS

    def _look(self) -> None:
        self._looked = self._clock()
        pointer = _pointer(self._root)
        if self._snapshot and pointer == self._pointer and self._problem == "":
            return
        try:
            run = artifacts.current(self._root)
            if run is None and self._behind:
                self._problem = self._behind
                return
            if run is None:
                self._fail(f"No run is published in {self._root}. Run `{artifacts.BUILD_COMMAND}`.")
                return
            if self._snapshot is None or self._snapshot.run_id != run.manifest.run_id:
                self._arrive(run, pointer)
            else:
                self._pointer, self._problem = pointer, ""
        except _DAMAGE as error:
            self._fail(str(error))

    def _arrive(self, run: Run, pointer: tuple[int, int] | None) -> None:
        """Open a run; a crowd takes its time, and whoever asks meanwhile need not wait for it."""
        most = max((record.customers for record in run.manifest.datasets.values()), default=0)
        if most <= self._most:
            self._show(run, pointer)
        elif self._arriving is None or not self._arriving.is_alive():
            self._problem = f"Run {run.manifest.run_id} is being opened: it holds {most:,} customers."
            self._arriving = threading.Thread(target=self._show_crowd, args=(run, pointer), name="opening", daemon=True)
            self._arriving.start()

    def _show(self, run: Run, pointer: tuple[int, int] | None) -> None:
        with self._snapshot.making_room() if self._snapshot else nullcontext():
            self._snapshot = Snapshot(run, most=self._most)
        self._pointer, self._problem = pointer, ""
        self.arrived.set()
        _log.info("run %s is shown", run.manifest.run_id)

    def _show_crowd(self, run: Run, pointer: tuple[int, int] | None) -> None:
        try:
            self._show(run, pointer)
        except _DAMAGE as error:
            self._fail(str(error))

    def _fail(self, problem: str) -> None:
        if problem != self._problem:  # it looks again and again, and says it once
            _log.warning("%s", problem)
        self._problem = problem


def _pointer(root: Path) -> tuple[int, int] | None:
    """What tells one `CURRENT` from the next: it is replaced, never written over."""
    try:
        found = (root / "CURRENT").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
