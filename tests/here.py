"""The processes that read files and examine segments, without them: starting one takes longer than what most tests have it do.

The same functions are called with the same arguments. That a process of its own runs them, within limits, and dies as it should, is tested
where tests are marked `own_process`, and with runs that are built for several tests.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline import beside, examining
from pipeline.limits import CATALOGUE, Limits
from pipeline.meter import Report


class Here:
    """Stands for `beside.Child`."""

    def __init__(self, report: Report, limits: Limits) -> None:
        self.limits = limits
        self._report = report

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "beside.Work[Any]":
        return beside.Work(_done(function, self._report, *arguments), self)  # type: ignore[arg-type] # it has what is asked of a child


class Workers(Executor):
    """Stands for `workers.workers`, whatever they need."""

    def __init__(self, _: Sequence[str]) -> None: ...

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> "Future[Any]":
        return _done(function, *arguments, **keywords)


@contextmanager
def child(report: Report, limits: Limits = CATALOGUE) -> Iterator[Here]:
    """Stands for `beside.child`."""
    yield Here(report, limits)


def stand_in(patch: pytest.MonkeyPatch) -> None:
    """Have all that is built do so without processes of its own, until `patch` is undone."""
    patch.setattr(beside, "child", child)
    patch.setattr(examining, "workers", Workers)


def _done(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> "Future[Any]":
    done: Future[Any] = Future()
    try:
        done.set_result(function(*arguments, **keywords))
    except Exception as error:  # noqa: BLE001 - raised where the result is asked for
        done.set_exception(error)
    return done
