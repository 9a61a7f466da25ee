"""How often something may be done in a while, counted for all workers of this machine together."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.access.keyed import Keyed
from webapp.access.state import State


@dataclass(frozen=True)
class Limit:
    """At most `most` times in any `seconds`."""

    kind: str
    most: int
    seconds: float


class Limits:
    """Counts uses; whose they are is stored only as a keyed hash."""

    def __init__(self, state: State, keyed: Keyed, clock: Callable[[], float]) -> None:
        """Count in `state`; `clock` gives seconds since 1970."""
        self._state, self._keyed, self._clock = state, keyed, clock

    def take(self, limit: Limit, whose: str) -> int | None:
        """Use it once, and return what gives it back; None where it is used up, which does not count.

        Counting and using are one step: many at once get no more than one after the other.
        """
        now, key = self._clock(), self._keyed.name(limit.kind, whose)
        with self._state.writing() as database:
            database.execute("DELETE FROM uses WHERE kind = ? AND at <= ?", (limit.kind, now - limit.seconds))
            (count,) = database.execute("SELECT count(*) FROM uses WHERE kind = ? AND key = ?", (limit.kind, key)).fetchone()
            if count >= limit.most:
                return None
            return database.execute("INSERT INTO uses (kind, key, at) VALUES (?, ?, ?)", (limit.kind, key, now)).lastrowid

    def give_back(self, use: int) -> None:
        """Undo one use."""
        with self._state.writing() as database:
            database.execute("DELETE FROM uses WHERE id = ?", (use,))
