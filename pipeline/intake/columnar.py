"""Parquet, which is read where it is: what has to be known of a file before anything asks for its rows."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError, first_line
from pipeline.intake import scratch
from pipeline.intake.columns import match
from pipeline.intake.staged import InPlace, Layout, Staged
from pipeline.sql import parquet

# Dictionary-encoded columns of one value can be small indeed; gigabytes out of a few kilobytes cannot be data.
MAX_RATIO = 1000
MAX_UNPACKED_UNCHECKED = 1 << 30
_CELL_BYTES = 8


def read(path: Path, layout: Layout) -> Staged:
    """Read the footer of a parquet file.

    Args:
        path: The file; its name is used in messages.
        layout: What the catalogue says of it.

    Raises:
        InputError: Naming file, column and remedy.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except pa.ArrowMemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name}: the parquet file is damaged or cut short ({first_line(error)}). Export it again.") from None
    _refuse_unsafe(path, metadata, schema)
    matched = match(schema.names, layout.wanted, where=path.name)
    if metadata.num_rows == 0:
        raise InputError(f"{path.name}: has columns and no rows. Export it again with its rows.")
    found = InPlace(path, layout.before, matched.names, tuple(str(field.type) for field in schema))
    return Staged(path.name, [], matched.names, matched.renamed, matched.extra, in_place=(found,))


def refuse_damaged(files: Sequence[InPlace], work: Path) -> None:
    """Look for the file that could not be read, once one could not.

    Raises:
        InputError: Naming the first of them.
    """
    with scratch.connect(work) as connection:
        for file in files:
            try:
                connection.execute(f"SELECT max(hash(rows)) FROM {parquet(Path(file.path))} AS rows")
            except duckdb.OutOfMemoryException:
                raise
            except duckdb.Error as error:
                raise InputError(f"{file.name}: the parquet file is damaged ({first_line(error)}). Export it again.") from None


def _refuse_unsafe(path: Path, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
    """Refuse, from its footer, what would come to far more than the file, or holds more than rows and columns."""
    unpacked = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    # A column of one value is next to nothing in the file and in the footer, however many rows it has.
    rows = max(metadata.num_rows, sum(metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)))
    declared = max(unpacked, rows * metadata.num_columns * _CELL_BYTES)
    size = path.stat().st_size
    if declared > MAX_UNPACKED_UNCHECKED and declared / size > MAX_RATIO:
        raise InputError(f"{path.name}: declares {declared / 1e9:,.1f} GB of data in {size / 1e6:,.2f} MB. Export it again.")
    for field in schema:
        if pa.types.is_nested(field.type):
            raise InputError(f"{path.name}: column {field.name!r} is nested ({field.type}). Flatten it before the export.")
