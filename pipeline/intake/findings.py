"""The data-quality report: where the rows went, and what was found on the way."""

from dataclasses import dataclass
from typing import Literal

# What becomes of a row that fails a check.
Outcome = Literal["rejected", "warned", "normalised"]


@dataclass(frozen=True)
class Counts:
    """Where every row went: read = kept + rejected + duplicates (those removed)."""

    read: int
    kept: int
    rejected: int
    duplicates: int


@dataclass(frozen=True)
class Tally:
    """How many rows, the ordinal of the first, whose customers' they are, and what they come to in minor units."""

    rows: int = 0
    first: int | None = None
    customers: int | None = None
    minor: int | None = None


@dataclass(frozen=True)
class Finding:
    """One line of the data-quality report.

    Attributes:
        check: What was looked for.
        outcome: rejected, removed, warned or normalised.
        rows: How many are concerned.
        share: Of the rows read, 0 to 1.
        example: The first of them.
        customers: To how many customers these rows belong; None where that was not asked.
        revenue: What these rows come to, in major units of the currency; None without orders.
    """

    check: str
    outcome: str
    rows: int
    share: float
    example: str
    customers: int | None = None
    revenue: float | None = None


@dataclass(frozen=True)
class Remark:
    """What a reader noticed of a file that no check of single values could: the same without a share."""

    check: str
    outcome: str
    rows: int
    example: str
