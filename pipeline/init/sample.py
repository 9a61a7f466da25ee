"""The first rows of any file that intake reads, as text."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.intake.staged import OWN, Layout

MOST_ROWS = 5_000
# What files that are not UTF-8 are most often written in.
_USUAL = "cp1252"


@dataclass(frozen=True)
class Sample:
    """Rows as text.

    Attributes:
        path: The file.
        layout: How it was read: delimiter and encoding where they had to be found out, sheets where there are several.
        columns: Header to the texts below it, the empty ones None; all of equal length.
        rows: How many rows the file has.
    """

    path: Path
    layout: Layout
    columns: dict[str, list[str | None]]
    rows: int


def take(path: Path) -> Sample:
    """Read a file without knowing anything of it.

    Raises:
        InputError: If intake would refuse it whatever the catalogue says.
    """
    layout = Layout({})
    try:
        return _take(path, layout)
    except InputError as refusal:
        if "is not valid utf-8" in str(refusal):
            return _take(path, replace(layout, encoding=_USUAL))
        if 'sheets = "all"' in str(refusal):
            return _take(path, replace(layout, sheets="all"))
        raise


def _take(path: Path, layout: Layout) -> Sample:
    with tempfile.TemporaryDirectory() as folder:
        staged = reading.stage(path, layout, Path(folder))
        tables = [pq.read_table(file) for file in staged.files]
    found: dict[str, list[str | None]] = {name: [] for name in staged.columns}
    for table in tables:
        if set(table.column_names) <= set(OWN):
            continue  # rows that could not be taken apart
        head = table.slice(0, MOST_ROWS)
        for name, texts in found.items():
            values = head[name].to_pylist() if name in head.column_names else [None] * len(head)
            texts += [(value or "").strip() or None for value in values]
    return Sample(path, layout, found, sum(table.num_rows for table in tables))
