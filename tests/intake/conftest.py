"""What the tests of intake share: files are made, read back as rows of text, and admitted."""

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from pipeline import engine
from pipeline.errors import InputError
from pipeline.intake import delimited, reading, rows
from pipeline.intake.admission import admit, judge, rejected
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, Layout, Staged, cell
from pipeline.settings import Dataset, ProfileDataset, TransactionsDataset

# Laws are tried on this many examples; CI may ask for more.
EXAMPLES = int(os.environ.get("CLIENTELE_HYPOTHESIS_EXAMPLES", "40"))

RAGGED = "the row has too few or too many fields"
AGES = Layout({"customer_id": "id", "age": "age"})

CLUB = ProfileDataset.model_validate(
    {
        "kind": "profile",
        "name": "club",
        "title": "Club",
        "file": "club.csv",
        "customer_id": "id",
        "features": [{"name": "age", "column": "age"}, {"name": "sex", "column": "sex", "codes": {"F": 1, "M": 0}}],
    }
)
SHOP = TransactionsDataset.model_validate(
    {
        "kind": "transactions",
        "name": "shop",
        "title": "Shop",
        "file": "shop.csv",
        "currency": "EUR",
        "cancellation_prefix": "C",
        "columns": {"customer_id": "who", "order_id": "order", "time": "when", "quantity": "n", "unit_price": "each", "country": "where"},
    }
)


@dataclass(frozen=True)
class Result:
    """An admission as plain Python values, rows by their number."""

    kept: dict[int, dict[str, Any]]
    rejected: dict[int, str]
    lines: dict[int, str]
    findings: list[Finding]
    counts: Counts
    filled: dict[str, float]

    def found(self, check: str) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)


def good_rows(staged: Staged) -> list[tuple[Any, ...]]:
    """Number and cells of each row that was taken apart, in the order of the file."""
    return [(number, *cells) for number, fault, _, *cells in _rows(staged) if fault is None]


def faulty_rows(staged: Staged) -> list[tuple[int, str, str | None]]:
    """Number, fault and text of each row with a fault, in the order of the file."""
    return [(number, fault, line) for number, fault, line, *_ in _rows(staged) if fault is not None]


def places(staged: Staged) -> list[tuple[str, int, int]]:
    """Source, row and ordinal of each row, by the ordinal."""
    return _in_order(staged, [SOURCE, ROW, ORDINAL])


def _rows(staged: Staged) -> list[tuple[Any, ...]]:
    return _in_order(staged, [ROW, FAULT, LINE, *map(cell, staged.columns)])


def _in_order(staged: Staged, columns: list[str]) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as folder, engine.connect(Path(folder)) as connection:
        found = rows.of_text(connection, staged).order_by(ORDINAL).select(columns).to_pyarrow()
    return list(zip(*(found.column(name).to_pylist() for name in columns), strict=True))


def csv_text(rows: list[list[str]], end: str = "\n") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows(rows)
    return buffer.getvalue()


def admit_text(connection: Backend, folder: Path, text: str, dataset: Dataset, epoch: str | None = None, **known: Any) -> Result:
    """Write `text` as the dataset's CSV into `folder`, which is made, and admit it, as if it were a workbook with that `epoch`."""
    work = folder / "work"
    work.mkdir(parents=True)
    path = folder / dataset.file
    path.write_text(text, encoding="utf-8", newline="")
    staged = replace(delimited.read(path, reading.layout_of(dataset), work), epoch=epoch)
    return admit_staged(connection, folder, staged, dataset, **known)


def admit_staged(connection: Backend, folder: Path, staged: Staged, dataset: Dataset, **known: Any) -> Result:
    """`known`: what else is told to `admit`."""
    admitted = admit(connection, staged, dataset, judge(connection, staged, dataset, work=folder, **known))
    number = {ordinal: row for _, row, ordinal in places(staged)}
    kept_out = rejected(connection, staged, folder).to_pyarrow().to_pylist()
    assert [row["source_row"] for row in kept_out] == sorted(row["source_row"] for row in kept_out)
    kept = sorted(admitted.kept.to_pyarrow().to_pylist(), key=lambda row: int(row["__ordinal"]))
    return Result(
        {number[row["__ordinal"]]: row for row in kept},
        {row["source_row"]: row["reason"] for row in kept_out},
        {row["source_row"]: row["line"] for row in kept_out if row["line"] is not None},
        admitted.findings,
        admitted.counts,
        admitted.filled,
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty folder for what is staged."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture(scope="package")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with engine.connect(tmp_path_factory.mktemp("work")) as connection:
        yield connection


Refusal = Callable[..., str]


@pytest.fixture
def refusal() -> Refusal:
    """The message with which a call is refused."""

    def call(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
        with pytest.raises(InputError) as caught:
            function(*arguments, **keywords)
        return str(caught.value)

    return call
