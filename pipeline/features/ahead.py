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
    windows = {"ahead": cutoff, "before": cutoff - timedelta(days=days), "year": cutoff - timedelta(days=YEAR_DAYS)}
    sums: dict[str, ir.Value] = {}
    for name, first in windows.items():
        ordered, spent = history.added_up(by_order, dataset, where=history.within(by_order, first, days))
        sums |= {f"{name}_orders": ordered, f"{name}_spend": spent}
    known = by_order.time < history.midnight(cutoff)
    orders, monetary = history.added_up(by_order, dataset, where=known)
    bought = (by_order.lines > 0) & known
    counted = by_order.group_by("customer_id").aggregate(
        orders=orders,
        first_order=by_order.time.min(where=bought),
        last_order=by_order.time.max(where=bought),
        monetary=monetary,
        **sums,
    )
    return counted.filter(counted.orders > 0).order_by("customer_id")
