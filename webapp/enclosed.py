"""Who of a crowd lies in a shape on its map: found once per shape, whatever is asked of them then."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from webapp import lasso
from webapp.crowd import INSIDE, Crowd
from webapp.lasso import Mask
from webapp.shapes import Area, encloses


@dataclass(frozen=True)
class Enclosed:
    """A bit for every customer, as tables for `crowd.INSIDE` that are joined by position; and how they were found.

    Attributes:
        placed: In the order of the table of that name.
        sample: The same.
        within: Of each cell of the map whether all of it is inside.
        border: Whether an edge may pass through it.
        near: Of each customer in one of these, by row, whether they are inside.
    """

    placed: pa.Table
    sample: pa.Table
    within: Mask
    border: Mask
    near: Mask


def enclosed(area: Area, crowd: Crowd) -> Enclosed:
    """Who lies in a shape."""
    return crowd.shapes.get(tuple(area), lambda: _find(area, crowd))


def _find(area: Area, crowd: Crowd) -> Enclosed:
    """Only those in a cell that an edge passes through are tried one by one."""
    within, border = lasso.cells(area, crowd)
    found = np.repeat(within, crowd.positions.sizes)
    places = crowd.positions.among(border)
    near = encloses(area, places["x"], places["y"])
    found[crowd.positions.rows(border)] = near
    return Enclosed(as_table(found), as_table(found[crowd.sample]), within, border, near)


def as_table(found: Mask) -> pa.Table:
    """For `crowd.INSIDE`."""
    return pa.table({INSIDE: found})
