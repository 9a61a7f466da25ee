"""What leaves as a file: columns, and rows a part at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.schema import Column

# Values of one part, column by column: text, numbers, moments, or None.
Part = list[list[Any]]


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        columns: In their order.
        rows: How many there are.
        parts: All of them, to be read once.
        choice: Which they are, in words.
    """

    columns: tuple[Column, ...]
    rows: int
    parts: Iterator[Part]
    choice: str


def is_text(column: Column) -> bool:
    """Whether a column's values are text; lists leave as text too."""
    return not (pa.types.is_integer(column.dtype) or pa.types.is_floating(column.dtype) or pa.types.is_timestamp(column.dtype))


def explained(columns: Iterable[Column], currency: str | None) -> list[tuple[str, str, str]]:
    """What columns mean, as rows of a sheet: a heading, then name, unit and meaning of each."""
    units = {"currency": currency or ""}
    return [("Column", "Unit", "Meaning"), *((column.name, units.get(column.unit, column.unit), column.meaning) for column in columns)]
