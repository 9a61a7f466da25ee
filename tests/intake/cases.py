"""Values of one column tried in a file whose other cells are sound."""

from datetime import datetime
from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from pipeline.settings import ProfileDataset, TransactionColumns, TransactionsDataset
from tests.intake.conftest import CLUB, SHOP, Result, admit_text, csv_text

SHOP_HEADER = ["who", "order", "when", "n", "each", "where"]
CLUB_HEADER = ["id", "age", "sex"]
# So many sound rows that 20 unreadable ones do not refuse the column.
SOUND = 450


def shop(connection: Backend, folder: Path, column: str, values: list[str], dataset: TransactionsDataset = SHOP, **keywords: Any) -> Result:
    """Order lines of which the first, from row 2 on, hold `values` in `column`; the others are sound."""
    rows = [[f"c{at}", str(at), "2024-01-01 10:00:00", "2", "1.50", "UK"] for at in range(SOUND + len(values))]
    for row, value in zip(rows, values, strict=False):
        row[SHOP_HEADER.index(column)] = value
    if dataset.time_format:
        for row in rows[len(values) :]:
            row[2] = datetime(2024, 1, 1, 10).strftime(dataset.time_format)
    return admit_text(connection, folder / "shop", csv_text([SHOP_HEADER, *rows]), dataset, **keywords)


def club(connection: Backend, folder: Path, column: str, values: list[str], dataset: ProfileDataset = CLUB) -> Result:
    rows = [[f"c{at}", "20", "F"] for at in range(SOUND + len(values))]
    for row, value in zip(rows, values, strict=False):
        row[CLUB_HEADER.index(column)] = value
    return admit_text(connection, folder / "club", csv_text([CLUB_HEADER, *rows]), dataset)


def outcomes(result: Result, values: list[str], kept: str) -> dict[str, Any]:
    """Each value with what became of it: the reason that kept its row out, or what it was understood as."""
    rejected = result.rejected
    return {value: rejected[row] if row in rejected else result.kept[row][kept] for row, value in enumerate(values, start=2)}


TILL = SHOP.model_copy(
    update={
        "cancellation_prefix": None,
        "columns": TransactionColumns(customer_id="who", time="when", amount="total"),
    }
)


def till(connection: Backend, folder: Path, lines: list[tuple[str, str, str]], **settings: Any) -> Result:
    text = csv_text([["who", "when", "total"], *map(list, lines)])
    return admit_text(connection, folder / "till", text, TILL.model_copy(update=settings))
