"""Rows kept out of a file, as a list: each as it was read, with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa

from pipeline.exports.listing import Listing, of_batches
from pipeline.schema import TEXT, Column

# Of the table `rejected`, in the order of the list; `row` is one column per column of the file.
COLUMNS = ("source", "source_row", "reason", "row", "line")


def of_rejected(batches: Iterable[pa.RecordBatch], rows: int, published: Sequence[Column], file_columns: Iterable[str]) -> Listing:
    """A list of `rows` rows.

    Args:
        batches: The table `rejected`, its columns in the order of `COLUMNS`.
        rows: How many there are.
        published: Its columns as they are published.
        file_columns: The source's own columns.
    """
    by_name = {column.name: column for column in published}
    described = [by_name[name] for name in COLUMNS]
    listed = of_batches(batches, rows, tuple(described), "all rows kept out")
    before, after = described[:3], described[4]
    return replace(listed, columns=(*before, *(Column(name, TEXT, "as in the file") for name in file_columns), after))
