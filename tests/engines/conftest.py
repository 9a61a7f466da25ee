"""Spark on this machine, for tests: a session of the process that tests, and a cluster of processes of its own."""

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from ibis.backends.duckdb import Backend as DuckDB

from pipeline import engine

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend

_CLASSES = "org.apache.spark.deploy"
# Most of what Java computes for a few rows is better code for more of them, and threads that tidy up: half of the time.
_HASTY = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Nothing listens where another machine could reach it.
_LOOPBACK = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_PUBLIC_DNS": "127.0.0.1"}


@pytest.fixture(scope="session")
def java() -> Iterator[None]:
    """Without Java a test is skipped, or fails where it is required."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        missing = "there is no java, which Spark needs"
        if os.environ.get("CLIENTELE_REQUIRE_SPARK"):
            pytest.fail(missing)
        pytest.skip(missing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", _HASTY)
        yield


@pytest.fixture(scope="package")
def spark(java: None, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Backend]":
    """A connection to a Spark that ends with these tests."""
    from pyspark import SparkContext

    with pytest.MonkeyPatch.context() as patch:
        # Workers are asked for nothing of Python: where they look for it there is none.
        patch.setenv("PYSPARK_PYTHON", "/bin/false")
        with engine.connect(tmp_path_factory.mktemp("spark"), "spark") as connection:
            yield connection
    connection.disconnect()
    gateway = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture(scope="package")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    """What Spark is compared with."""
    with engine.connect(tmp_path_factory.mktemp("duck")) as connection:
        yield connection


@pytest.fixture
def cluster(java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a master with two workers of one core and a GiB each, which the environment leads to."""
    with ExitStack() as stack:
        _, log = stack.enter_context(_daemon("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"))
        address = _said(log, r"Starting Spark master at (spark://\S+)")
        for name in ("one", "two"):
            options = ("--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path / name))
            _, log = stack.enter_context(_daemon("worker.Worker", *options, address))
            _said(log, "Successfully registered with master")
        for key, value in {"SPARK_MASTER": address, **_LOOPBACK}.items():
            monkeypatch.setenv(key, value)
        yield address


@contextmanager
def _daemon(name: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """A process of a cluster, and the lines that it writes."""
    import pyspark

    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), f"{_CLASSES}.{name}", *options]
    with subprocess.Popen(command, env=os.environ | _LOOPBACK, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process, process.stderr
        finally:
            process.kill()


def _said(lines: Iterator[str], pattern: str) -> str:
    """What a pattern finds in the first line that has it; the lines after it are read by nobody, and hold nothing up."""
    for line in lines:
        if found := re.search(pattern, line):
            Thread(target=deque, args=(lines, 0), daemon=True).start()
            return found[found.re.groups]
    raise AssertionError(f"the process ended without a word of {pattern!r}")
