from collections.abc import Iterator

import pytest

from tests.webapp.access.house import SECRET, Now
from webapp.access.arrivals import KEPT_SECONDS, Arrivals
from webapp.access.keyed import Keyed
from webapp.access.state import State


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def state() -> Iterator[State]:
    state = State(None)
    yield state
    state.close()


@pytest.fixture
def arrivals(state: State, now: Now) -> Arrivals:
    return Arrivals(state, Keyed(SECRET), now)


def test_what_was_kept_is_there_once(arrivals: Arrivals) -> None:
    first, second = arrivals.begin("one"), arrivals.begin("two")
    assert [arrivals.take(token) for token in (second, first, first, second, "x")] == ["two", "one", None, None, None]


@pytest.mark.parametrize(("late", "kept"), [(0, "one"), (1, None)])
def test_it_is_there_for_ten_minutes(arrivals: Arrivals, now: Now, late: int, kept: str | None) -> None:
    token = arrivals.begin("one")
    now.seconds += KEPT_SECONDS + late
    assert arrivals.take(token) == kept


def test_those_who_do_not_come_back_are_forgotten_when_another_sets_out(arrivals: Arrivals, state: State, now: Now) -> None:
    arrivals.begin("one")
    now.seconds += KEPT_SECONDS + 1
    token = arrivals.begin("two")
    with state.reading() as database:
        stored = database.execute("SELECT key, kept FROM arrivals").fetchall()
    assert stored == [(Keyed(SECRET).name("arrival", token), "two")]
