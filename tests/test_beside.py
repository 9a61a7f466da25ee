import os
import signal
import threading
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from pipeline import beside
from pipeline.beside import Child
from pipeline.errors import InputError, UndeclaredError
from pipeline.meter import Report


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


def worker(child: Child) -> int:
    """The child's process id; it is started by the first submission."""
    (found,) = child._pool._processes
    return int(found)


def test_everything_runs_in_one_other_process_which_ends_with_the_block() -> None:
    with beside.child(lambda dataset, stage: None) as child:
        first, second = (child.submit(name_process, "any") for _ in range(2))
        assert first.result() == second.result() == worker(child) != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(first.result(), 0)


def test_stages_that_begin_there_are_reported_here_before_the_block_is_left() -> None:
    heard: list[tuple[str, str]] = []
    with beside.child(lambda dataset, stage: heard.append((dataset, stage))) as child:
        child.submit(name_process, "club")
        child.submit(name_process, "shop").result()
    assert heard == [("club", "reading"), ("shop", "reading")]


def test_a_refusal_comes_through_as_it_was_said_and_what_comes_after_is_done() -> None:
    with beside.child(lambda dataset, stage: None) as child:
        bad, good = child.submit(refuse, "bad.csv: no"), child.submit(name_process, "any")
        with pytest.raises(InputError, match=r"^bad\.csv: no$"):
            beside.result(bad, Path("bad.csv"))
        assert beside.result(good, Path("good.csv")) == worker(child)


def test_a_refusal_for_want_of_a_setting_comes_with_the_setting() -> None:
    with beside.child(lambda dataset, stage: None) as child, pytest.raises(UndeclaredError, match=r"^say more$") as caught:
        beside.result(child.submit(want, "encoding"), Path("a.csv"))
    assert caught.value.setting == "encoding"


@pytest.mark.parametrize(("name", "remedy"), [("a.csv", "Free some memory."), ("big.xlsx", "Free some memory, or export it as CSV.")])
def test_a_killed_child_is_said_to_have_wanted_memory_also_of_what_is_submitted_later(name: str, remedy: str) -> None:
    with beside.child(lambda dataset, stage: None) as child:
        started = child.submit(wait_for_ever)
        os.kill(worker(child), signal.SIGKILL)
        with pytest.raises(InputError) as caught:
            beside.result(started, Path(name))
        assert str(caught.value) == f"{name}: reading it was stopped by the system, most likely for want of memory. {remedy}"
        with pytest.raises(InputError, match="want of memory"):
            beside.result(child.submit(name_process, "any"), Path(name))


def test_work_that_nobody_waits_for_ends_with_a_failure_beside_it() -> None:
    started = []

    def fail() -> None:
        with beside.child(lambda dataset, stage: None) as child:
            started.append(child.submit(wait_for_ever))
            raise InputError("beside")

    with pytest.raises(InputError, match="beside"):
        fail()
    # Without an end the child, and this, would wait for ever.
    with pytest.raises((BrokenProcessPool, CancelledError)):
        started[0].result()
