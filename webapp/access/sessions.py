"""Sessions on the server's side: a browser holds a number that means nothing by itself, and is stored only as a keyed hash.

Lengths follow OWASP ASVS 5.0, 7.3: an end after being idle, and one that activity does not put off.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from webapp.access.keyed import Keyed
from webapp.access.state import State
from webapp.access.visitor import Role

IDLE_SECONDS = 30 * 60
WHOLE_SECONDS = 8 * 3600
# A request a second would write a second time; an end may come this much early.
_NOTED_SECONDS = 15
# 256 bits, as text of 43 letters.
_BYTES = 32


@dataclass(frozen=True)
class Session:
    """One sign-in.

    Attributes:
        key: What it is stored as.
        name: Whose it is.
        role: What they were when it began.
        stamp: What their account was like then.
    """

    key: str
    name: str
    role: Role
    stamp: str


class Sessions:
    """All sessions of this machine."""

    def __init__(self, state: State, keyed: Keyed, clock: Callable[[], float]) -> None:
        """Keep them in `state`; `clock` gives seconds since 1970."""
        self._state, self._keyed, self._clock = state, keyed, clock

    def begin(self, name: str, role: Role, stamp: str) -> str:
        """Begin one, and return the number that the browser is to hold. Those whose time is over are forgotten."""
        token, now = secrets.token_urlsafe(_BYTES), self._clock()
        with self._state.writing() as database:
            database.execute("DELETE FROM sessions WHERE seen < ? OR began < ?", (now - IDLE_SECONDS, now - WHOLE_SECONDS))
            database.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)", (self._key(token), name, role, stamp, now, now))
        return token

    def find(self, token: str, *, active: bool = True) -> Session | None:
        """The session of a number, if its time is not over; `active` says whether a person did something."""
        key, now = self._key(token), self._clock()
        with self._state.reading() as database:
            found = database.execute("SELECT name, role, stamp, began, seen FROM sessions WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        name, role, stamp, began, seen = found
        if now - seen > IDLE_SECONDS or now - began > WHOLE_SECONDS:
            self.end(key)
            return None
        if active and now - seen > _NOTED_SECONDS:
            with self._state.writing() as database:
                database.execute("UPDATE sessions SET seen = ? WHERE key = ?", (now, key))
        return Session(key, name, role, stamp)

    def end(self, key: str) -> None:
        """End a session, here and for every other worker."""
        with self._state.writing() as database:
            database.execute("DELETE FROM sessions WHERE key = ?", (key,))

    def _key(self, token: str) -> str:
        return self._keyed.name("session", token)
