import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from pipeline import beside, limits
from pipeline.beside import Child
from pipeline.errors import InputError, UndeclaredError
from pipeline.limits import Limits
from pipeline.meter import Report
from tests.conftest import silent

pytestmark = pytest.mark.own_process

LIMITS = Limits(memory=500_000_000, seconds=60)
REMEDY_OF_TEXT = "Split it into smaller files, or use a machine with more."
REMEDY = "Split it into smaller files, or export it as CSV, or use a machine with more."


def name_process(report: Report, dataset: str) -> int:
    report(dataset, "reading")
    return os.getpid()


def refuse(report: Report, message: str) -> None:
    raise InputError(message)


def want(report: Report, setting: str) -> None:
    raise UndeclaredError("say more", setting)


def wait_for_ever(report: Report) -> None:
    report("any", "reading")
    threading.Event().wait()


def take_in_python(report: Report) -> None:
    held = []
    while True:
        held.append(bytes(1_000_000))


def take_in_arrow(report: Report) -> None:
    import pyarrow as pa

    held = []
    while True:
        held.append(pa.allocate_buffer(1_000_000))


def take_in_duckdb(report: Report, work: Path) -> None:
    from pipeline import engine

    with engine.connect(work) as connection:
        connection.raw_sql("SELECT max(texts) FROM (SELECT list(hash(range)::VARCHAR) AS texts FROM range(100_000_000))")


def abort(report: Report) -> None:
    """As native code does that cannot take what it needs."""
    os.abort()


def be_deaf_for_ever(report: Report) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    report("any", "deaf")
    sum(range(10**15))


def assert_gone(process: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def worker(child: Child) -> int:
    """The child's process id; it is started by the first submission."""
    (found,) = child._pool._processes
    return int(found)


def test_everything_runs_in_one_other_process_which_ends_with_the_block() -> None:
    with beside.child(silent) as child:
        first, second = (child.submit(name_process, "any") for _ in range(2))
        assert first.future.result() == second.future.result() == worker(child) != os.getpid()
    assert_gone(first.future.result())


def test_stages_that_begin_there_are_reported_here_before_the_block_is_left() -> None:
    heard: list[tuple[str, str]] = []
    with beside.child(lambda dataset, stage: heard.append((dataset, stage))) as child:
        child.submit(name_process, "club")
        child.submit(name_process, "shop").future.result()
    assert heard == [("club", "reading"), ("shop", "reading")]


def test_a_refusal_comes_through_as_it_was_said_and_what_comes_after_is_done() -> None:
    with beside.child(silent) as child:
        bad, good = child.submit(refuse, "bad.csv: no"), child.submit(name_process, "any")
        with pytest.raises(InputError, match=r"^bad\.csv: no$"):
            beside.result(bad, Path("bad.csv"))
        assert beside.result(good, Path("good.csv")) == worker(child)


def test_a_refusal_for_want_of_a_setting_comes_with_the_setting() -> None:
    with beside.child(silent) as child, pytest.raises(UndeclaredError, match=r"^say more$") as caught:
        beside.result(child.submit(want, "encoding"), Path("a.csv"))
    assert caught.value.setting == "encoding"


@pytest.mark.parametrize(("name", "remedy"), [("a.csv", REMEDY_OF_TEXT), ("big.xlsx", REMEDY)])
def test_a_killed_child_is_said_to_have_wanted_memory_also_of_what_is_submitted_later(name: str, remedy: str) -> None:
    with beside.child(silent, LIMITS) as child:
        started = child.submit(wait_for_ever)
        os.kill(worker(child), signal.SIGKILL)
        with pytest.raises(InputError) as caught:
            beside.result(started, Path(name))
        assert (
            str(caught.value)
            == f"{name}: reading it was stopped by the system, most likely for want of memory: it may take 0.5 GB. {remedy}"
        )
        with pytest.raises(InputError, match="want of memory"):
            beside.result(child.submit(name_process, "any"), Path(name))


def test_work_that_nobody_waits_for_ends_with_a_failure_beside_it() -> None:
    started = []

    def fail() -> None:
        with beside.child(silent) as child:
            started.append(child.submit(wait_for_ever))
            raise InputError("beside")

    with pytest.raises(InputError, match="beside"):
        fail()
    # Without an end the child, and this, would wait for ever.
    with pytest.raises((BrokenProcessPool, CancelledError)):
        started[0].future.result()


class TestMemory:
    @pytest.mark.skipif(sys.platform == "darwin", reason="macOS need not hold to it")
    @pytest.mark.parametrize("take", [take_in_python, take_in_arrow, abort])
    def test_that_is_not_there_is_a_refusal_with_file_limit_and_remedy(self, take: Callable[[Report], None]) -> None:
        with beside.child(silent, LIMITS) as child, pytest.raises(InputError) as caught:
            beside.result(child.submit(take), Path("big.xlsx"))
        assert str(caught.value).startswith("big.xlsx: reading it was stopped ")
        assert str(caught.value).endswith(f"for want of memory: it may take 0.5 GB. {REMEDY}")

    def test_that_the_engine_does_not_have_is_no_fault_of_ours(self, tmp_path: Path) -> None:
        with beside.child(silent, LIMITS) as child, pytest.raises(InputError) as caught:
            beside.result(child.submit(take_in_duckdb, tmp_path), Path("big.csv"))
        # Where the engine is when it runs out decides whether it can still say so, or dies.
        assert str(caught.value).startswith("big.csv: reading it was stopped ")
        assert str(caught.value).endswith(f"for want of memory: it may take 0.5 GB. {REMEDY_OF_TEXT}")

    def test_is_not_limited_here(self) -> None:
        before = resource.getrlimit(resource.RLIMIT_DATA)
        with beside.child(silent, LIMITS) as child:
            beside.result(child.submit(name_process, "any"), Path("a.csv"))
        assert resource.getrlimit(resource.RLIMIT_DATA) == before


class TestTime:
    def test_that_is_over_is_a_refusal_and_the_process_is_gone_whatever_it_ignores(self) -> None:
        deaf = threading.Event()

        def hear(dataset: str, stage: str) -> None:
            deaf.set()

        with beside.child(hear, Limits(LIMITS.memory, seconds=0.01)) as child:
            work = child.submit(be_deaf_for_ever)
            assert deaf.wait(timeout=60)
            process = worker(child)
            with pytest.raises(InputError) as caught:
                beside.result(work, Path("a.csv"))
        assert (
            str(caught.value) == "a.csv: reading it was stopped after 0.01 seconds, the most that it may take. Split it into smaller files."
        )
        assert_gone(process)

    @pytest.mark.slow
    def test_of_computing_that_is_over_is_a_refusal_of_its_own(self) -> None:
        with beside.child(silent, Limits(LIMITS.memory, seconds=60, processor_seconds=2)) as child:
            work = child.submit(be_deaf_for_ever)
            process = worker(child)
            with pytest.raises(InputError) as caught:
                beside.result(work, Path("a.csv"))
        assert str(caught.value) == (
            "a.csv: reading it was stopped after 2 seconds of computing, the most that it may take. Split it into smaller files."
        )
        assert_gone(process)

    def test_is_not_limited_for_a_file_of_the_catalogue(self) -> None:
        assert (limits.CATALOGUE.seconds, limits.CATALOGUE.processor_seconds) == (None, None)
