"""Who of a crowd lies in a shape on its map: found once per shape, whatever is asked of them then."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from webapp import lasso
from webapp.by_cell import ByCell, Numbers
from webapp.crowd import INSIDE, Crowd
from webapp.lasso import Mask
from webapp.shapes import Area, encloses


@dataclass(frozen=True)
class Enclosed:
    """How they are found; and a bit for every customer, as tables for `crowd.INSIDE` that are joined by position, once they are asked for.

    Attributes:
        within: Of each cell of the map whether all of it is inside.
        border: Whether an edge may pass through it.
        near: Of each customer in one of these, by row, whether they are inside.
    """

    within: Mask
    border: Mask
    near: Mask
    _positions: ByCell
    _sample: Numbers

    @cached_property
    def placed(self) -> pa.Table:
        """In the order of the table of that name."""
        found = np.repeat(self.within, self._positions.sizes)
        found[self._positions.rows(self.border)] = self.near
        return as_table(found)

    @cached_property
    def sample(self) -> pa.Table:
        """The same."""
        cell, sizes = self._positions.cells_of(self._sample), self._positions.sizes
        found, there = self.within[cell], self.border[cell]
        # Where the customers of each cell begin among those who were tried.
        begins = np.cumsum(np.where(self.border, sizes, 0)) - sizes
        found[there] = self.near[(begins - self._positions.starts[:-1])[cell[there]] + self._sample[there]]
        return as_table(found)


def enclosed(area: Area, crowd: Crowd) -> Enclosed:
    """Who lies in a shape."""
    return crowd.shapes.get(tuple(area), lambda: _find(area, crowd))


def _find(area: Area, crowd: Crowd) -> Enclosed:
    """Only those in a cell that an edge passes through are tried one by one."""
    within, border = lasso.cells(area, crowd)
    places = crowd.positions.among(border)
    return Enclosed(within, border, encloses(area, places["x"], places["y"]), crowd.positions, crowd.sample)


def as_table(found: Mask) -> pa.Table:
    """For `crowd.INSIDE`."""
    return pa.table({INSIDE: found})
