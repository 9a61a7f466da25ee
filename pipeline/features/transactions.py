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
    return in_floats(partial_orders(lines))


def partial_orders(lines: ir.Table) -> ir.Table:
    """The same of lines that may not be all of each order: items are still decimals, so that their sums are exact."""
    return added_up(lines.mutate(lines=lines.bought.cast("int64"), items=lines.quantity, spend_minor=lines.amount_minor))


def in_floats(by_order: ir.Table) -> ir.Table:
    """Orders whose sums are complete."""
    return by_order.mutate(items=by_order["items"].cast("float64"))


def added_up(parts: ir.Table) -> ir.Table:
    """One row per order of a customer, of rows that are parts of one: customer_id, order_id, time, lines, items, spend_minor, country."""
    # Numbers in the order of the alphabet stand for countries: the texts of millions of orders are nothing that an engine can spill.
    countries = parts.select("country").distinct().filter(lambda row: row.country.notnull())
    countries = countries.mutate(place=ibis.row_number().over(order_by=countries.country))
    placed = parts.left_join(countries, "country")
    by_order = placed.group_by("customer_id", "order_id").aggregate(
        time=placed.time.max(),
        lines=placed.lines.sum().cast("int64"),
        items=placed["items"].sum(),
        spend_minor=placed.spend_minor.sum().cast("int64"),
        place=placed.place.max(),
    )
    return by_order.left_join(countries, "place").select(*by_order.drop("place").columns, country=countries.country)


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
    bought = by_order.lines > 0
    more = {"items": by_order["items"].sum(), "first_order": by_order.time.min(where=bought)}
    buyers = _with_country(_buyers(by_order, **more), by_order.filter(bought), dataset)
    return buyers.select(
        "customer_id",
        **rfm(buyers, dataset, as_of),
        orders=buyers.orders,
        lines=buyers.lines,
        items=buyers["items"],
        first_order=buyers.first_order,
        last_order=buyers.last_order,
        country=buyers.country,
    ).order_by("customer_id")


def measured(by_order: ir.Table, dataset: TransactionsDataset, *, as_of: date) -> ir.Table:
    """One row per customer who bought, in any order: customer_id, and the three measures as `customers` has them."""
    buyers = _buyers(by_order)
    return buyers.select("customer_id", **rfm(buyers, dataset, as_of))


def rfm(buyers: ir.Table, dataset: TransactionsDataset, as_of: date) -> dict[str, ir.NumericValue]:
    """Recency, frequency and monetary value as `customers` has them, of what was counted of each customer.

    Args:
        buyers: One row per customer: orders, lines, spend_minor, last_order.
        dataset: Says what frequency counts, and how many minor units the currency has.
        as_of: The day that recency is counted to.
    """
    frequency = buyers.orders if dataset.frequency == "orders" else buyers.lines
    return {
        "recency_days": ibis.literal(as_of).delta(buyers.last_order.date(), unit="day").cast("int64"),
        "frequency": frequency.cast("int64"),
        "monetary": buyers.spend_minor.cast("float64") / dataset.minor_units,
    }


def _buyers(by_order: ir.Table, **more: ir.Value) -> ir.Table:
    """One row per customer who bought: what `rfm` is made of, and what else is asked of their orders."""
    # A return has an id of its own: it lowers spend but is neither the first nor the last order.
    bought = by_order.lines > 0
    counted = by_order.group_by("customer_id").aggregate(
        orders=by_order.count(where=bought),
        lines=by_order.lines.sum().cast("int64"),
        spend_minor=by_order.spend_minor.sum().cast("int64"),
        last_order=by_order.time.max(where=bought),
        **more,
    )
    return counted.filter(counted.orders > 0)


def _with_country(buyers: ir.Table, bought: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """Buyers with the country of their last order; of two orders in the same second, that of the one by the alphabet."""
    if dataset.columns.country is None:
        return buyers.mutate(country=ibis.null("string"))
    # A join, not a window: that would sort all orders.
    last = buyers.select("customer_id", "last_order").inner_join(bought, ["customer_id", ("last_order", "time")])
    countries = last.group_by("customer_id").aggregate(country=last.country.max())
    return buyers.inner_join(countries, "customer_id")


def published_orders(by_order: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """One row per order of the customers, sorted by customer and time: items, and spend in major units."""
    if dataset.returns == "net":
        # Whoever only gave back is no customer.
        by_order = by_order.semi_join(by_order.filter(by_order.lines > 0).select("customer_id").distinct(), "customer_id")
    return by_order.select(
        "customer_id", "order_id", "time", items=by_order["items"], spend=by_order.spend_minor.cast("float64") / dataset.minor_units
    ).order_by("customer_id", "time", "order_id")
