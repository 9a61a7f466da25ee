"""Those who are at their provider to sign in: what has to match when they come back, for ten minutes, once."""

import secrets
from collections.abc import Callable

from webapp.access.keyed import Keyed
from webapp.access.state import State

KEPT_SECONDS = 600
_BYTES = 32


class Arrivals:
    """All of them."""

    def __init__(self, state: State, keyed: Keyed, clock: Callable[[], float]) -> None:
        """Keep them in `state`; `clock` gives seconds since 1970."""
        self._state, self._keyed, self._clock = state, keyed, clock

    def begin(self, kept: str) -> str:
        """Keep something, and return the number that the browser is to hold."""
        token, now = secrets.token_urlsafe(_BYTES), self._clock()
        with self._state.writing() as database:
            database.execute("DELETE FROM arrivals WHERE began < ?", (now - KEPT_SECONDS,))
            database.execute("INSERT INTO arrivals VALUES (?, ?, ?)", (self._key(token), kept, now))
        return token

    def take(self, token: str) -> str | None:
        """What was kept under a number, which then is no more; None if there is nothing, or it is too old."""
        with self._state.writing() as database:
            found = database.execute("DELETE FROM arrivals WHERE key = ? RETURNING kept, began", (self._key(token),)).fetchone()
        return found[0] if found and self._clock() - found[1] <= KEPT_SECONDS else None

    def _key(self, token: str) -> str:
        return self._keyed.name("arrival", token)
