"""What the customers of a crowd spent by month: in a file that is read a part at a time, and nothing kept.

An engine that is asked for the months of some customers takes those of all of them out of their compressed form.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from webapp.by_cell import Numbers
from webapp.on_disk import OnDisk

Amounts = np.ndarray[Any, np.dtype[np.float64]]
# Of a part of the customers: how many of its entries stand before each customer's, and behind the last; of each entry the month, as a
# number since January 1970, and what was spent in it.
_BEFORE, _MONTH, _SPENT = np.int32, np.int16, np.float64


def first_days(months: Numbers) -> "np.ndarray[Any, np.dtype[np.datetime64]]":
    """Months as numbers since January 1970, as their first days."""
    return months.astype("datetime64[M]").astype("datetime64[us]")


@dataclass(frozen=True)
class _Part:
    first: int
    customers: int
    entries: int
    at: int


@dataclass(frozen=True)
class Bought:
    """In the order of a table.

    Attributes:
        months: The first days of all months from the first order's to the last's, shape (months,).
    """

    months: "np.ndarray[Any, np.dtype[np.datetime64]]"
    _parts: list[_Part]
    _file: OnDisk

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> "Bought":
        """Keep what some customers spent.

        Args:
            batches: Column `months`, lists of `month` (a number since January 1970) and `spent`, in the order of the table. Each is read
                as a whole later.

        Raises:
            OSError: If the disk has no room for it.
        """
        first, last, row, at, parts = int(np.iinfo(_MONTH).max), int(np.iinfo(_MONTH).min), 0, 0, []

        def written() -> Iterator[bytes]:
            nonlocal first, last, row, at
            for batch in batches:
                lists = batch["months"]
                entries, before = lists.flatten(), lists.offsets.to_numpy()
                months = entries.field("month").to_numpy().astype(_MONTH, copy=False)
                first, last = int(months.min(initial=first)), int(months.max(initial=last))
                whole = [(before - before[0]).astype(_BEFORE), months, entries.field("spent").to_numpy().astype(_SPENT, copy=False)]
                parts.append(_Part(row, len(lists), len(entries), at))
                row, at = row + len(lists), at + sum(numbers.nbytes for numbers in whole)
                yield from (numbers.tobytes() for numbers in whole)

        file = OnDisk(written())
        return cls(first_days(np.arange(first, last + 1)), parts, file)

    def by(self, rows: Numbers) -> Iterator[tuple[Numbers, Numbers, Amounts]]:
        """What some customers spent, a part of them at a time.

        Args:
            rows: Their rows in the table, ascending.

        Yields:
            Of each month that one of them bought in, by customer: their place among `rows`, its among `months`, and what was spent.
        """
        # One for all parts: fresh memory is made page by page, which takes longer than reading.
        before = np.empty(max((part.customers for part in self._parts), default=0) + 1, _BEFORE)
        months, spent = (np.empty(max((part.entries for part in self._parts), default=0), dtype) for dtype in (_MONTH, _SPENT))
        edges = [*np.searchsorted(rows, [part.first for part in self._parts]).tolist(), len(rows)]
        for part, (start, end) in zip(self._parts, pairwise(edges), strict=True):
            if start == end:
                continue
            whole = [before[: part.customers + 1], months[: part.entries], spent[: part.entries]]
            os.preadv(self._file.descriptor, [numbers.data for numbers in whole], part.at)
            own = rows[start:end] - part.first
            lengths = before[own + 1] - before[own]
            # One after another: where each begins in the part, less what comes before it in the answer.
            entries = np.repeat(before[own] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
            yield np.repeat(np.arange(start, end), lengths), months[entries].astype(np.int64) - self.first, spent[entries]

    @property
    def first(self) -> int:
        """The number of the first month, since January 1970."""
        return int(self.months[0].astype("datetime64[M]").astype(int)) if len(self.months) else 0
