"""Parquet to staged parquet: every column cast to text, so that one set of checks serves all formats."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError, first_line
from pipeline.intake import scratch
from pipeline.intake.columns import match
from pipeline.intake.staged import Layout, Staged, identifier, literal, one_file

# Dictionary-encoded columns of one value can be small indeed; gigabytes out of a few kilobytes cannot be data.
MAX_RATIO = 1000
MAX_UNPACKED_UNCHECKED = 1 << 30
_CELL_BYTES = 8
# Above this a float does not hold every whole number.
_WHOLE_FLOATS = 1e15


def read(path: Path, layout: Layout, work: Path) -> Staged:
    """Read a parquet file.

    Args:
        path: The file; its name is used in messages.
        layout: What the catalogue says of it.
        work: An empty folder for what is staged.

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
    # By position: the names may be anything, ours included.
    texts = ", ".join(f"{_text(at, field.type)} AS c{at}" for at, field in enumerate(schema, start=1))
    columns = ", ".join(f"c{at} AS {identifier(name)}" for at, name in enumerate(matched.names, start=1))
    target = work / "rows.parquet"
    with scratch.connect(work) as connection:
        try:
            connection.execute(
                f"""COPY (SELECT {literal(path.name)} AS __source, nth AS __row, {layout.before} + nth AS __ordinal,
                    NULL::VARCHAR AS __fault, NULL::VARCHAR AS __line, {columns}
                    FROM (SELECT row_number() OVER () AS nth, {texts} FROM read_parquet({one_file(path)}, hive_partitioning = false)))
                    TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"""
            )
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise InputError(f"{path.name}: the parquet file is damaged ({first_line(error)}). Export it again.") from None
    return Staged(path.name, [target], matched.names, matched.renamed, matched.extra)


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


def _text(position: int, dtype: pa.DataType) -> str:
    """SQL for a column as text; ids that went through floats come out as they were, and moments are in UTC."""
    column = f"#{position}"
    if pa.types.is_floating(dtype):
        whole = f"{column} = trunc({column}) AND abs({column}) < {_WHOLE_FLOATS}"
        return f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    if pa.types.is_timestamp(dtype) and dtype.tz:
        return f"timezone('UTC', {column})::VARCHAR"
    return f"{column}::VARCHAR"
