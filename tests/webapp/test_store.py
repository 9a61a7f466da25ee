import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import artifacts, publishing
from pipeline.artifacts import Run
from tests.webapp.conftest import Clock
from tests.webapp.handmade import RUN_ID, alter, publish, rewrite
from webapp import opening
from webapp.store import AGAIN_SECONDS, RECHECK_SECONDS, NoRunError, Store

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store(tmp_path, clock=clock)


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every opening of the current run from here on."""
    looks: list[Path] = []
    opened = artifacts.current

    def current(root: Path) -> Run | None:
        looks.append(root)
        return opened(root)

    monkeypatch.setattr(artifacts, "current", current)
    return looks


class TestNothingPublished:
    def test_it_is_said_with_the_command_that_helps(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(NoRunError) as refused:
            store.snapshot()
        assert str(refused.value) == f"No run is published in {tmp_path}. Run `python -m pipeline build`."

    def test_the_first_run_is_shown_once_it_is_published(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        with pytest.raises(NoRunError):
            store.snapshot()
        publish(tmp_path, FIRST)
        clock.now += RECHECK_SECONDS
        assert store.snapshot().run_id == FIRST
        assert store.problem == ""

    def test_nobody_looks_again_before_the_recheck_time(self, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        looks = count_looks(monkeypatch)
        for _ in range(3):
            with pytest.raises(NoRunError, match="No run is published"):
                store.snapshot()
        assert len(looks) == 1
        clock.now += RECHECK_SECONDS
        with pytest.raises(NoRunError, match="No run is published"):
            store.snapshot()
        assert len(looks) == 2

    def test_an_only_run_that_is_damaged_is_no_run_until_it_is_repaired(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        path = publish(tmp_path, FIRST).table("shop", "orders")
        good = path.read_bytes()
        path.write_bytes(b"")
        with pytest.raises(NoRunError, match=r"orders\.parquet: the table was altered"):
            store.snapshot()
        path.write_bytes(good)
        clock.now += RECHECK_SECONDS
        assert store.snapshot().run_id == FIRST


class TestFollowing:
    def test_a_new_run_is_seen_within_the_recheck_time_and_not_before(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        assert store.snapshot().run_id == FIRST
        publish(tmp_path, SECOND)
        clock.now += RECHECK_SECONDS * 0.99
        assert store.snapshot().run_id == FIRST
        clock.now += RECHECK_SECONDS * 0.01
        assert store.snapshot().run_id == SECOND

    def test_going_back_to_an_earlier_run_is_followed(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        publish(tmp_path, SECOND)
        assert store.snapshot().run_id == SECOND
        publishing.use(tmp_path, FIRST)
        clock.now += RECHECK_SECONDS
        assert store.snapshot().run_id == FIRST

    def test_a_run_that_stays_is_not_opened_again(
        self, store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(tmp_path, FIRST)
        looks = count_looks(monkeypatch)
        first = store.snapshot()
        for _ in range(5):
            clock.now += RECHECK_SECONDS
            assert store.snapshot() is first
        assert len(looks) == 1

    def test_a_snapshot_goes_on_answering_after_the_next_run_is_shown(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        old = store.snapshot()
        publish(tmp_path, SECOND, buyers=[])
        clock.now += RECHECK_SECONDS
        count = "SELECT count(*) AS n FROM shop.customers"
        assert [store.snapshot().rows(count), old.rows(count)] == [[{"n": 0}], [{"n": 5}]]

    def test_the_run_before_is_the_one_that_readers_saw_until_then(self, store: Store, tmp_path: Path) -> None:
        publish(tmp_path, "20240301T000000Z-00000000")
        first = publish(tmp_path, FIRST)
        publish(tmp_path, SECOND)
        assert store.before(store.snapshot()) == first
        publishing.use(tmp_path, "20240301T000000Z-00000000")
        assert store.before(Store(tmp_path).snapshot()) is None

    def test_a_run_that_was_held_back_is_the_run_before_only_if_it_was_switched_to(self, store: Store, tmp_path: Path) -> None:
        first = publish(tmp_path, FIRST)
        held = publish(tmp_path, SECOND, held_back=("shop: rows fell",))
        assert store.snapshot().run_id == FIRST
        publish(tmp_path, "20240312T120000Z-00000003")
        assert store.before(Store(tmp_path).snapshot()) == first
        publishing.use(tmp_path, SECOND)
        assert store.before(Store(tmp_path).snapshot()) == first
        publish(tmp_path, "20240313T120000Z-00000004")
        assert store.before(Store(tmp_path).snapshot()) == held

    def test_a_run_before_that_cannot_be_opened_is_none(self, store: Store, tmp_path: Path) -> None:
        (publish(tmp_path, FIRST).folder / "manifest.json").unlink()
        publish(tmp_path, SECOND)
        assert store.before(store.snapshot()) is None


class TestManifests:
    def test_are_those_of_all_runs_the_newest_first(self, store: Store, tmp_path: Path) -> None:
        first, second = publish(tmp_path, FIRST), publish(tmp_path, SECOND, held_back=("shop: rows fell",))
        assert store.manifests() == [second.manifest, first.manifest]

    def test_pass_over_runs_of_other_versions_and_damaged_ones(self, store: Store, tmp_path: Path) -> None:
        other, good, broken = (publish(tmp_path, f"2024031{day}T120000Z-0000000{day}") for day in (1, 2, 3))
        (broken.folder / "manifest.json").write_text("{")
        rewrite(other.folder, lambda manifest: manifest.update({"of another version": 1}))
        assert store.manifests() == [good.manifest]

    def test_of_nothing_are_none(self, store: Store) -> None:
        assert store.manifests() == []


def alter_a_table(root: Path, run: Run) -> None:
    run.table("gym", "customers").write_bytes(b"")


def remove_the_manifest(root: Path, run: Run) -> None:
    (run.folder / "manifest.json").unlink()


def break_the_manifest(root: Path, run: Run) -> None:
    (run.folder / "manifest.json").write_text("{")


def remove_the_run(root: Path, run: Run) -> None:
    shutil.rmtree(run.folder)


def change_a_schema(root: Path, run: Run) -> None:
    alter(run, "gym", "customers", pq.read_table(run.table("gym", "customers")).drop_columns(["fit"]))


def remove_current(root: Path, run: Run) -> None:
    (root / "CURRENT").unlink()


def garble_current(root: Path, run: Run) -> None:
    (root / "CURRENT").write_bytes(b"\0\0\xff")


DAMAGES = [
    (alter_a_table, "customers.parquet: the table was altered"),
    (remove_the_manifest, "cannot be opened"),
    (break_the_manifest, "cannot be opened"),
    (remove_the_run, f"Runs there: {FIRST}."),
    (change_a_schema, "was published by another version (table customers: lacks ['fit double']"),
    (remove_current, "No run is published"),
    (garble_current, "cannot be opened (embedded null byte)"),
]


class TestTrouble:
    @pytest.mark.parametrize(("damage", "words"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
    def test_the_last_good_run_is_kept_and_the_problem_is_said(
        self, store: Store, clock: Clock, tmp_path: Path, damage: Any, words: str
    ) -> None:
        publish(tmp_path, FIRST)
        good = store.snapshot()
        damage(tmp_path, publish(tmp_path, SECOND))
        clock.now += RECHECK_SECONDS
        assert store.snapshot() is good
        assert words in store.problem
        assert good.rows("SELECT count(*) AS n FROM shop.customers") == [{"n": 5}]

    @pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGES])
    def test_the_problem_is_gone_with_the_next_good_run(self, store: Store, clock: Clock, tmp_path: Path, damage: Any) -> None:
        publish(tmp_path, FIRST)
        store.snapshot()
        damage(tmp_path, publish(tmp_path, SECOND))
        clock.now += RECHECK_SECONDS
        store.snapshot()
        publish(tmp_path, "20240312T120000Z-00000003")
        clock.now += RECHECK_SECONDS
        assert store.snapshot().run_id == "20240312T120000Z-00000003"
        assert store.problem == ""

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
    def test_a_table_that_may_not_be_read_is_a_problem_not_a_failure(self, store: Store, clock: Clock, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        good = store.snapshot()
        publish(tmp_path, SECOND).table("shop", "orders").chmod(0)
        clock.now += RECHECK_SECONDS
        assert store.snapshot() is good
        assert "Permission denied" in store.problem


class Gate:
    """Holds whoever opens the current run until it is told to let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks = 0
        self.entered, self.open = threading.Event(), threading.Event()
        current = artifacts.current

        def held(root: Path) -> Run | None:
            self.looks += 1
            self.entered.set()
            assert self.open.wait(30)
            return current(root)

        monkeypatch.setattr(artifacts, "current", held)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


