"""The product as a process of its own, started the way it is run."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[3]
STARTING_SECONDS, ENDING_SECONDS = 60.0, 15.0


class Product(NamedTuple):
    """A server that runs: its address without a slash, the runs it reads, and what it says."""

    url: str
    artifacts: Path
    log: Path


@contextmanager
def running(artifacts: Path, log: Path, **more: str) -> Iterator[Product]:
    """Serve a folder of runs, empty or not, until the block ends; `more` is said to it in its environment."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if name not in {"CACHE_URL", "CLIENTELE_LOG", "DYNO"}}
    # Files that are sent to another server of this machine are none of this one's.
    environment |= {"CLIENTELE_AUTH": "none", "PORT": str(port), "CLIENTELE_ARTIFACTS": str(artifacts), "TMPDIR": str(log.parent)}
    environment |= {"CLIENTELE_URL": f"http://127.0.0.1:{port}", **more}
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-m", "webapp"], cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        product = Product(f"http://127.0.0.1:{port}", artifacts, log)
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
