"""What leaves as a file: columns, and rows a part at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline.schema import TEXT, Column

# Values of one part, column by column: text, numbers, moments, or None.
Part = list[list[Any]]
# Column to code to word, for columns that hold codes: people read and write Female, not 1.
Words = dict[str, dict[Any, str]]

_BETWEEN = "; "
# Rows of one part: as Python's own values and as text they take many times what they take in Arrow.
_ROWS = 5_000


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


def of_frame(frame: pd.DataFrame, columns: tuple[Column, ...], choice: str, words: Words | None = None) -> Listing:
    """A list out of a frame of these columns; columns that `words` names leave as words."""
    return of_batches(pa.Table.from_pandas(frame, preserve_index=False).to_batches(), len(frame), columns, choice, words)


def of_batches(
    batches: Iterable[pa.RecordBatch], rows: int, columns: tuple[Column, ...], choice: str, words: Words | None = None
) -> Listing:
    """The same of `rows` rows that come in parts."""
    worded = tuple(replace(column, dtype=TEXT) if column.name in (words or {}) else column for column in columns)
    return Listing(worded, rows, _parts(batches, words or {}), choice)


def _parts(batches: Iterable[pa.RecordBatch], words: Words) -> Iterator[Part]:
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS):
            yield _plain(batch.slice(start, _ROWS), words)


def _plain(batch: pa.RecordBatch, words: Words) -> Part:
    """A part's values; a structure gives one column per field."""
    part: Part = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_struct(field.type):
            part += [inner.to_pylist() for inner in array.flatten()]
            continue
        values = array.to_pylist()
        if pa.types.is_list(field.type):
            values = [None if value is None else _BETWEEN.join(map(str, value)) for value in values]
        elif pa.types.is_floating(field.type):
            values = [None if value != value else value for value in values]  # noqa: PLR0124 - only NaN differs from itself
        if field.name in words:
            values = [words[field.name].get(value) for value in values]
        part.append(values)
    return part
