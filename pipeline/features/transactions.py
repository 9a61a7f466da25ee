"""Order lines to orders and to recency, frequency and monetary value.

The measures are those of Bult and Wansbeek (1995), "Optimal Selection for Direct Mail", Marketing Science 14(4).
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from pipeline.settings import TransactionsDataset


def sales(kept: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """The lines that count as buying, one row per order line.

    Returns are cancelled lines and lines of negative quantity. With `returns = "net"` they stay and lower what
    their customer spent; they never make an order of their own.
    """
    returned = kept.cancelled | (kept.quantity < 0)
    bought = ~returned & (kept.quantity > 0)
    if dataset.zero_price == "exclude":
        bought &= kept.unit_price > 0
    lines = kept.mutate(bought=bought)
    return lines.filter(bought | returned) if dataset.returns == "net" else lines.filter(lines.bought)


def last_day(lines: ir.Table) -> date | None:
    """The day of the last purchase; None when there is none."""
    latest = lines.time.max(where=lines.bought).cast("date").to_pyarrow().as_py()
    return latest if latest is None else date(latest.year, latest.month, latest.day)


def default_as_of(day: date) -> date:
    """The day after the last order."""
    return day + timedelta(days=1)


def orders(lines: ir.Table) -> ir.Table:
    """One row per order of a customer: the time of its last line, its lines and items, and its spend in minor units."""
    return lines.group_by("customer_id", "order_id").aggregate(
        time=lines.time.max(),
        lines=lines.bought.sum().cast("int64"),
        items=lines.quantity.sum().cast("float64"),
        spend_minor=lines.amount_minor.sum().cast("int64"),
        country=lines.country.max(),
    )


def customers(by_order: ir.Table, dataset: TransactionsDataset, *, as_of: date) -> ir.Table:
    """One row per customer who bought, sorted by `customer_id`.

    Args:
        by_order: What `orders` returns.
        dataset: Says whether frequency counts orders or lines.
        as_of: The day that recency is counted to.

    Returns:
        customer_id; recency_days (whole calendar days from the last order to `as_of`), frequency, monetary (major
        units of the currency); orders, lines, items; first_order, last_order (timestamps); country (of the last order).
    """
    bought = by_order.filter(by_order.lines > 0)
    # A return has an id of its own: it lowers spend but is neither the first nor the last order.
    spend = by_order.group_by("customer_id").aggregate(spend_minor=by_order.spend_minor.sum().cast("int64"), items=by_order.items.sum())
    window = ibis.window(group_by=bought.customer_id)
    dated = bought.mutate(last=bought.time == bought.time.max().over(window))
    counted = dated.group_by("customer_id").aggregate(
        orders=dated.count(),
        lines=dated.lines.sum().cast("int64"),
        first_order=dated.time.min(),
        last_order=dated.time.max(),
        # The last order's country; two orders in the same second have one by the alphabet.
        country=dated.country.max(where=dated.last),
    )
    joined = counted.inner_join(spend, "customer_id")
    recency = ibis.literal(as_of).delta(joined.last_order.date(), unit="day")
    frequency = joined.orders if dataset.frequency == "orders" else joined.lines
    return joined.select(
        "customer_id",
        recency_days=recency.cast("int64"),
        frequency=frequency.cast("int64"),
        monetary=joined.spend_minor.cast("float64") / dataset.minor_units,
        orders=joined.orders,
        lines=joined.lines,
        items=joined["items"],
        first_order=joined.first_order,
        last_order=joined.last_order,
        country=joined.country,
    ).order_by("customer_id")


def published_orders(by_order: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """One row per order, sorted by customer and time: items, and spend in major units."""
    return by_order.select(
        "customer_id", "order_id", "time", items=by_order["items"], spend=by_order.spend_minor.cast("float64") / dataset.minor_units
    ).order_by("customer_id", "time", "order_id")
