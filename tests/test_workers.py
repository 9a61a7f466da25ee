import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline.workers import workers
from tests.conftest import ROOT


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


PARENT = """
import os, signal
from pipeline.workers import workers
from tests.test_workers import loaded

if __name__ == "__main__":
    with workers([]) as some:
        for _ in range(os.cpu_count()):
            some.submit(loaded, "os").result()
            some.submit(signal.pause)
        print(*some._processes, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_with_the_process_that_asked_for_them_however_that_ends(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, tmp_path / "parent.py"], env=environment, stdout=subprocess.PIPE, check=False)
    assert ended.returncode == -signal.SIGKILL
    processes = ended.stdout.split()
    assert processes
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # gone already
            psutil.Process(int(process)).wait(timeout=30)
