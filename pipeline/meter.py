"""Seconds per stage, and the most memory that was held."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

# What a dataset goes through, in order.
STAGES = ("reading", "checking", "features", "clusters", "personas", "map", "history", "trust", "writing")

# Linux counts kilobytes, macOS bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


# Hears of a dataset and the stage that begins.
Report = Callable[[str, str], None]


class Meter:
    """Times the stages of one dataset, telling `report` of each as it begins."""

    def __init__(self, dataset: str, report: Report) -> None:
        """Call `report(dataset, stage)` at the start of each stage."""
        self.seconds: dict[str, float] = {}
        self._dataset, self._report = dataset, report

    def add(self, seconds: dict[str, float]) -> None:
        """Count what another meter of the same dataset timed."""
        for name, more in seconds.items():
            self.seconds[name] = round(self.seconds.get(name, 0.0) + more, 3)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block; a stage met twice adds up."""
        self._report(self._dataset, name)
        started = perf_counter()
        try:
            yield
        finally:
            self.add({name: perf_counter() - started})


def peak_memory() -> int:
    """Bytes: the most this process ever held, and the most that any process it waited for held, added up."""
    return _UNIT * sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
