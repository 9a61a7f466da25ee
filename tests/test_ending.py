import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT

# Each says which processes it has, at work for ever, and is killed.
BESIDE = """
import os, pathlib, signal
from pipeline import beside
from tests.conftest import silent
from tests.test_beside import name_process, wait_for_ever

if __name__ == "__main__":
    with beside.child(silent) as child:
        print(beside.result(child.submit(name_process, "any"), pathlib.Path("a.csv")), flush=True)
        child.submit(wait_for_ever)
        os.kill(os.getpid(), signal.SIGKILL)
"""
WORKERS = """
import os, signal
from pipeline.workers import workers

if __name__ == "__main__":
    with workers([]) as some:
        for _ in range(os.cpu_count()):
            some.submit(os.getpid).result()
            some.submit(signal.pause)
        print(*some._processes, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("program", [BESIDE, WORKERS], ids=["beside", "workers"])
def test_processes_end_with_the_one_that_started_them_however_that_ends(tmp_path: Path, program: str) -> None:
    (tmp_path / "parent.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, tmp_path / "parent.py"], env=environment, stdout=subprocess.PIPE, check=False)
    assert ended.returncode == -signal.SIGKILL
    processes = ended.stdout.split()
    assert processes
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # gone already
            psutil.Process(int(process)).wait(timeout=30)
