"""Files that were sent, to be scored or as outcomes: each a folder with its progress and its results, gone after a while.

Any worker finds any job, because all that is known of one stands in its folder; see `pipeline.job_folder`.
"""

import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import locking
from pipeline.job_folder import CUSTOMERS, DONE, FAILED, REJECTED, RESULT, STATUS, WORKING, put, read, tell
from webapp import private

# Seconds that results are kept after the last word of a job.
KEPT_SECONDS = 15 * 60
# Seconds that a job may take.
WORKING_SECONDS = 4 * 60
# Seconds without a word after which nobody is left who would have one.
_SILENT_SECONDS = WORKING_SECONDS + 60
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
FILES = (f"{CUSTOMERS}.csv", f"{CUSTOMERS}.xlsx", f"{REJECTED}.csv")
_ABOUT = "about.json"
_GONE = ".gone"


@dataclass(frozen=True)
class Job:
    """One file that was sent.

    Attributes:
        folder: Where everything about it is.
        dataset: Whose customers it is about.
        file: Its name.
        campaign: Whose outcomes it holds; empty for a file to be scored.
    """

    folder: Path
    dataset: str
    file: str
    campaign: str = ""

    @property
    def id(self) -> str:
        """What a browser calls it; nobody can guess it."""
        return self.folder.name

    @property
    def work(self) -> Path:
        """The folder of the file itself and of all that is taken out of it: nothing there outlives the reading."""
        return self.folder / "work"

    @property
    def sent(self) -> Path:
        """The file."""
        return self.work / self.file

    @property
    def status(self) -> dict[str, str]:
        """State (working, done, refused or failed), stage and message."""
        return read(self.folder / STATUS) or {"state": WORKING, "stage": "", "message": ""}

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it; None before it is done, and once it is removed."""
        return read(self.folder / RESULT) if self.status["state"] == DONE else None

    @property
    def files(self) -> list[str]:
        """Which of `FILES` there are."""
        return [name for name in FILES if (self.folder / name).is_file()]

    def tell(self, state: str, message: str = "") -> None:
        """Have the last word about it."""
        tell(self.folder, state, message=message)

    def clear(self) -> None:
        """Remove the file, and what was taken out of it."""
        shutil.rmtree(self.work, ignore_errors=True)

    def remove(self) -> None:
        """Forget it and all that it left."""
        _remove(self.folder)


class Jobs:
    """The jobs of this machine."""

    def __init__(self, root: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        """Keep them in `root`, by default a folder of this user's in the system's own for such things; `clock` gives seconds since 1970."""
        self._given = root
        self._clock = clock

    def begin(self, dataset: str, file: str, campaign: str = "") -> Job:
        """A job for a file of that name, which is to be put at `sent`."""
        job = Job(self._root() / secrets.token_urlsafe(16), dataset, file, campaign)
        job.folder.mkdir(mode=0o700)
        try:
            job.work.mkdir(mode=0o700)
            put(job.folder / _ABOUT, {"dataset": dataset, "file": file, "campaign": campaign})
        except OSError:
            job.remove()
            raise
        return job

    def find(self, job_id: str) -> Job | None:
        """A job that is still kept."""
        if not _ID.fullmatch(job_id):
            return None
        try:
            folder = self._root() / job_id
        except OSError:
            return None  # nothing can be kept; whoever sends a file hears of it
        about = read(folder / _ABOUT)
        age = self._age(folder)
        if about is None or age > KEPT_SECONDS:
            return None
        job = Job(folder, about["dataset"], about["file"], about["campaign"])
        if age > _SILENT_SECONDS and job.status["state"] == WORKING:
            job.tell(FAILED, "Reading it was stopped. Send the file again.")
        return job

    def sweep(self) -> None:
        """Remove what is too old."""
        for folder in self._root().iterdir():
            if folder.suffix == _GONE or (_ID.fullmatch(folder.name) and self._age(folder) > KEPT_SECONDS):
                _remove(folder)

    @contextmanager
    def turn(self) -> Iterator[int]:
        """The right to score one file: a descriptor that keeps it for as long as anybody has it open.

        Raises:
            BusyError: If another file is being scored.
        """
        with locking.held(self._root() / "BUSY", busy="Another file is being read.") as descriptor:
            yield descriptor

    def _age(self, folder: Path) -> float:
        """Seconds since a job was last heard of: its folder changes whenever a word replaces another. Endless once it is removed."""
        try:
            return self._clock() - folder.stat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def _root(self) -> Path:
        return private.folder(self._given)


def _remove(folder: Path) -> None:
    """Remove a job at once for whoever looks: a folder that is emptied file by file is changed by that, and so would seem to be young."""
    gone = folder.with_suffix(_GONE)
    try:
        folder.rename(gone)
    except FileNotFoundError:  # by somebody else
        return
    shutil.rmtree(gone, ignore_errors=True)
