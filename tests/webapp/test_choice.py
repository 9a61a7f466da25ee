from pathlib import Path

import pytest

from pipeline.manifest import DatasetRecord
from tests.webapp.handmade import publish
from webapp.choice import in_words
from webapp.filters import Filters

SHAPE = ((0, 0), (1, 0), (0, 1))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    root: Path = tmp_path_factory.mktemp("choice")
    return publish(root).manifest.datasets["shop"]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), "all customers"),
        (Filters(("Churn Risk",)), "persona is Churn Risk"),
        (Filters(("A", "B"), (0, 3)), "persona is A or B; cluster is 0 or 3"),
        (Filters(ranges={"recency_days": (10, 1200)}), "recency from 10 to 1,200 days"),
        (Filters(categories={"segment": ("At Risk",)}), "segment is At Risk"),
        (Filters(categories={"country": ("UK", "France")}), "country is UK or France"),
        (Filters(ranges={"recency_days": (90, None)}), "recency at least 90 days"),
        (Filters(ranges={"recency_days": (None, 1)}), "recency at most 1 day"),
        (Filters(ranges={"monetary": (20, 1234.5)}), "monetary from £20 to £1,234.50"),
        (Filters(area=SHAPE), "inside a shape drawn on the map"),
        (Filters(("A",), (), {}, {"frequency": (2, None)}, SHAPE), "persona is A; frequency at least 2; inside a shape drawn on the map"),
    ],
)  # fmt: skip
def test_filters_are_said_in_words(shop: DatasetRecord, filters: Filters, words: str) -> None:
    assert in_words(filters, shop) == words
