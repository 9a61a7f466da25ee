"""From orders to the customers who bought, and what is to be said of them."""

from datetime import date
from pathlib import Path

import ibis.expr.types as ir
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.errors import InputError
from pipeline.features import transactions
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import Staged
from pipeline.settings import TransactionsDataset


def write(connection: SQLBackend, orders: ir.Table, dataset: TransactionsDataset, as_of: date, work: Path) -> None:
    """Write `orders.parquet` and `customers.parquet` into `work`."""
    there = engine.materialise(connection, orders, work / "orders.parquet")
    engine.bring(connection, transactions.customers(there, dataset, as_of=as_of), work / "customers.parquet")


def last_day(day: date | None, staged: Staged, counts: Counts) -> date:
    """The day of the last purchase.

    Raises:
        InputError: If there is none.
    """
    if day is None:
        raise InputError(
            f"{staged.file}: none of its {counts.kept:,} usable lines is a purchase: all are cancellations, returns or "
            "cost nothing. Check cancellation_prefix, quantity and unit_price in datasets.toml."
        )
    return day


def findings(known: int, customers: Path) -> list[Finding]:
    """What the data-quality report says of buyers, of whom `known` have usable lines."""
    return [_never_bought(known, customers), _bought_once(customers)]


def _never_bought(known: int, customers: Path) -> Finding:
    never = known - pq.read_metadata(customers).num_rows
    return Finding("a customer never bought anything (customers counted)", "warned", never, never / known, "")


def _bought_once(customers: Path) -> Finding:
    """Counts everyone or nobody: some who bought once are nothing to warn of, and all of them leave frequency nothing to tell apart."""
    orders = pq.read_table(customers, columns=["orders"])["orders"]
    once = pc.max(orders).as_py() == 1
    return Finding("every customer bought exactly once (customers counted)", "warned", once * len(orders), float(once), "")
