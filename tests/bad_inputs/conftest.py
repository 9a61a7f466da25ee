"""What the tests of bad input share: each is one case of the catalogue of bad inputs, under its words.

A file goes through what the command line, the build and the upload share, and is either taken, every row accounted for, or refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from pipeline import measuring
from pipeline.errors import InputError
from pipeline.intake.findings import Counts, Finding
from pipeline.settings import Dataset
from tests.conftest import silent

CLUB_HEAD = ["id", "age", "sex"]
SHOP_HEAD = ["who", "order", "when", "n", "each", "where"]
# So many sound rows that one beside them is less than 5 % of a column.
SOUND = 40

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Checked:
    """How a file that was accepted fared: the row law, and those findings that concern anything, by their check."""

    counts: Counts
    findings: dict[str, Finding]


@dataclass(frozen=True)
class Taken(Checked):
    """The same with what was measured of each customer, by id."""

    customers: dict[str, dict[str, Any]]


def check(path: Path, dataset: Dataset, *, as_of: date | None = None) -> Checked:
    """Read and check a file that has to be accepted."""
    counts, findings = measuring.check(silent, dataset.name, dataset, (path,), path.parent / "work", as_of)
    return Checked(counts, accounted(counts, findings))


def take(path: Path, dataset: Dataset) -> Taken:
    """Read, check and measure a file that has to be accepted."""
    measured = measuring.measure(silent, dataset.name, dataset, (path,), path.parent / "work", None)
    customers = {row["customer_id"]: row for row in pq.read_table(measured.customers).to_pylist()}
    found = accounted(measured.counts, measured.findings)
    # Files of a few lines: nearly all of their customers did.
    found.pop("every customer bought exactly once (customers counted)", None)
    return Taken(measured.counts, found, customers)


def kept_out(path: Path, dataset: Dataset) -> dict[int, dict[str, Any]]:
    """Number and cells, as they were read, of the rows kept out of a file that has to be accepted."""
    work, published = path.parent / "work", path.parent / "published"
    measured = measuring.measure(silent, dataset.name, dataset, (path,), work, None)
    accounted(measured.counts, measured.findings)
    measuring.write_rows(silent, dataset.name, dataset, measured.staged, work, published, ("rejected",))
    rows = pq.read_table(published / "rejected.parquet").to_pylist()
    assert len(rows) == measured.counts.rejected
    return {row["source_row"]: row["row"] for row in rows}


def accounted(counts: Counts, findings: list[Finding]) -> dict[str, Finding]:
    """The findings that concern anything; whomever they concern. Every row is kept, kept out for one reason, or removed as a duplicate."""
    by_outcome = {outcome: sum(found.rows for found in findings if found.outcome == outcome) for outcome in ("rejected", "removed")}
    assert counts.read == counts.kept + counts.rejected + counts.duplicates
    assert by_outcome == {"rejected": counts.rejected, "removed": counts.duplicates}
    return {found.check: replace(found, customers=None, revenue=None) for found in findings if found.rows or found.example}


def refuse(path: Path, dataset: Dataset) -> str:
    """The one message with which a file is refused, and the command line exits with 2."""
    with pytest.raises(InputError) as caught:
        measuring.check(silent, dataset.name, dataset, (path,), path.parent / "work", None)
    assert caught.value.exit_code == 2
    return str(caught.value)


def text_file(folder: Path, content: str | bytes, name: str = "club.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def club(*rows: str, sound: int = SOUND) -> str:
    """Customers as CSV: `rows` from row 2 on, then sound ones."""
    return "\n".join([",".join(CLUB_HEAD), *rows, *(f"s{at},30,F" for at in range(sound)), ""])


def shop(*rows: str, sound: int = SOUND) -> str:
    """Order lines as CSV: `rows` from row 2 on, then sound ones."""
    return "\n".join([",".join(SHOP_HEAD), *rows, *(f"s{at},o{at},2024-01-01 10:00:00,2,1.50,UK" for at in range(sound)), ""])


def workbook(folder: Path, sheets: Mapping[str, Rows], name: str = "club.xlsx") -> Path:
    """A workbook of these sheets, rows as they are given."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / name
    book.save(path)
    return path


def one_sheet(folder: Path, *rows: Sequence[Any], sound: int = SOUND) -> Path:
    """Customers as a workbook of the sheet "Members": `rows` from row 2 on, then sound ones."""
    return workbook(folder, {"Members": [CLUB_HEAD, *rows, *([f"s{at}", 30, "F"] for at in range(sound))]})
