import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp.access.state import State

USE = "INSERT INTO uses (kind, key, at) VALUES ('search', ?, 0)"


def uses(state: State) -> list[str]:
    with state.reading() as database:
        return [key for (key,) in database.execute("SELECT key FROM uses ORDER BY key")]


def test_what_fails_halfway_changes_nothing_and_the_next_goes_on() -> None:
    state = State(None)

    def fail() -> None:
        with state.writing() as database:
            database.execute(USE, ("half",))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail()
    assert uses(state) == []
    with state.writing() as database:
        database.execute(USE, ("whole",))
    assert uses(state) == ["whole"]
    state.close()


def test_nobody_else_can_read_the_file_or_what_stands_beside_it(tmp_path: Path) -> None:
    state = State(tmp_path / "visitors.sqlite")
    with state.writing() as database:
        database.execute(USE, ("a",))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    state.close()
    assert modes == {"visitors.sqlite": 0o600, "visitors.sqlite-wal": 0o600, "visitors.sqlite-shm": 0o600}


def test_a_file_that_others_could_read_is_theirs_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "visitors.sqlite"
    State(path).close()
    path.chmod(0o644)
    State(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_written_outlives_the_process(tmp_path: Path) -> None:
    state = State(tmp_path / "visitors")
    with state.writing() as database:
        database.execute(USE, ("a",))
    state.close()
    again = State(tmp_path / "visitors")
    assert uses(again) == ["a"]
    again.close()


def test_without_a_path_each_has_its_own() -> None:
    here, there = State(None), State(None)
    with here.writing() as database:
        database.execute(USE, ("a",))
    assert (uses(here), uses(there)) == (["a"], [])
    here.close()
    there.close()


def test_a_reader_sees_what_was_there_before_a_writer_is_done_and_does_not_wait(tmp_path: Path) -> None:
    here, there = State(tmp_path / "visitors"), State(tmp_path / "visitors")
    with here.writing() as database:
        database.execute(USE, ("a",))
        assert uses(there) == []
    assert uses(there) == ["a"]
    here.close()
    there.close()


def test_two_workers_and_many_threads_lose_nothing(tmp_path: Path) -> None:
    workers, together = [State(tmp_path / "visitors"), State(tmp_path / "visitors")], threading.Barrier(8)

    def count(number: int) -> None:
        together.wait()
        for _ in range(20):
            with workers[number % 2].writing() as database:
                (before,) = database.execute("SELECT count(*) FROM uses").fetchone()
                database.execute(USE, (f"{before:03}",))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(8)))
    # Each saw all that were before it: nobody was in between.
    assert uses(workers[0]) == [f"{number:03}" for number in range(160)]
    for worker in workers:
        worker.close()


def test_a_closed_one_lets_go_of_the_file() -> None:
    state = State(None)
    state.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        uses(state)
