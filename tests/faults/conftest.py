"""What faults are injected into: real servers on this machine, their clients, and disks of a size."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FIGURES = pytest.StashKey[list[str]]()
Mount = Callable[..., Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Keep a figure, to be said at the end."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount over a folder, as `mount` is told to; without the right a test is skipped, or fails where CLIENTELE_REQUIRE_ROOT is set."""
    with ExitStack() as mounted:

        def put(folder: Path, *options: str) -> Path:
            done = subprocess.run(["mount", *options, folder], stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                refused = f"nothing can be mounted: {done.stderr.strip()}"
                if os.environ.get("CLIENTELE_REQUIRE_ROOT"):
                    pytest.fail(refused)
                pytest.skip(refused)
            mounted.callback(subprocess.run, ["umount", folder], check=True)
            return folder

        yield put


@pytest.fixture
def read_only(mount: Mount) -> Callable[[Path], Path]:
    """Make a folder one that nobody can write to, root neither."""

    def close(folder: Path) -> Path:
        mount(folder, "--bind", str(folder))
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        return folder

    return close
