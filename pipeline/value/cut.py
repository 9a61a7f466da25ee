"""Orders cut at an earlier day, for a back-test: what the engine does, in the process beside."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipeline import holdout
from pipeline.engines import Engine
from pipeline.meter import Report
from pipeline.schema import YEAR_DAYS
from pipeline.settings import TransactionsDataset


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
    from pipeline.features import ahead, history

    with engine.connect(work, by) as connection:
        by_order = engine.open_parquet(connection, work / "orders.parquet")
        if (span := history.span(by_order)) is None:
            return "There are no orders."
        found = holdout.cut(span, as_of, None, holdout.HORIZONS)
        if found.day is None:
            return found.missing[0]
        days, out = max(found.horizons), work / "cut.parquet"
        engine.bring(connection, ahead.ahead(by_order, dataset, cutoff=found.day, days=days), out)
        return Cut(found.day, days, span[0] <= found.day - timedelta(days=YEAR_DAYS), out)
