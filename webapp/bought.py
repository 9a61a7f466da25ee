"""What the customers of a crowd spent by month: in files that are read a part at a time, and nothing kept.

An engine that is asked for the months of some customers takes those of all of them out of their compressed form.
"""

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from webapp.positions import Numbers

Amounts = np.ndarray[Any, np.dtype[np.float64]]
# Customers whose months are read at once.
_PART = 1 << 16
# Of a customer how many months they bought in; of each of these, its number since January 1970, and what was spent in it.
_COUNT, _MONTH, _SPENT = np.dtype(np.uint16), np.dtype(np.int16), np.dtype(np.float64)


@dataclass(frozen=True)
class Bought:
    """In the order of a table.

    Attributes:
        months: The first days of all months from the first order's to the last's, shape (months,).
        starts: How many entries stand before each part of the customers.
    """

    months: "np.ndarray[Any, np.dtype[np.datetime64]]"
    starts: Numbers
    _counts: IO[bytes]
    _months: IO[bytes]
    _spent: IO[bytes]

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> "Bought":
        """Keep what some customers spent.

        Args:
            batches: Column `months`, lists of `month` (a day in it) and `spent`, in the order of the table.

        Raises:
            OSError: If the disk has no room for it.
        """
        first, last = int(np.iinfo(_MONTH).max), int(np.iinfo(_MONTH).min)
        with ExitStack() as stack:
            counts, months, spent = files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            for batch in batches:
                lists = batch["months"]
                each = lists.flatten()
                counts.write(pc.list_value_length(lists).to_numpy().astype(_COUNT).tobytes())
                numbers = each.field("month").to_numpy(zero_copy_only=False).astype("datetime64[M]").astype(_MONTH)
                first, last = int(numbers.min(initial=first)), int(numbers.max(initial=last))
                months.write(numbers.tobytes())
                spent.write(each.field("spent").to_numpy().tobytes())
            for file in files:
                file.flush()
            sizes = [part.sum(dtype=np.int64) for part in _parts(counts)]
            seen = np.arange(first, last + 1).astype("datetime64[M]").astype("datetime64[us]")
            found = cls(seen, np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]), *files)
            # They are closed with the last reference to what is returned.
            weakref.finalize(found, stack.pop_all().close)
            return found

    def by(self, rows: Numbers) -> Iterator[tuple[Numbers, Numbers, Amounts]]:
        """What some customers spent, a part of them at a time.

        Args:
            rows: Their rows in the table, ascending.

        Yields:
            Of each month that one of them bought in, by customer: their place among `rows`, its among `months`, and what was spent.
        """
        first = int(self.months[0].astype("datetime64[M]").astype(int)) if len(self.months) else 0
        edges = np.searchsorted(rows, np.arange(len(self.starts)) * _PART)
        for part in np.flatnonzero(np.diff(edges)).tolist():
            place = np.arange(edges[part], edges[part + 1])
            counts = _read(self._counts, _COUNT, part * _PART, _PART).astype(np.int64)
            own = rows[place] - part * _PART
            lengths = counts[own]
            # One after another: where each begins in the part, less what comes before it in the answer.
            shift = (np.cumsum(counts) - counts)[own] - (np.cumsum(lengths) - lengths)
            at = np.repeat(shift, lengths) + np.arange(lengths.sum())
            begin, count = int(self.starts[part]), int(self.starts[part + 1] - self.starts[part])
            months, spent = _read(self._months, _MONTH, begin, count), _read(self._spent, _SPENT, begin, count)
            yield np.repeat(place, lengths), months[at].astype(np.int64) - first, spent[at]


def _parts(counts: IO[bytes]) -> Iterator["np.ndarray[Any, Any]"]:
    start = 0
    while len(part := _read(counts, _COUNT, start, _PART)):
        yield part
        start += _PART


def _read(file: IO[bytes], dtype: "np.dtype[Any]", first: int, count: int) -> "np.ndarray[Any, Any]":
    return np.frombuffer(os.pread(file.fileno(), count * dtype.itemsize, first * dtype.itemsize), dtype)
