"""The first rows of any file that intake reads, as text."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import beside
from pipeline.errors import UndeclaredError
from pipeline.intake import reading
from pipeline.intake.staged import OWN, ROW, Layout, Staged, cell
from pipeline.limits import ANY_FILE
from pipeline.meter import Report

MOST_ROWS = 5_000
# What to try where the catalogue would have to say it: most files that are not UTF-8 are written so.
_TRIED: dict[str, Any] = {"encoding": "cp1252", "sheets": "all"}


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


def take(path: Path, *, report: Report) -> Sample:
    """Read a file without knowing anything of it, in a process beside this one.

    Raises:
        InputError: If intake would refuse it whatever the catalogue says.
    """
    # The folder is of this process: the other may be ended at any moment.
    with tempfile.TemporaryDirectory() as folder, beside.child(report, ANY_FILE) as child:
        return beside.result(child.submit(_look, path, Path(folder)), path)


def _look(_: Report, path: Path, folder: Path) -> Sample:
    layout = Layout({})
    try:
        return _read(path, layout, folder / "first")
    except UndeclaredError as refusal:
        return _read(path, replace(layout, **{refusal.setting: _TRIED[refusal.setting]}), folder / "second")


def _read(path: Path, layout: Layout, work: Path) -> Sample:
    work.mkdir()
    staged = reading.stage(path, layout, work)
    files = [pq.ParquetFile(file) for file in (*staged.files, *(file.path for file in staged.in_place))]
    rows = sum(file.metadata.num_rows for file in files)
    heads = [_as_text(staged, work)] if staged.in_place else _heads(files)
    found: dict[str, list[str | None]] = {name: [] for name in staged.columns}
    for head in heads:
        if set(head.schema.names) <= set(OWN):
            continue  # rows that could not be taken apart
        for name, texts in found.items():
            values = head.column(name).to_pylist() if name in head.schema.names else [None] * len(head)
            texts += [(value or "").strip() or None for value in values]
    return Sample(path, layout, found, rows)


def _heads(files: list[pq.ParquetFile]) -> list[pa.RecordBatch]:
    return [batch for file in files if (batch := next(file.iter_batches(MOST_ROWS), None)) is not None]


def _as_text(staged: Staged, work: Path) -> pa.Table:
    """The first rows of a file that is read where it is."""
    from pipeline import engine
    from pipeline.intake import rows

    with engine.connect(work) as connection:
        texts = rows.of_text(connection, staged)
        first = texts.filter(texts[ROW] <= MOST_ROWS).order_by(ROW)
        return first.select(**{name: first[cell(name)] for name in staged.columns}).to_pyarrow()