class TestLookingOnce:
    def test_while_one_looks_the_others_go_on_with_what_they_have(
        self, store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
    ) -> None:
        publish(tmp_path, FIRST)
        store.snapshot()
        publish(tmp_path, SECOND)
        clock.now += RECHECK_SECONDS
        gate = Gate(monkeypatch)
        looking = threads.submit(store.snapshot)
        assert gate.entered.wait(30)
        assert store.snapshot().run_id == FIRST
        gate.open.set()
        assert looking.result(30).run_id == SECOND
        assert gate.looks == 1

    def test_with_nothing_to_go_on_with_they_wait_for_the_one_that_looks(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
    ) -> None:
        publish(tmp_path, FIRST)
        gate = Gate(monkeypatch)
        asked = [threads.submit(store.snapshot) for _ in range(4)]
        assert gate.entered.wait(30)
        gate.open.set()
        assert {future.result(30).run_id for future in asked} == {FIRST}
        assert gate.looks == 1


class TestCrowd:
    """A run that takes its time to be opened; here of more than two customers."""

    @pytest.fixture
    def gate(self, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
        """Lets a crowd be opened once it is set."""
        gate, connect = threading.Event(), opening.connect

        def connected(run: Run, most: int) -> Any:
            assert gate.wait(30)
            return connect(run, most)

        monkeypatch.setattr(opening, "connect", connected)
        return gate

    def test_the_first_is_opened_while_readers_are_told_of_it(self, tmp_path: Path, gate: threading.Event) -> None:
        publish(tmp_path)
        store = Store(tmp_path, most=2)
        with pytest.raises(NoRunError, match=rf"Run {RUN_ID} is being opened: it holds 5 customers\."):
            store.snapshot()
        assert not store.arrived.is_set()
        gate.set()
        assert store.arrived.wait(30)
        assert store.snapshot().run_id == RUN_ID
        assert store.problem == ""

    def test_the_next_is_opened_while_readers_see_the_one_before(self, tmp_path: Path, clock: Clock, gate: threading.Event) -> None:
        gate.set()
        publish(tmp_path, run_id=FIRST)
        store = Store(tmp_path, clock=clock, most=2)
        store.refresh()
        assert store.arrived.wait(30)
        gate.clear()
        publish(tmp_path, run_id=SECOND)
        clock.now += RECHECK_SECONDS
        assert store.snapshot().run_id == FIRST
        assert store.problem == f"Run {SECOND} is being opened: it holds 5 customers."
        (thread,) = (thread for thread in threading.enumerate() if thread.name == "opening")
        gate.set()
        thread.join(30)
        assert store.snapshot().run_id == SECOND

    def test_one_that_is_damaged_is_told_of_and_tried_again_after_a_minute(
        self, tmp_path: Path, clock: Clock, gate: threading.Event
    ) -> None:
        gate.set()
        path = publish(tmp_path).table("shop", "orders")
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"!")
        store = Store(tmp_path, clock=clock, most=2)
        tried(store)
        path.write_bytes(whole)
        clock.now += AGAIN_SECONDS - 1
        with pytest.raises(NoRunError, match=r"orders\.parquet: the table was altered"):
            store.snapshot()
        clock.now += RECHECK_SECONDS
        tried(store)
        assert store.snapshot().run_id == RUN_ID

    def test_another_run_is_opened_at_once(self, tmp_path: Path, clock: Clock, gate: threading.Event) -> None:
        gate.set()
        publish(tmp_path, run_id=FIRST).table("shop", "orders").write_bytes(b"")
        store = Store(tmp_path, clock=clock, most=2)
        tried(store)
        publish(tmp_path, run_id=SECOND)
        clock.now += RECHECK_SECONDS
        tried(store)
        assert store.snapshot().run_id == SECOND

    def test_a_fault_of_ours_is_told_of_too(
        self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        publish(tmp_path)
        monkeypatch.setattr(opening, "connect", lambda *given: {}["no such thing"])
        store = Store(tmp_path, clock=clock, most=2)
        tried(store)
        with pytest.raises(NoRunError, match=rf"Run {RUN_ID} cannot be opened\. The fault is ours and stands in the log\."):
            store.snapshot()
        assert "no such thing" in caplog.text


def tried(store: Store) -> None:
    """Have a store look for a run, and wait until it was opened or was not."""
    with suppress(NoRunError):
        store.snapshot()
    for thread in threading.enumerate():
        if thread.name == "opening":
            thread.join(30)
