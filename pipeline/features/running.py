"""What is known of customers at one day after another: what was known a while before, and what they ordered since."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from pipeline.features.history import midnight, within
from pipeline.schema import YEAR_DAYS


@dataclass(frozen=True)
class Known:
    """What was known at a day.

    Attributes:
        customers: One row per customer who has orders before it: customer_id; orders (purchases), lines and spend_minor of all of these;
            last_order (time of the last purchase); year_minor (spend of the year before the day).
        day: The day.
    """

    customers: ir.Table
    day: date


def known(by_order: ir.Table, day: date, earlier: Known | None = None, *, seen: str) -> Known:
    """Know customers at a day; every sum is one of whole numbers, so that it is the same by whatever steps it was come by.

    Args:
        by_order: What `transactions.orders` returns.
        day: Orders before it count.
        earlier: What was known at most a year before; it spares all orders but those since, and those that are now more than a year old.
        seen: A column of `earlier`, whole numbers.

    Returns:
        With the further column before: what stood in `seen`; missing for whoever was not known then.
    """
    year = timedelta(days=YEAR_DAYS)
    if earlier is None:
        rows = by_order.filter(by_order.time < midnight(day))
        new, recent = ibis.literal(True), rows.time >= midnight(day - year)
        this_year = ibis.ifelse(recent, rows.spend_minor, 0)
    else:
        days = (day - earlier.day).days
        rows = by_order.filter(within(by_order, earlier.day, days) | within(by_order, earlier.day - year, days))
        new = rows.time >= midnight(earlier.day)
        this_year = ibis.ifelse(new, rows.spend_minor, -rows.spend_minor)
    bought = new & (rows.lines > 0)
    sums = {
        "orders": bought,
        "lines": ibis.ifelse(new, rows.lines, 0),
        "spend_minor": ibis.ifelse(new, rows.spend_minor, 0),
        "year_minor": this_year,
    }
    parts = rows.mutate(**{name: value.cast("int64") for name, value in sums.items()}, last_order=bought.ifelse(rows.time, None))
    since = parts.group_by("customer_id").aggregate(
        **{name: parts[name].sum().cast("int64") for name in sums}, last_order=parts.last_order.max()
    )
    if earlier is None:
        return Known(since.mutate(before=ibis.null("int32")), day)
    # Joined, not added up once more: those of whom nothing is new are many, and pass through without being held.
    both = earlier.customers.outer_join(since, "customer_id", rname="{name}_since")
    together = both.select(
        customer_id=both.customer_id.coalesce(both.customer_id_since),
        **{name: both[name].coalesce(0) + both[f"{name}_since"].coalesce(0) for name in sums},
        last_order=both.last_order_since.coalesce(both.last_order),
        before=both[seen],
    )
    return Known(together, day)
