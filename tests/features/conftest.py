"""The engine that features are asked of, and the dataset that they are declared in."""

from collections.abc import Iterator

import pytest
from ibis.backends.duckdb import Backend

from pipeline import engine
from pipeline.catalogue import Catalogue
from pipeline.settings import TransactionsDataset


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with engine.connect(tmp_path_factory.mktemp("work")) as connection:
        yield connection


@pytest.fixture(scope="session")
def retail(shipped: Catalogue) -> TransactionsDataset:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    return dataset
