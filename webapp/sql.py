"""Names, texts and files as they are written in SQL."""

from pathlib import Path


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(path: Path, options: str = "") -> str:
    """The rows of a file; `options` are further ones of DuckDB's reader."""
    # A bracket would begin a pattern.
    return f"read_parquet({literal(str(path).replace('[', '[[]'))}, hive_partitioning = false{options})"
