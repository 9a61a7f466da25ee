"""The product as a process of its own, started in one of the ways it is run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.webapp.ports import free_port

ROOT = Path(__file__).parents[3]
STARTING_SECONDS, ENDING_SECONDS = 60.0, 15.0
AT_HOME = (sys.executable, "-m", "webapp")
# As platforms run it; `env` takes the variables that the line begins with.
BY_PROCFILE = ("sh", "-c", "exec env " + (ROOT / "Procfile").read_text().removeprefix("web: ").strip())


class Product(NamedTuple):
    """A server that runs: its address without a slash, the runs it reads, what it says, and its process."""

    url: str
    artifacts: Path
    log: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def running(artifacts: Path, log: Path, command: Sequence[str] = AT_HOME, **changes: str) -> Iterator[Product]:
    """Serve a folder of runs, empty or not, until the block ends; `changes` are variables of its environment."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    unset = {"CACHE_URL", "CLIENTELE_LOG", "DYNO", "WEB_CONCURRENCY"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    # Files that are sent to another server of this machine are none of this one's.
    environment |= {"CLIENTELE_AUTH": "none", "PORT": str(port), "CLIENTELE_ARTIFACTS": str(artifacts), "TMPDIR": str(log.parent)}
    # The trail apart from the log, which tests read.
    environment |= {"CLIENTELE_URL": url, "CLIENTELE_AUDIT": str(log.with_name("trail")), **changes}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        product = Product(url, artifacts, log, process)
        try:
            _until(lambda: answer(product, "/healthz") == "ok\n", process, log)
            yield product
        finally:
            process.terminate()
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def answer(product: Product, path: str) -> str | None:
    """What is answered at an address, whatever its status; None while nobody listens."""
    try:
        with urlopen(product.url + path, timeout=10) as response:
            return str(response.read().decode())
    except HTTPError as error:
        with error:
            return error.read().decode()
    except URLError:
        return None


def wait_for_run(product: Product, run_id: str) -> None:
    """Wait until the server shows a run."""
    _until(lambda: answer(product, "/run") == run_id, None, product.log)


def _until(done: Callable[[], bool], process: subprocess.Popen[bytes] | None, log: Path) -> None:
    deadline, pause = time.monotonic() + STARTING_SECONDS, Event()
    while not done():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise RuntimeError(f"the server {'ended' if ended else 'was not ready in time'}: {log.read_text()}")
        pause.wait(0.1)
