"""The trail: a line of JSON for each thing that matters afterwards, without values and without anybody's name or id."""

import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from webapp import request_id
from webapp.access.keyed import Keyed
from webapp.access.settings import SettingsError

Action = Literal["login", "logout", "search", "export", "report", "upload", "campaign", "run switch", "run label"]
Result = Literal["done", "failed", "refused", "limited"]


class Trail:
    """Notes what people do."""

    def __init__(
        self, keyed: Keyed, write: Callable[[str], None], *, clock: Callable[[], float], run_id: Callable[[], str] = lambda: "-"
    ) -> None:
        """Write lines with `write`; who and what are named by keyed hashes, the same for as long as the secret is."""
        self._keyed, self._write, self._clock, self._run_id = keyed, write, clock, run_id

    def note(self, action: str, result: Result, *, user: str, about: str = "") -> None:
        """Note that somebody did something.

        Args:
            action: What.
            result: How it ended.
            user: Their name; empty where nobody has to say it.
            about: What it was done to: an address, what was searched for.
        """
        line = {
            "time": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds"),
            "request_id": request_id.current(),
            "user": self._keyed.short("user", user) if user else "-",
            "action": action,
            "object": self._keyed.short("object", about) if about else "-",
            "result": result,
            "run_id": self._run_id(),
        }
        self._write(json.dumps(line))


def result_of(status: int) -> Result:
    """How something ended that was answered with a status of HTTP."""
    if status == 429:
        return "limited"
    if status in {401, 403}:
        return "refused"
    return "done" if status < 400 else "failed"


def writer(path: Path | None) -> Callable[[str], None]:
    """Write lines to the end of a file that nobody else can read, or to standard output.

    Raises:
        SettingsError: If the file cannot be written.
    """
    writing = threading.Lock()

    def to_output(line: str) -> None:
        with writing:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    if path is None:
        return to_output
    file_path = path

    def to_file(line: str) -> None:
        # Opened for each: whoever rotates the file need not tell the server.
        with writing, os.fdopen(_opened(file_path), "a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    try:
        os.close(_opened(file_path))
    except OSError as error:
        raise SettingsError(f"CLIENTELE_AUDIT={path}: cannot be written ({error.strerror}). Name a file that can be.") from None
    return to_file


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
