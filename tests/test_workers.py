import os
import sys

from pipeline.workers import workers


def loaded(module: str) -> tuple[int, bool]:
    """Which process this one comes of, and whether a module is loaded here."""
    return os.getppid(), module in sys.modules


def test_what_workers_need_is_loaded_once_by_the_process_that_all_come_of() -> None:
    with workers(["pipeline.choosing"]) as some:
        found = {asked.result() for asked in [some.submit(loaded, "pipeline.choosing") for _ in range(8)]}
    assert len(found) == 1
    parent, there = found.pop()
    assert there
    assert parent != os.getpid()
