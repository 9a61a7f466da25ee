"""Filters in words."""

from pipeline import formats
from pipeline.manifest import DatasetRecord
from webapp.filters import Filters


def in_words(filters: Filters, record: DatasetRecord) -> str:
    """Which customers are meant: "persona is Churn Risk; recency at least 90 days"."""
    parts = [f"{formats.words(name).lower()} is {' or '.join(words)}" for name, words in _named(filters).items() if words]
    parts += [_between(name, bounds, record) for name, bounds in filters.ranges.items()]
    if filters.area:
        parts.append("inside a shape drawn on the map")
    return "; ".join(parts) or "all customers"


def _named(filters: Filters) -> dict[str, tuple[str, ...]]:
    return {"persona": filters.personas, "cluster": tuple(map(str, filters.clusters)), **filters.categories}


def _between(name: str, bounds: tuple[float | None, float | None], record: DatasetRecord) -> str:
    return f"{formats.words(name).lower()} {formats.between(*bounds, record.features[name], record.currency)}"
