"""A house for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.access.house import House, build


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Accounts of our own: ann is an analyst, max a manager."""
    house = build(tmp_path)
    yield house
    house.reception.close()
