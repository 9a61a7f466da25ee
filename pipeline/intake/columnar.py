"""Parquet to staged parquet: every column cast to text, so that one set of checks serves all formats."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.intake.columns import match
from pipeline.intake.staged import Layout, Staged, identifier, literal

# Dictionary-encoded columns of one value can be small indeed; gigabytes out of a few kilobytes cannot be data.
MAX_RATIO = 1000
MAX_UNPACKED_UNCHECKED = 1 << 30


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
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name}: the parquet file is damaged or cut short ({str(error)[:160]}). Export it again.") from None
    declared = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    size = path.stat().st_size
    if declared > MAX_UNPACKED_UNCHECKED and declared / size > MAX_RATIO:
        raise InputError(f"{path.name}: declares {declared / 1e9:,.1f} GB of data in {size / 1e6:,.2f} MB. Export it again.")
    for field in schema:
        if pa.types.is_nested(field.type):
            raise InputError(f"{path.name}: column {field.name!r} is nested ({field.type}). Flatten it before the export.")
    matched = match(schema.names, layout.wanted, where=path.name)
    if metadata.num_rows == 0:
        raise InputError(f"{path.name}: has columns and no rows. Export it again with its rows.")
    columns = ", ".join(f"{identifier(own)}::VARCHAR AS {identifier(name)}" for own, name in zip(schema.names, matched.names, strict=True))
    target = work / "rows.parquet"
    with duckdb.connect(config={"temp_directory": str(work)}) as connection:
        try:
            connection.execute(
                f"""COPY (SELECT {literal(path.name)} AS __source, nth AS __row, nth AS __ordinal,
                    NULL::VARCHAR AS __fault, NULL::VARCHAR AS __line, * EXCLUDE (nth)
                    FROM (SELECT row_number() OVER () AS nth, {columns} FROM read_parquet({literal(str(path))})))
                    TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"""
            )
        except duckdb.Error as error:
            raise InputError(f"{path.name}: the parquet file is damaged ({str(error).splitlines()[0][:160]}). Export it again.") from None
    return Staged(path.name, [target], matched.names, matched.renamed, matched.extra)
