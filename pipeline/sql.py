"""Names, texts and files as they are written in SQL."""

import re
from pathlib import Path


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def one_file(path: Path | str) -> str:
    """Quote a path for SQL so that it means this file alone: DuckDB reads `*`, `?` and `[` as patterns."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def parquet(path: Path, options: str = "") -> str:
    """The rows of a file; `options` are further ones of DuckDB's reader."""
    # A folder called customer_id=9 is a folder, not a column.
    return f"read_parquet({one_file(path)}, hive_partitioning = false{options})"
