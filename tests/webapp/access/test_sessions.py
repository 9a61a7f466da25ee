import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webapp.access.house import SECRET, Now
from webapp.access.keyed import Keyed
from webapp.access.sessions import IDLE_SECONDS, WHOLE_SECONDS, Session, Sessions
from webapp.access.state import State

# What a page does that is noted only every so often, so that not every request writes.
NOTED_SECONDS = 15


class Desk:
    """Sessions with a clock of their own."""

    def __init__(self, path: Path | None = None) -> None:
        self.state, self.now = State(path), Now()
        self.sessions = Sessions(self.state, Keyed(SECRET), self.now)

    def stored(self) -> list[tuple[str, float, float]]:
        """Key, beginning and last use of each session, in the order in which they began."""
        with self.state.reading() as database:
            return database.execute("SELECT key, began, seen FROM sessions ORDER BY began").fetchall()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.state.close()


def test_a_session_is_found_by_its_number_alone(desk: Desk) -> None:
    token = desk.sessions.begin("ann", "analyst", "stamp")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert desk.sessions.find(token) == Session(Keyed(SECRET).name("session", token), "ann", "analyst", "stamp")
    for other in ("", "x", token[:-1], token.swapcase(), Keyed(SECRET).name("session", token)):
        assert desk.sessions.find(other) is None


def test_no_number_comes_twice(desk: Desk) -> None:
    assert len({desk.sessions.begin("ann", "analyst", "") for _ in range(100)}) == 100


def test_the_number_itself_is_nowhere_on_disk(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "visitors")
    token = desk.sessions.begin("ann", "analyst", "stamp")
    desk.sessions.find(token)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    desk.state.close()
    assert token.encode() not in stored


@given(st.lists(st.tuples(st.sampled_from([1, 14, 15, 16, 600, 1785, 1790, 1800, 1801, 3600]), st.booleans()), max_size=40))
def test_a_session_lives_while_it_is_used_and_never_past_its_end(steps: list[tuple[int, bool]]) -> None:
    """Uses less than `NOTED_SECONDS` after a noted one are not noted, which may end a session that much early, and never late."""
    desk = Desk()
    token = desk.sessions.begin("ann", "manager", "")
    began = noted = used = desk.now.seconds
    for passes, active in steps:
        desk.now.seconds += passes
        now = desk.now.seconds
        found = desk.sessions.find(token, active=active) is not None
        assert found == (now - noted <= IDLE_SECONDS and now - began <= WHOLE_SECONDS)
        if not found:
            assert now - used > IDLE_SECONDS - NOTED_SECONDS or now - began > WHOLE_SECONDS
            assert desk.stored() == []
            break
        assert now - used <= IDLE_SECONDS
        if active:
            used = now
            noted = now if now - noted > NOTED_SECONDS else noted
        assert [(start, seen) for _, start, seen in desk.stored()] == [(began, noted)]
    desk.state.close()


def test_somebody_does_something_unless_it_is_said_otherwise(desk: Desk) -> None:
    token = desk.sessions.begin("ann", "analyst", "")
    desk.now.seconds += IDLE_SECONDS
    assert desk.sessions.find(token) is not None
    desk.now.seconds += IDLE_SECONDS
    assert desk.sessions.find(token) is not None


def test_one_that_is_over_is_gone_for_good(desk: Desk) -> None:
    token = desk.sessions.begin("ann", "analyst", "")
    desk.now.seconds += IDLE_SECONDS + 1
    assert desk.sessions.find(token) is None
    desk.now.seconds -= IDLE_SECONDS
    assert desk.sessions.find(token) is None


@pytest.mark.parametrize(("idle", "whole"), [(IDLE_SECONDS, 0), (IDLE_SECONDS + 1, 1)])
def test_those_nobody_came_back_to_are_forgotten_when_another_begins(desk: Desk, idle: int, whole: int) -> None:
    desk.sessions.begin("ann", "analyst", "")
    desk.now.seconds += idle
    desk.sessions.begin("max", "manager", "")
    assert len(desk.stored()) == 2 - whole


@pytest.mark.parametrize(("more", "left"), [(0, 2), (1, 1)])
def test_those_older_than_eight_hours_are_forgotten_though_they_were_in_use(desk: Desk, more: int, left: int) -> None:
    token = desk.sessions.begin("ann", "analyst", "")
    for _ in range(WHOLE_SECONDS // 1200):
        desk.now.seconds += 1200
        assert desk.sessions.find(token) is not None
    desk.now.seconds += more
    desk.sessions.begin("max", "manager", "")
    assert len(desk.stored()) == left


def test_ending_one_leaves_the_others(desk: Desk) -> None:
    here, there = desk.sessions.begin("ann", "analyst", ""), desk.sessions.begin("ann", "analyst", "")
    found = desk.sessions.find(here)
    assert found is not None
    desk.sessions.end(found.key)
    assert desk.sessions.find(here) is None
    assert desk.sessions.find(there) is not None


def test_another_secret_finds_none_of_them(desk: Desk) -> None:
    token = desk.sessions.begin("ann", "analyst", "")
    assert Sessions(desk.state, Keyed(SECRET[::-1]), desk.now).find(token) is None


def test_the_lengths_are_those_that_are_promised() -> None:
    assert (IDLE_SECONDS, WHOLE_SECONDS) == (1800, 28_800)
