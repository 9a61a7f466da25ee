"""Orders cut at a day: what was known of each customer before it, and what each did in the days after it."""

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from pipeline.features import transactions
from pipeline.settings import TransactionsDataset


def reason_against(orders: ir.Table, dataset: TransactionsDataset) -> str | None:
    """Why these orders do not tell recency, frequency and monetary as the dataset counts them; None if they do.

    Published orders do not say how many of their lines were purchases.
    """
    if "lines" in orders.columns:
        return None
    if dataset.frequency == "lines":
        return "frequency counts order lines, and these orders do not say how many they have"
    if dataset.returns == "net":
        return "returns lower spend, and these orders do not say which of them are returns"
    return None


def with_lines(orders: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """Published orders as `transactions.orders` has them, each a purchase of one line; other orders as they are."""
    if "lines" in orders.columns:
        return orders
    return orders.mutate(lines=ibis.literal(1, "int64"), spend_minor=(orders.spend * dataset.minor_units).round().cast("int64"))


def span(by_order: ir.Table) -> tuple[date, date] | None:
    """The days of the first and the last purchase; None if there is none."""
    bought = by_order.lines > 0
    found = by_order.aggregate(first=by_order.time.min(where=bought), last=by_order.time.max(where=bought)).to_pyarrow().to_pylist()[0]
    return (found["first"].date(), found["last"].date()) if found["first"] else None


def before(by_order: ir.Table, dataset: TransactionsDataset, *, cutoff: date) -> ir.Table:
    """One row per customer who bought before a day: what `transactions.measured` says, at that day, of a file that ended there."""
    return transactions.measured(by_order.filter(by_order.time < midnight(cutoff)), dataset, as_of=cutoff)


def after(by_order: ir.Table, dataset: TransactionsDataset, *, cutoff: date, horizons: Sequence[int]) -> ir.Table:
    """One row per customer who has orders in the days from a cut-off on.

    Args:
        by_order: What `transactions.orders` returns.
        dataset: Says how many minor units the currency has.
        cutoff: The first of the days.
        horizons: How many, each by itself.

    Returns:
        customer_id and, for each horizon N, returned_N (bought within the N days) and spend_N (in these days, major units).
    """
    theirs = by_order.filter(within(by_order, cutoff, max(horizons)))
    found: dict[str, ir.Value] = {}
    for days in horizons:
        orders, spend = added_up(theirs, dataset, where=within(theirs, cutoff, days))
        found |= {f"returned_{days}": orders > 0, f"spend_{days}": spend}
    return theirs.group_by("customer_id").aggregate(**found)


def around(by_order: ir.Table, dataset: TransactionsDataset, *, cutoff: date, horizons: Sequence[int]) -> ir.Table:
    """One row per customer who bought before a cut-off: customer_id, recency_days, frequency, monetary, and the columns of `after`.

    Who bought for the first time from the cut-off on is nobody's repeat purchase, and is not among them.
    """
    known = before(by_order, dataset, cutoff=cutoff)
    ahead = after(by_order, dataset, cutoff=cutoff, horizons=horizons)
    nothing = {f"returned_{days}": False for days in horizons} | {f"spend_{days}": 0.0 for days in horizons}
    found = known.left_join(ahead, "customer_id").select(*known.columns, *(ahead[name] for name in nothing))
    return found.fill_null(nothing)


def within(by_order: ir.Table, first: date, days: int) -> ir.BooleanColumn:
    """Whether an order is of so many days from one on."""
    return (by_order.time >= midnight(first)) & (by_order.time < midnight(first + timedelta(days=days)))


def added_up(by_order: ir.Table, dataset: TransactionsDataset, *, where: ir.BooleanColumn) -> tuple[ir.IntegerScalar, ir.FloatingScalar]:
    """Of some of the orders: how many are purchases, and what all come to in major units; 0 of none."""
    # Summed in minor units: exact, and the same on every engine.
    minor = by_order.spend_minor.sum(where=where).cast("int64").coalesce(0)
    return by_order.count(where=(by_order.lines > 0) & where), minor.cast("float64") / dataset.minor_units


def midnight(day: date) -> ir.TimestampScalar:
    """The moment at which a day begins."""
    return ibis.timestamp(day.isoformat())
