from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.webapp.access.house import SECRET, Now
from webapp.access.keyed import Keyed
from webapp.access.limits import Limit, Limits
from webapp.access.state import State

KINDS = ("search", "export")
PEOPLE = ("ann", "max")
LIMITS = st.builds(Limit, st.just(KINDS[0]), st.integers(0, 4), st.sampled_from([1.0, 10.0, 60.0]))
# Seconds that pass, then who does what; halves are exact in binary.
STEPS = st.lists(st.tuples(st.integers(0, 40).map(lambda halves: halves / 2), st.sampled_from(PEOPLE), st.sampled_from(KINDS)), max_size=40)


@dataclass
class Counted:
    """Limits with a clock of their own."""

    limits: Limits
    state: State
    now: Now


def counted(path: Path | None = None) -> Counted:
    state, now = State(path), Now()
    return Counted(Limits(state, Keyed(SECRET), now), state, now)


@given(limit=LIMITS, steps=STEPS)
def test_nobody_gets_more_than_the_most_in_any_window_and_nobody_is_refused_with_fewer(
    limit: Limit, steps: list[tuple[float, str, str]]
) -> None:
    house = counted()
    allowed: dict[tuple[str, str], list[float]] = {}
    for passes, name, kind in steps:
        house.now.seconds += passes
        before = allowed.setdefault((name, kind), [])
        recent = [at for at in before if house.now.seconds - at < limit.seconds]
        taken = house.limits.take(Limit(kind, limit.most, limit.seconds), name)
        assert (taken is not None) == (len(recent) < limit.most)
        if taken is not None:
            before.append(house.now.seconds)
    house.state.close()


@given(st.lists(st.booleans(), max_size=30))
def test_what_is_given_back_counts_as_never_used(gives_back: list[bool]) -> None:
    house, limit, used = counted(), Limit("login", 3, 900.0), 0
    for back in gives_back:
        use = house.limits.take(limit, "ann")
        assert (use is None) == (used >= limit.most)
        if use is None:
            continue
        if back:
            house.limits.give_back(use)
        else:
            used += 1
    house.state.close()


def test_giving_one_back_leaves_the_uses_of_others() -> None:
    house, limit = counted(), Limit("login", 1, 900.0)
    ann, other = house.limits.take(limit, "ann"), house.limits.take(limit, "max")
    assert ann is not None
    assert other is not None
    house.limits.give_back(ann)
    assert house.limits.take(limit, "max") is None
    assert house.limits.take(limit, "ann") is not None
    house.state.close()


def test_what_is_over_is_forgotten_and_other_kinds_are_not() -> None:
    house = counted()
    house.limits.take(Limit("search", 5, 60.0), "ann")
    house.limits.take(Limit("login", 5, 900.0), "ann")
    house.now.seconds += 60.0
    house.limits.take(Limit("search", 5, 60.0), "max")
    with house.state.reading() as database:
        assert database.execute("SELECT kind, at FROM uses ORDER BY at").fetchall() == [
            ("login", house.now.seconds - 60.0),
            ("search", house.now.seconds),
        ]
    house.state.close()


def test_whose_uses_they_are_is_stored_as_a_hash_alone(tmp_path: Path) -> None:
    house = counted(tmp_path / "visitors")
    house.limits.take(Limit("login", 5, 900.0), "ann@shop.example\0203.0.113.9")
    with house.state.reading() as database:
        ((key,),) = database.execute("SELECT key FROM uses").fetchall()
    assert key == Keyed(SECRET).name("login", "ann@shop.example\0203.0.113.9")
    house.state.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ann@shop.example" not in stored
    assert b"203.0.113.9" not in stored


def test_two_workers_count_together(tmp_path: Path) -> None:
    here, there = counted(tmp_path / "visitors"), counted(tmp_path / "visitors")
    limit = Limit("export", 3, 60.0)
    taken = [worker.limits.take(limit, "ann") is not None for worker in (here, there, here, there, here)]
    assert taken == [True, True, True, False, False]
    here.state.close()
    there.state.close()
