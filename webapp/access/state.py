"""What is remembered of visitors, for all workers of this machine: a database in a folder that nobody else can open.

Sessions end with the machine's temporary files, at the latest when the machine is replaced: people sign in again.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, stamp TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS uses_by_key ON uses (kind, key, at);
CREATE TABLE IF NOT EXISTS arrivals (key TEXT PRIMARY KEY, kept TEXT NOT NULL, began REAL NOT NULL) WITHOUT ROWID;
"""
# Another worker writes for a few milliseconds at most.
_PATIENCE_SECONDS = 5.0


class State:
    """The database; any thread may ask."""

    def __init__(self, path: Path | None) -> None:
        """Open it, and make what it lacks; without a path it is this process's alone, and gone with it."""
        self._connection = sqlite3.connect(path or ":memory:", timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        if path:
            path.chmod(0o600)
        self._asking = threading.Lock()
        # Readers never wait for a writer. What a crash of the machine may lose are sessions of seconds before.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLES)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Ask one question."""
        with self._asking:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Change something: all of it happens, or nothing, and no other worker is in between."""
        with self._asking:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
