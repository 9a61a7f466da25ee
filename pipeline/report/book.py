"""The workbook of a run: a sheet that says what it is, and four of each dataset."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.xml.functions import tostring

from pipeline import formats
from pipeline.artifacts import Run
from pipeline.exports import workbook
from pipeline.exports.filling import Rows, fill
from pipeline.palette import INDIGO
from pipeline.report import grid, sheets, wording
from pipeline.report.content import Content
from pipeline.report.grid import Head

# The most characters that the name of a sheet has.
_LONGEST = 31
_ABOUT_WIDTHS = {"A": 22, "B": 100}
_SHEETS: dict[str, Callable[[Any, Content], None]] = {"personas": sheets.personas, "clusters": sheets.clusters, "quality": sheets.quality}


def write(contents: Sequence[Content], run: Run, path: Path) -> None:
    """Write it: rows of customers are read and written a part at a time, and all times in it are that of the run."""
    manifest = run.manifest
    made = manifest.created_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book = Workbook(write_only=True)
    book.properties.creator, book.properties.title = "Clientele", "Customer segments"
    book.properties.created = book.properties.modified = made
    names = sheet_names(contents)
    _about(book.create_sheet("About"), contents, run, names)
    rows: dict[str, Rows] = {}
    for content in contents:
        for kind, put in _SHEETS.items():
            put(book.create_sheet(names[content.name, kind]), content)
        found = sheets.customers(book.create_sheet(names[content.name, "customers"]), content, run)
        rows[f"xl/worksheets/sheet{len(book.worksheets)}.xml"] = found
    _columns(book.create_sheet("Columns"), contents)
    bare = io.BytesIO()
    book.save(bare)
    # Saving sets it to now.
    book.properties.modified = made
    with path.open("wb") as file:
        fill(bare, file, rows, instead={"docProps/core.xml": tostring(book.properties.to_tree())}, at=made)


def sheet_names(contents: Sequence[Content]) -> dict[tuple[str, str], str]:
    """Dataset and kind of sheet to the name of the sheet: no longer than allowed, and no two alike."""
    found: dict[tuple[str, str], str] = {}
    for number, content in enumerate(contents, 1):
        for kind in (*_SHEETS, "customers"):
            name = f"{content.name} {kind}"
            shorter = f"{content.name[: _LONGEST - len(kind) - len(str(number)) - 2]} {number} {kind}"
            found[content.name, kind] = name if len(name) <= _LONGEST else shorter
    return found


def _about(page: Any, contents: Sequence[Content], run: Run, names: dict[tuple[str, str], str]) -> None:
    for letter, wide in _ABOUT_WIDTHS.items():
        page.column_dimensions[letter].width = wide
    page.sheet_view.showGridLines = False
    grid.printed(page)
    page.row_dimensions[1].height = 30
    page.append([_large(page, "Customer segments", 18)])
    for number, (first, *others) in enumerate(_told(contents, run, names), 2):
        if not others and first:
            page.row_dimensions[number].height = 22
            page.append([_large(page, first, 13)])
        else:
            page.append([workbook.cell(page, first, bold=True), *(workbook.cell(page, value) for value in others)])


def _told(contents: Sequence[Content], run: Run, names: dict[tuple[str, str], str]) -> Iterator[tuple[str, ...]]:
    """Rows of words; one word alone is a heading."""
    manifest = run.manifest
    yield ("Run", manifest.run_id)
    yield ("Built", f"{formats.day(manifest.created_at)}, {manifest.created_at:%H:%M} UTC, by Clientele {manifest.version}")
    for content in contents:
        record = content.record
        yield ("",)
        yield (record.title,)
        yield ("Customers", formats.count(record.customers))
        yield ("Data", wording.origin(content))
        if record.demo:
            yield ("Caution", wording.MADE_UP)
        if not sheets.has_room(content):
            yield ("Caution", f"A sheet holds {workbook.MOST_ROWS:,} rows below its header: these are the first of the customers.")
        yield ("Sheets", ", ".join(names[content.name, kind] for kind in (*_SHEETS, "customers")))
        for score in wording.scores(content):
            yield (score.label, f"{score.value}: {score.grade}")


def _columns(page: Any, contents: Sequence[Content]) -> None:
    heads = [Head("Dataset", 24), Head("Column of customers", 28), Head("Unit", 12), Head("Meaning", 60)]
    rows = [(content.record.title, *told) for content in contents for told in sheets.explained(content)]
    grid.begin(page, heads, len(rows))
    grid.fill(page, heads, rows, {})


def _large(page: Any, words: str, size: int) -> Cell:
    made = workbook.cell(page, words, bold=True)
    made.font = Font(name="Calibri", size=size, bold=True, color=INDIGO[1:])
    made.alignment = Alignment(vertical="bottom")
    return made
