"""Filters in words."""

from pipeline.manifest import DatasetRecord
from webapp import formats
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
    low, high = (None if bound is None else formats.exact_measure(bound, record.features[name], record.currency) for bound in bounds)
    name = formats.words(name).lower()
    if low is None:
        return f"{name} at most {high}"
    return f"{name} at least {low}" if high is None else f"{name} from {low} to {high}"
