"""Customers as they stood at a cut-off, and what they did in the days held out after it: it runs in the process beside, on files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engines import Engine
from pipeline.meter import Report
from pipeline.settings import TransactionsDataset

# The engine is loaded inside the functions: they run in a process of their own, and the one that calls for them has no use for it.
if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table

HORIZONS = (90, 180)


@dataclass(frozen=True)
class Cut:
    """Where orders are cut.

    Attributes:
        day: Orders of this day and later are held out; None if they cannot be cut.
        horizons: Days to look ahead, those that fit.
        missing: Why there are no more, a sentence each.
    """

    day: date | None
    horizons: tuple[int, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Holdout:
    """What was known of customers at a cut-off, and what they did after it.

    Attributes:
        cut: Where it is.
        customers: What `features.history.around` returns, by customer_id; None if there is no cut-off.
    """

    cut: Cut
    customers: "pa.Table | None" = None


def measure(
    report: Report,
    dataset: TransactionsDataset,
    orders: Path,
    as_of: date,
    work: Path,
    whose: Sequence[str] | None = None,
    by: Engine = "duckdb",
    cutoff: date | None = None,
    horizons: Sequence[int] = HORIZONS,
) -> Holdout:
    """Cut orders at a day, and say of each customer what was before it and what after.

    Args:
        report: Hears of stages; there is none.
        dataset: Its settings.
        orders: Parquet, as the engine wrote it: one row per order, as `features.transactions.orders` has it, or the published orders where
            they suffice (`history.reason_against`).
        as_of: The day that the orders end before; if they end earlier, that counts.
        work: Folder for everything in between.
        whose: Ids of the customers who are asked; None for all.
        by: The engine that computes it.
        cutoff: The day to look ahead from; None for the last one that the longest horizon fits behind.
        horizons: Days to look ahead; one is left out unless as many days lie within the orders on either side of the cut-off.
    """
    from pipeline import engine
    from pipeline.features import history

    with engine.connect(work, by) as connection:
        table = engine.open_parquet(connection, orders)
        if reason := history.reason_against(table, dataset):
            return Holdout(_none(f"There is no back-test: {reason}."))
        by_order = _asked(connection, history.with_lines(table, dataset), whose, work)
        if (span := history.span(by_order)) is None:
            return Holdout(_none("There is no back-test: there are no orders."))
        found = cut(span, as_of, cutoff, horizons)
        if found.day is None:
            return Holdout(found)
        around = history.around(by_order, dataset, cutoff=found.day, horizons=found.horizons)
        return Holdout(found, around.order_by("customer_id").to_pyarrow())


def cut(span: tuple[date, date], as_of: date, day: date | None, horizons: Sequence[int]) -> Cut:
    """Choose the cut-off, unless it is given, and the horizons that fit.

    Args:
        span: The days of the first and the last purchase.
        as_of: As in `measure`.
        day: As in `measure`.
        horizons: As in `measure`.
    """
    first, end = span[0], min(as_of, span[1] + timedelta(days=1))
    day = day or _last_that_fits(first, end, horizons)
    fitting = tuple(days for days in horizons if day and _fits(days, first, day, end))
    missing = tuple(_too_short(days, first, day, end) for days in horizons if days not in fitting)
    return Cut(day, fitting, missing) if fitting else _none(*missing)


def _asked(connection: "SQLBackend", orders: "Table", whose: Sequence[str] | None, work: Path) -> "Table":
    """The orders of some customers, in a file of their own, so that all the others are passed over once; or of all."""
    import ibis
    import pyarrow as pa

    from pipeline import engine

    if whose is None:
        return orders
    asked = ibis.memtable(pa.table({"customer_id": pa.array(whose, pa.string())}))
    theirs = orders.semi_join(asked, "customer_id").select("customer_id", "time", "lines", "spend_minor")
    return engine.materialise(connection, theirs, work / "asked.parquet")


def _none(*missing: str) -> Cut:
    return Cut(None, (), missing)


def _last_that_fits(first: date, end: date, horizons: Sequence[int]) -> date | None:
    """The last day that the longest horizon with as long a history fits behind; None if none has."""
    days = [days for days in horizons if _fits(days, first, end - timedelta(days=days), end)]
    return end - timedelta(days=max(days)) if days else None


def _fits(days: int, first: date, day: date, end: date) -> bool:
    return min((day - first).days, (end - day).days) >= days


def _too_short(days: int, first: date, day: date | None, end: date) -> str:
    if day is None:
        return f"{days} days ahead: that needs orders of {2 * days} days, and these span {(end - first).days}."
    past, ahead = max((min(day, end) - first).days, 0), max((end - max(day, first)).days, 0)
    return f"{days} days ahead: that needs as many days of orders before {day} and from then on, and there are {past} and {ahead}."
