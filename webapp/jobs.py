"""Files that were sent to be scored: each a folder with its progress and its results, gone after a while.

Any worker finds any job, because all that is known of one stands in its folder; see `pipeline.scoring_job` for who writes it.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Seconds that results are kept after the last word of a job.
KEPT_SECONDS = 15 * 60
# Seconds without a word after which a job is over: what it waits for has a limit of its own that is shorter.
_SILENT_SECONDS = 120
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
FILES = {
    "customers.csv": "text/csv; charset=utf-8; header=present",
    "customers.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "rejected.csv": "text/csv; charset=utf-8; header=present",
}
_STATUS, _RESULT, _ABOUT = "status.json", "scored.json", "about.json"


class BusyError(Exception):
    """Another file is being scored."""


@dataclass(frozen=True)
class Job:
    """One file that was sent.

    Attributes:
        folder: Where everything about it is.
    """

    folder: Path

    @property
    def id(self) -> str:
        """What a browser calls it; nobody can guess it."""
        return self.folder.name

    @property
    def about(self) -> dict[str, str]:
        """The dataset, and the name of the file."""
        return _read(self.folder / _ABOUT) or {}

    @property
    def status(self) -> dict[str, str]:
        """State (working, done, refused or failed), stage and message."""
        return _read(self.folder / _STATUS) or {"state": "working", "stage": "", "message": ""}

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it; None before it is done."""
        return _read(self.folder / _RESULT) if self.status["state"] == "done" else None

    def tell(self, state: str, message: str = "") -> None:
        """Have the last word about it."""
        _write(self.folder / _STATUS, {"state": state, "stage": "", "message": message})

    def remove(self) -> None:
        """Forget it and all that it left."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Jobs:
    """The jobs of this machine."""

    def __init__(self, root: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        """Keep them in `root`, by default a folder of this user's in the system's own for such things; `clock` gives seconds since 1970."""
        self._root = root or Path(tempfile.gettempdir()) / f"clientele-{os.getuid()}"
        self._clock = clock

    def begin(self, dataset: str, file: str) -> Job:
        """A folder for a file of that name; what is too old is removed first."""
        self._make_root()
        self.sweep()
        job = Job(self._root / secrets.token_urlsafe(16))
        job.folder.mkdir(mode=0o700)
        _write(job.folder / _ABOUT, {"dataset": dataset, "file": file})
        return job

    def find(self, job_id: str) -> Job | None:
        """A job that is still kept."""
        folder = self._root / job_id
        if not _ID.fullmatch(job_id) or not folder.is_dir() or self._age(folder) > KEPT_SECONDS:
            return None
        job = Job(folder)
        if job.status["state"] == "working" and self._age(folder) > _SILENT_SECONDS:
            job.tell("failed", "Reading it was stopped. Send the file again.")
        return job

    def sweep(self) -> None:
        """Remove what is too old."""
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if _ID.fullmatch(folder.name) and self._age(folder) > KEPT_SECONDS:
                Job(folder).remove()

    @contextmanager
    def turn(self) -> Iterator[int]:
        """The right to score one file: a descriptor that keeps it for as long as anybody has it open.

        Raises:
            BusyError: If another file is being scored.
        """
        self._make_root()
        descriptor = os.open(self._root / "BUSY", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield descriptor
        except BlockingIOError:
            raise BusyError from None
        finally:
            os.close(descriptor)

    def _age(self, folder: Path) -> float:
        """Seconds since a job was last heard of: its folder changes whenever a word replaces another."""
        return self._clock() - folder.stat().st_mtime

    def _make_root(self) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._root.stat().st_uid != os.getuid():
            raise PermissionError(f"{self._root} belongs to somebody else")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return found


def _write(path: Path, content: dict[str, str]) -> None:
    begun = path.with_name(f".{path.name}")
    begun.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    begun.replace(path)
