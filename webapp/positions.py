"""Where the customers of a crowd are on its map: in a file of which little is read, and nothing kept."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from webapp.on_disk import OnDisk

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float32]]
# Of a customer: x and y, as `Floats`.
_BYTES = 8


@dataclass(frozen=True)
class Positions:
    """In the order of a table in which those of one cell of the map stand together.

    Attributes:
        starts: The row of the first customer of each cell, and how many customers there are.
    """

    starts: Numbers
    _file: OnDisk

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch], sizes: Numbers) -> "Positions":
        """Keep x and y of some customers.

        Args:
            batches: Columns x and y, in the order of the table.
            sizes: How many customers each cell holds.

        Raises:
            OSError: If the disk has no room for them.
        """
        places = (np.column_stack([batch["x"].to_numpy(), batch["y"].to_numpy()]) for batch in batches)
        return cls(np.concatenate([[0], np.cumsum(sizes)]), OnDisk(place.astype(np.float32).tobytes() for place in places))

    @property
    def sizes(self) -> Numbers:
        """How many customers each cell holds."""
        return np.diff(self.starts)

    def among(self, cells: "np.ndarray[Any, np.dtype[np.bool_]]") -> tuple[Numbers, Floats]:
        """The rows of all in the cells that are true, and x and y of each."""
        spans = self.starts[np.flatnonzero(np.diff(cells, prepend=False, append=False))].reshape(-1, 2).tolist()
        parts = [os.pread(self._file.descriptor, (last - first) * _BYTES, first * _BYTES) for first, last in spans]
        rows = [np.arange(first, last) for first, last in spans]
        return np.concatenate([np.empty(0, np.int64), *rows]), np.frombuffer(b"".join(parts), np.float32).reshape(-1, 2)
