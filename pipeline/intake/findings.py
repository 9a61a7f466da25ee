"""The data-quality report: where the rows went, and what was found on the way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Where every row went: read = kept + rejected + duplicates (those removed)."""

    read: int
    kept: int
    rejected: int
    duplicates: int


@dataclass(frozen=True)
class Finding:
    """One line of the data-quality report: what was checked, what came of it, how many rows, and the first of them."""

    check: str
    outcome: str
    rows: int
    share: float
    example: str


@dataclass(frozen=True)
class Remark:
    """What a reader noticed of a file that no check of single values could: the same without a share."""

    check: str
    outcome: str
    rows: int
    example: str
