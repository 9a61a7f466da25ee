"""Datasets of more customers than can be drawn one by one: what is known of them, and what they are called."""

from dataclasses import dataclass, field

from pipeline.manifest import DatasetRecord
from webapp.bought import Bought
from webapp.buyers import Buyers
from webapp.by_cell import ByCell, Numbers
from webapp.lately import Lately

# A sample holds about as many; a choice of at most `manifest.CROWD` customers needs none.
SAMPLED = 250_000
# Shapes that are kept: each takes a bit for every customer.
_SHAPES = 8
# Choices of few customers that are kept, as many as are asked about at once: each takes nine bytes for everybody in it.
_CHOICES = 4
# Cells of the whole map along its longer side.
CELLS = 256
# What questions call the table that says of each customer, in their order, whether they are in a shape: one column, of the same name,
# which no column of theirs has, for the spaces.
INSIDE = "in the shape"
# Few buyers are unlike all others in these: what all come to who are equal in them is known.
ALIKE = ("persona", "cluster", "recency_days", "frequency", "segment")
# Where they are laid out.
DATABASE = '"laid out"'


@dataclass(frozen=True)
class Crowd:
    """What is known of a dataset that was laid out.

    Attributes:
        every: Its sample holds one customer in so many.
        left: Where its map begins; `low`, `right` and `high` are its other edges.
        positions: Where everybody is on it, in the order of `placed`: x and y.
        sample: The row in `placed` of each customer of `sample`.
        bought: What everybody spent by month, in the order of `placed`; None without orders.
        buyers: Everybody to be counted, in the same order; None without orders.
        shapes: Who lies in the shapes that were drawn last, see `enclosed`.
        few: Those who were looked at last, see `views.few`.
    """

    every: int
    left: float
    low: float
    right: float
    high: float
    positions: ByCell
    sample: Numbers
    bought: Bought | None = None
    buyers: Buyers | None = None
    shapes: Lately = field(default_factory=lambda: Lately(_SHAPES))
    few: Lately = field(default_factory=lambda: Lately(_CHOICES))

    @property
    def whole(self) -> tuple[float, float, float, float]:
        """All edges: left, low, right, high."""
        return self.left, self.low, self.right, self.high

    @property
    def cell(self) -> float:
        """Width and height of a cell of the whole map."""
        return size_of_cells(*self.whole)


def size_of_cells(left: float, low: float, right: float, high: float) -> float:
    """Width and height of a cell of a map with these edges."""
    return max(right - left, high - low) / CELLS


def cell_of(left: float, low: float, cell: float, count: int) -> str:
    """The cell that a customer lies in, in SQL: column + row * count from the lower left; the outermost customers are inside."""
    # Without the casts a number in SQL is a decimal, and reckoning with those takes ten times as long.
    places = (f"floor(({axis} - {edge!r}::DOUBLE) / {cell!r}::DOUBLE)" for axis, edge in (("x", left), ("y", low)))
    column, row = (f"least({place}, {count - 1})" for place in places)
    return f"{column} + {count} * {row}" if cell else "0"


def scaled(record: DatasetRecord, value: str, mean: float, spread: float) -> str:
    """A feature as clustering sees it, in SQL; `value` is the column or parameter."""
    value = f"ln(1 + {value})" if record.settings["scaling"] == "log" else value
    return f"({value} - {mean!r}::DOUBLE) / {spread!r}::DOUBLE"
