"""A process beside this one, within limits, for the work that the engine does: its memory goes back to the system when it ends."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

from pipeline import ending
from pipeline.errors import InputError
from pipeline.limits import CATALOGUE, Limits, keep_within
from pipeline.meter import Report

T = TypeVar("T")

# In the child: where the stages that begin are told of.
_told: Connection


class Child:
    """Runs functions one after another in one process."""

    def __init__(self, pool: ProcessPoolExecutor, limits: Limits) -> None:
        """Use `pool`, which has one worker and keeps the limits of memory and of computing."""
        self.limits = limits
        self._pool = pool
        self._processes: list[BaseProcess] = []

    def submit(self, function: Callable[..., T], *arguments: Any) -> "Work[T]":
        """Start `function(report, *arguments)`, all of which have to survive pickling, once what came before is done."""
        try:
            work = Work(self._pool.submit(_call, function, arguments), self)
            self._processes = list(self._pool._processes.values())
            return work
        except BrokenProcessPool as error:
            # It died of something submitted before: whoever waits for this hears of it too.
            failed: Future[T] = Future()
            failed.set_exception(error)
            return Work(failed, self)

    def kill(self) -> None:
        """End the process, whatever it is doing; it has nothing to put in order, and native code may not heed less."""
        for process in self._processes:
            process.kill()

    def computed_too_long(self) -> bool:
        """Whether it died of that."""
        if manager := self._pool._executor_manager_thread:
            manager.join()  # type: ignore[attr-defined] # a thread, which is told of the end; its stub has it for another thing
        return any(process.exitcode == -signal.SIGXCPU for process in self._processes)


@dataclass(frozen=True)
class Work(Generic[T]):
    """Something that a child was asked for; `result` waits for it."""

    future: "Future[T]"
    child: Child


@contextmanager
def child(report: Report, limits: Limits = CATALOGUE) -> Iterator[Child]:
    """A process that ends with the block, whatever it was doing.

    Args:
        report: Hears of the stages that begin there.
        limits: What it may take.
    """
    # spawn: a fork would copy the locks of threads that run here.
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    listener = Thread(target=_listen, args=(told, report), daemon=True)
    listener.start()
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_begin, initargs=(tell, limits)) as pool:
        found = Child(pool, limits)
        try:
            yield found
        except BaseException:
            # What it is still at is of no use any more, and its folder is about to go.
            found.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            tell.close()
            listener.join()


def result(work: Work[T], path: Path) -> T:
    """Wait for what was submitted about the file `path`.

    Raises:
        InputError: As the function found, or if the file made the process reach a limit, or die.
    """
    limits = work.child.limits
    remedy = "Split it into smaller files" if path.suffix.lower() == ".csv" else "Split it into smaller files, or export it as CSV"
    memory = f"for want of memory: it may take {limits.memory / 1e9:,.1f} GB. {remedy}, or use a machine with more."
    if wait([work.future], limits.seconds).not_done:
        work.child.kill()
        raise InputError(f"{path.name}: reading it was stopped after {limits.seconds:g} seconds, the most that it may take. {remedy}.")
    try:
        return work.future.result()
    except MemoryError:
        raise InputError(f"{path.name}: reading it was stopped {memory}") from None
    except BrokenProcessPool:
        if work.child.computed_too_long():
            computing = f"{limits.processor_seconds} seconds of computing, the most that it may take"
            raise InputError(f"{path.name}: reading it was stopped after {computing}. {remedy}.") from None
        raise InputError(f"{path.name}: reading it was stopped by the system, most likely {memory}") from None


def _begin(tell: Connection, limits: Limits) -> None:
    global _told  # noqa: PLW0603 - a process pool has no other place for what its worker keeps
    _told = tell
    # What fails is told by an exception; what native code writes as it dies is nothing to a reader of messages.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    ending.with_parent()
    keep_within(limits)


def _call(function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    return function(_report, *arguments)


def _report(dataset: str, stage: str) -> None:
    _told.send((dataset, stage))


def _listen(told: Connection, report: Report) -> None:
    while True:
        try:
            dataset, stage = told.recv()
        except EOFError:
            return
        report(dataset, stage)
