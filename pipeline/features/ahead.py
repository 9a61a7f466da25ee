"""Orders cut at a day, added up by the engine: what was known of each customer before it, and what they ordered in the days after it."""

from datetime import date, timedelta

import ibis.expr.types as ir

from pipeline.features import history
from pipeline.schema import YEAR_DAYS
from pipeline.settings import TransactionsDataset


def ahead(by_order: ir.Table, dataset: TransactionsDataset, *, cutoff: date, days: int) -> ir.Table:
    """One row per customer who ordered before a day, sorted by `customer_id`.

    Args:
        by_order: What `transactions.orders` returns.
        dataset: Says how many minor units the currency has.
        cutoff: Orders of this day and later are of the future.
        days: How many days are looked at, after the day and before it.

    Returns:
        customer_id; orders, first_order, last_order, monetary (major units) before the day, as `transactions.customers` has them; and
        orders and spend (major units) in the days from the cut-off on (ahead_orders, ahead_spend), in as many before it (before_orders,
        before_spend), and in the same days a year earlier (year_orders, year_spend).
    """
    start, length = cutoff, timedelta(days=days)
    windows = {"ahead": start, "before": start - length, "year": start - timedelta(days=YEAR_DAYS)}
    bought, known = by_order.lines > 0, by_order.time < history.midnight(start)
    sums = {}
    for name, first in windows.items():
        within = (by_order.time >= history.midnight(first)) & (by_order.time < history.midnight(first + length))
        sums[f"{name}_orders"] = by_order.count(where=bought & within)
        sums[f"{name}_spend"] = _spent(by_order, within, dataset)
    counted = by_order.group_by("customer_id").aggregate(
        orders=by_order.count(where=bought & known),
        first_order=by_order.time.min(where=bought & known),
        last_order=by_order.time.max(where=bought & known),
        monetary=_spent(by_order, known, dataset),
        **sums,
    )
    return counted.filter(counted.orders > 0).order_by("customer_id")


def _spent(by_order: ir.Table, within: ir.BooleanValue, dataset: TransactionsDataset) -> ir.NumericValue:
    # Summed in minor units: exact, and the same on every engine.
    minor = by_order.spend_minor.sum(where=within).cast("int64").coalesce(0)
    return minor.cast("float64") / dataset.minor_units
