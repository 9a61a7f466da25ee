from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.build import Outcome
from tests.webapp.handmade import Row, buyer, publish
from webapp.snapshot import Snapshot
from webapp.views.scope import Scope


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The run whose numbers can be checked by hand."""
    return Snapshot(publish(tmp_path_factory.mktemp("made")))


@pytest.fixture
def shop(made: Snapshot) -> Scope:
    return Scope(made, "shop")


@pytest.fixture
def gym(made: Snapshot) -> Scope:
    return Scope(made, "gym")


@pytest.fixture
def shop_of(tmp_path: Path) -> Callable[[Sequence[Row]], Scope]:
    """A shop of other customers."""
    return lambda buyers: Scope(Snapshot(publish(tmp_path, buyers=buyers)), "shop")


@pytest.fixture
def shop_of_ids(shop_of: Callable[[Sequence[Row]], Scope]) -> Callable[[Sequence[str]], Scope]:
    """A shop of customers who differ in nothing but their ids."""
    return lambda ids: shop_of([buyer(customer_id, 10, 1, 100.0) for customer_id in ids])


@pytest.fixture(scope="session")
def demo(demo_run: Outcome) -> Snapshot:
    """The run that is made up, as large as it comes."""
    return Snapshot(demo_run.run)


@pytest.fixture(scope="session")
def trusted(trusted_run: Outcome) -> Snapshot:
    """The same, with how far its segments can be trusted."""
    return Snapshot(trusted_run.run)
