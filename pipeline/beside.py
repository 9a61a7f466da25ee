"""A process beside this one, for the work that the engine does: its memory goes back to the system when it ends."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from pipeline.errors import InputError
from pipeline.meter import Report

T = TypeVar("T")

# In the child: where the stages that begin are told of.
_told: Connection


class Child:
    """Runs functions one after another in one process."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        """Use `pool`, which has one worker."""
        self._pool = pool

    def submit(self, function: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Start `function(report, *arguments)`, all of which have to survive pickling, once what came before is done."""
        try:
            return self._pool.submit(_call, function, arguments)
        except BrokenProcessPool as error:
            # It died of something submitted before: whoever waits for this hears of it too.
            failed: Future[T] = Future()
            failed.set_exception(error)
            return failed


@contextmanager
def child(report: Report) -> Iterator[Child]:
    """A process that ends with the block, whatever it was doing; `report` hears of the stages that begin there."""
    # spawn: a fork would copy the locks of threads that run here.
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    listener = Thread(target=_listen, args=(told, report), daemon=True)
    listener.start()
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_begin, initargs=(tell,)) as pool:
        try:
            yield Child(pool)
        except BaseException:
            # What it is still at is of no use any more, and its folder is about to go.
            for process in list((pool._processes or {}).values()):  # None once it is closed
                process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            tell.close()
            listener.join()


def result(work: "Future[T]", path: Path) -> T:
    """Wait for what was submitted about the file `path`.

    Raises:
        InputError: As the function found, or if the file made the process die.
    """
    try:
        return work.result()
    except BrokenProcessPool:
        remedy = "Free some memory" if path.suffix.lower() == ".csv" else "Free some memory, or export it as CSV"
        raise InputError(f"{path.name}: reading it was stopped by the system, most likely for want of memory. {remedy}.") from None


def _begin(tell: Connection) -> None:
    global _told  # noqa: PLW0603 - a process pool has no other place for what its worker keeps
    _told = tell


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
