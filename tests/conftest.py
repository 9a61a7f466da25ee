"""Fixtures that several test files share."""

import functools
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hypothesis import settings

from pipeline import catalogue
from pipeline.__main__ import main
from pipeline.artifacts import Run
from pipeline.build import Outcome, build
from pipeline.wanted import Request
from tests import here
from tests.buckets import Bucket

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile("clientele", deadline=None)
settings.load_profile("clientele")

ROOT = Path(__file__).parents[1]
# Begins the properties of a test that the summary adds up.
_REFUSED = "refused: "
RAW = Path(os.environ.get("CLIENTELE_RAW", ROOT / "data" / "raw"))
REAL_ARE_THERE = all((RAW / name).is_file() for name in ("Mall_Customers.csv", "online_retail_II.xlsx"))
CREATED_AT = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)

Command = Callable[..., CompletedProcess[str]]


def silent(dataset: str, stage: str) -> None:
    """A report that nobody reads."""


@pytest.fixture(autouse=True)
def work_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read, and segments examined, in the process of the tests, unless the test is about the processes that do so."""
    if "own_process" not in request.keywords:
        here.stand_in(monkeypatch)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, called in a folder and this process: one of its own would load for seconds what is loaded here.

    That each command finds all it needs in a process of its own is told where tests start one.
    """

    def call(folder: Path, *arguments: str, **environment: str) -> CompletedProcess[str]:
        with monkeypatch.context() as called:
            called.chdir(folder)
            called.setattr(sys, "argv", ["pipeline", *arguments])
            for name, value in {"CLIENTELE_RAW": ".", **environment}.items():
                called.setenv(name, value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        return CompletedProcess(arguments, int(ended.value.code or 0), *capsys.readouterr())

    return call


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Have the report count what somebody tried and what came to nothing: a kind, and how often."""
    return lambda kind, count: request.node.user_properties.append((_REFUSED + kind, count))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was tried, of those tests that passed."""
    counts = Counter[str]()
    for report in terminalreporter.stats.get("passed", ()):
        counts.update({name.removeprefix(_REFUSED): count for name, count in report.user_properties if name.startswith(_REFUSED)})
    if counts:
        terminalreporter.section("refused, or made harmless")
        for kind, count in sorted(counts.items()):
            terminalreporter.write_line(f"{count:>7,}  {kind}")


@pytest.fixture(scope="session")
def shipped() -> catalogue.Catalogue:
    """The catalogue that ships."""
    return catalogue.load(ROOT / "datasets.toml")


@pytest.fixture(scope="session")
def real_raw() -> Path:
    """The folder of the real datasets; without it a test is skipped, or fails where they are required."""
    if not REAL_ARE_THERE:
        missing = f"the real datasets are not in {RAW}: set CLIENTELE_RAW to their folder"
        if os.environ.get("CLIENTELE_REQUIRE_REAL"):
            pytest.fail(missing)
        pytest.skip(missing)
    return RAW


@pytest.fixture(scope="session")
def real_run(shipped: catalogue.Catalogue, real_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Both real datasets built with the settings that ship, quickly: trust is built where pages show it."""
    out = tmp_path_factory.mktemp("real")
    return build(Request(shipped, real_raw, out, quick=True), created_at=CREATED_AT, report=silent)


@pytest.fixture(scope="session")
def demo_run(shipped: catalogue.Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Both datasets made up, built quickly."""
    out = tmp_path_factory.mktemp("demo")
    return build(Request(shipped, out / "no-raw", out, demo=True, quick=True), created_at=CREATED_AT, report=silent)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small run that was really built, quickly; whoever changes it copies it."""
    from tests.small import publish  # which needs this file

    return publish(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_described() -> Callable[..., object]:
    """What S3 understands: files of megabytes, which clients share here instead of each reading them again."""
    import botocore.session

    return functools.cache(botocore.session.create_loader)


@pytest.fixture
def bucket(s3: str, s3_described: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket for one test, whose environment leads to it; what is known of it is kept in `cache` below `tmp_path`."""
    monkeypatch.setattr("botocore.session.create_loader", s3_described)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "not to be shown",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CLIENTELE_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(s3)
    yield bucket
    bucket.close()
