"""Orders cut at an earlier day, for a back-test: what the engine does, in the process beside."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipeline.engines import Engine
from pipeline.meter import Report
from pipeline.settings import TransactionsDataset

# Days that are looked ahead, the longest that fits.
HORIZONS = (180, 90)


@dataclass(frozen=True)
class Cut:
    """Customers as they stood on an earlier day, and what they did next.

    Attributes:
        cutoff: The day.
        days: Days that are looked ahead from it.
        has_year: Whether orders go back to the same days a year earlier.
        customers: Parquet file: one row per customer, as `features.ahead` has them.
    """

    cutoff: date
    days: int
    has_year: bool
    customers: Path


def cut(report: Report, dataset: TransactionsDataset, as_of: date, work: Path, by: Engine) -> Cut | str:
    """Cut orders so long before their end that the longest horizon fits behind, with as many days before; or say why that cannot be.

    Args:
        report: Hears of stages; there is none.
        dataset: Its settings.
        as_of: The day that the orders end before; if they end earlier, that counts.
        work: What `measuring.measure` left; the file is written there.
        by: The engine that measured it.
    """
    from pipeline import engine
    from pipeline.features import ahead

    with engine.connect(work, by) as connection:
        by_order = engine.open_parquet(connection, work / "orders.parquet")
        first, last = ahead.span(by_order)
        end = min(as_of, last + timedelta(days=1))
        days = next((days for days in HORIZONS if (end - first).days >= 2 * days), None)
        if days is None:
            return f"That needs orders of {2 * min(HORIZONS)} days, and these span {(end - first).days}."
        cutoff = end - timedelta(days=days)
        out = work / "cut.parquet"
        engine.bring(connection, ahead.ahead(by_order, dataset, cutoff=cutoff, days=days), out)
        return Cut(cutoff, days, first <= cutoff - timedelta(days=ahead.YEAR), out)
