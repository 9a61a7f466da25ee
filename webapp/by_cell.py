"""What is known of the customers of a crowd where their place on its map says: in a file of which little is read, and nothing kept."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from webapp.on_disk import OnDisk

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Cells = np.ndarray[Any, np.dtype[np.bool_]]
# Where a customer is on the map.
PLACE = np.dtype([("x", np.float32), ("y", np.float32)])


@dataclass(frozen=True)
class ByCell:
    """One entry per customer, in the order of a table in which those of one cell of the map stand together.

    Attributes:
        starts: The row of the first customer of each cell, and how many customers there are.
    """

    starts: Numbers
    _dtype: np.dtype[Any]
    _file: OnDisk

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch], sizes: Numbers, dtype: np.dtype[Any]) -> "ByCell":
        """Keep something of each customer.

        Args:
            batches: In the order of the table, with a column for each field of `dtype`.
            sizes: How many customers each cell holds.
            dtype: What an entry is kept as.

        Raises:
            OSError: If the disk has no room for them.
        """
        return cls(np.concatenate([[0], np.cumsum(sizes)]), dtype, OnDisk(_entries(batch, dtype).tobytes() for batch in batches))

    @property
    def sizes(self) -> Numbers:
        """How many customers each cell holds."""
        return np.diff(self.starts)

    def rows(self, cells: Cells) -> Numbers:
        """The rows of all in the cells that are true."""
        return np.concatenate([np.empty(0, np.int64), *(np.arange(first, last) for first, last in self._spans(cells))])

    def cells_of(self, rows: Numbers) -> Numbers:
        """The cells that some rows belong to, which are in order."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(np.searchsorted(rows, self.starts)))

    def each(self, cells: Cells) -> Iterator[np.ndarray[Any, Any]]:
        """The entries of all in the cells that are true, by row: of cells beside each other at once."""
        return (np.frombuffer(part, self._dtype) for part in self._read(cells))

    def among(self, cells: Cells) -> np.ndarray[Any, Any]:
        """The same in one piece."""
        return np.frombuffer(b"".join(self._read(cells)), self._dtype)

    def _read(self, cells: Cells) -> Iterator[bytes]:
        size = self._dtype.itemsize
        return (os.pread(self._file.descriptor, (last - first) * size, first * size) for first, last in self._spans(cells))

    def _spans(self, cells: Cells) -> list[list[int]]:
        spans: list[list[int]] = self.starts[np.flatnonzero(np.diff(cells, prepend=False, append=False))].reshape(-1, 2).tolist()
        return spans


def _entries(batch: pa.RecordBatch, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    entries = np.empty(batch.num_rows, dtype)
    for name in dtype.names or ():
        entries[name] = batch[name].to_numpy()
    return entries
