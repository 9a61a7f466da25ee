"""The current run. It belongs to the application, never to a module."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from pathlib import Path

from pipeline import artifacts, labels
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.labels import Labels
from pipeline.manifest import CROWD, Manifest
from webapp.snapshot import Snapshot

# Seconds between two looks at CURRENT; a new run is seen within this and the time to check it.
RECHECK_SECONDS = 2.0
# A crowd that could not be opened is tried again, but hashing and laying out what is as it was would keep a core at work for good.
AGAIN_SECONDS = 60.0
# A run is damaged, not readable, or not even text.
_DAMAGE = (ArtifactError, OSError, ValueError)
_log = logging.getLogger(__name__)


class NoRunError(Exception):
    """Nothing can be shown; the message says what to do."""


class Store:
    """Follows `CURRENT`: hands out a snapshot of the run it names, or of the last one that could be opened.

    Attributes:
        arrived: Set as soon as there is a run to show.
    """

    def __init__(
        self,
        root: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = CROWD,
        prepare: Callable[[Snapshot], object] = lambda snapshot: None,
    ) -> None:
        """Follow the runs published in `root`.

        Args:
            root: Their folder.
            clock: Counts seconds.
            most: A dataset of more customers is a crowd.
            prepare: What is done with a run before it is shown.
        """
        self._root, self._clock, self._most, self._prepare = root, clock, most, prepare
        self._arriving: threading.Thread | None = None
        self._failed: tuple[int, int] | None = None
        self._again = float("-inf")
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

    def open(self, run_id: str) -> Run:
        """Any of the published runs, to be compared with.

        Raises:
            ArtifactError: If it is not there, or its manifest cannot be read.
        """
        return artifacts.open_run(self._root, run_id)

    def labels(self) -> Labels:
        """What is said of runs.

        Raises:
            ArtifactError: If it cannot be understood.
        """
        return labels.read(self._root)

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
        elif (self._arriving is None or not self._arriving.is_alive()) and (pointer != self._failed or self._clock() >= self._again):
            self._problem = f"Run {run.manifest.run_id} is being opened: it holds {most:,} customers."
            self._arriving = threading.Thread(target=self._show_crowd, args=(run, pointer), name="opening", daemon=True)
            self._arriving.start()

    def _show(self, run: Run, pointer: tuple[int, int] | None) -> None:
        with self._snapshot.making_room() if self._snapshot else nullcontext():
            snapshot = Snapshot(run, most=self._most)
            self._prepare(snapshot)
            self._snapshot = snapshot
        self._pointer, self._problem = pointer, ""
        self.arrived.set()
        _log.info("run %s is shown", run.manifest.run_id)

    def _show_crowd(self, run: Run, pointer: tuple[int, int] | None) -> None:
        try:
            self._show(run, pointer)
            return
        except _DAMAGE as error:
            problem = str(error)
        except Exception:  # noqa: BLE001 - readers have to be told, and the log has the rest
            _log.exception("opening run %s failed", run.manifest.run_id)
            problem = f"Run {run.manifest.run_id} cannot be opened. The fault is ours and stands in the log."
        self._failed, self._again = pointer, self._clock() + AGAIN_SECONDS
        self._fail(problem)

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
