"""Published tables as parquet: equal rows give equal bytes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.artifacts import sha256
from pipeline.manifest import TableRecord
from pipeline.schema import Table

ROW_GROUP = 100_000


def write(folder: Path, table: Table, batches: Iterable[pa.RecordBatch]) -> TableRecord:
    """Write one table into `folder`, which is made; how the rows were batched does not show.

    Raises:
        ValueError: If the columns are not those of the schema.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table.name}.parquet"
    with pq.ParquetWriter(path, table.arrow, compression="zstd", write_page_index=True) as writer:
        for chunk in _regrouped(batches, ROW_GROUP):
            table.check(chunk.schema)
            writer.write_table(chunk, row_group_size=ROW_GROUP)
    return TableRecord(rows=pq.read_metadata(path).num_rows, bytes=path.stat().st_size, sha256=sha256(path))


def read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """One table as a frame, or some columns of it."""
    # Column by column, each let go of as soon as the frame has it: so millions of rows are not held twice.
    frame: pd.DataFrame = pq.read_table(path, columns=columns).to_pandas(split_blocks=True, self_destruct=True)
    return frame


def batches(path: Path, columns: list[str] | None, size: int) -> Iterator[pa.RecordBatch]:
    """Some columns of a file, or all, at most `size` rows at a time."""
    # What is read ahead would be kept until the end: the whole of the columns as they are in the file.
    with pq.ParquetFile(path, pre_buffer=False) as opened:
        yield from opened.iter_batches(size, columns=columns)


def at(path: Path, columns: list[str], places: np.ndarray) -> pa.Table:
    """Some columns of the rows at some places of a file, lowest first; no more than a batch of all the others is held."""
    found, start = [], 0
    for batch in batches(path, columns, ROW_GROUP):
        here = places[np.searchsorted(places, start) : np.searchsorted(places, start + batch.num_rows)] - start
        found.append(batch.take(pa.array(here)))
        start += batch.num_rows
    return pa.Table.from_batches(found)


def _regrouped(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of `size`, the last one shorter; at least one table."""
    held: list[pa.RecordBatch] = []
    rows, yielded = 0, False
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= size:
            table = pa.Table.from_batches(held)
            yield table.slice(0, size).combine_chunks()
            yielded = True
            held, rows = table.slice(size).to_batches(), rows - size
    if rows or (held and not yielded):
        yield pa.Table.from_batches(held).combine_chunks()
