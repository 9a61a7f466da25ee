"""A house for each test, on one run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.access.house import House, build
from tests.webapp.handmade import publish


@pytest.fixture(scope="package")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, which no house of these tests alters: publishing one for each takes longer than most of them."""
    folder = tmp_path_factory.mktemp("runs")
    publish(folder)
    return folder


@pytest.fixture
def house(tmp_path: Path, runs: Path) -> Iterator[House]:
    """Accounts of our own: ann is an analyst, max a manager."""
    house = build(tmp_path, runs=runs)
    yield house
    house.reception.close()
