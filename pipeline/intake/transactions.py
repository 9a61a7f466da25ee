"""Order lines with their values understood: who, which order, when, and what the line comes to."""

import ibis
import ibis.expr.types as ir

from pipeline.intake.checks import Check, id_checks, number_checks, reader_checks, tidied_check, value_of, written
from pipeline.intake.numbers import as_decimal, with_point
from pipeline.intake.times import Times, times_of
from pipeline.settings import RETURNED, TransactionsDataset

LARGEST_SHORT = 9e9  # in minor units: what DuckDB can multiply in 64 bits
LARGEST_AMOUNT = 1e12  # of a line; sums of thousands of them still fit 64 bits in minor units
EARLIEST = "1990-01-01"
_OUTCOMES = ("rejected", "warned", "normalised")


def typed(rows: ir.Table, dataset: TransactionsDataset, as_of: str | None, epoch: str | None = None) -> tuple[ir.Table, list[Check]]:
    """Order lines with their values understood, and the checks on them.

    Args:
        rows: What `tidied` returns.
        dataset: Names the columns and says what a cancellation is.
        as_of: ISO date that no line may reach; None for no limit.
        epoch: ISO date that a bare number in place of a time counts days from; None where it is no time.

    Returns:
        One row per line, with `customer_id`, `order_id`, `time`, `quantity`, `unit_price`, `country`,
        `amount_minor` (int64, minor units of the currency), `returned` and `cancelled` added; and the checks in the order in
        which the first to fail names the reason.
    """
    columns = dataset.columns
    times = times_of(value_of(rows, columns.time), dataset.time_format, dataset.time_zone, epoch)
    lines = rows.mutate(
        customer_id=value_of(rows, columns.customer_id),
        # A day is one where the shop is.
        order_id=value_of(rows, columns.order_id) if columns.order_id else _order_of(times.local, dataset),
        time=times.utc,
        country=value_of(rows, columns.country) if columns.country else ibis.null("string"),
    )
    lines = _with_returns(lines, dataset)
    lines, worth = _with_amount(lines, dataset) if columns.amount else _with_quantity_and_price(lines, dataset)
    checks = [
        *reader_checks(lines, dataset),
        *id_checks(lines, columns.customer_id),
        *_order_checks(lines, dataset),
        tidied_check(lines, columns.customer_id),
        *_time_checks(lines, columns.time, times, as_of, epoch),
        *_return_checks(lines, dataset),
        *worth,
    ]
    return lines, sorted(checks, key=lambda check: _OUTCOMES.index(check.outcome))


def _with_returns(lines: ir.Table, dataset: TransactionsDataset) -> ir.Table:
    """Lines with `returned`, what a column says of them, and `cancelled`, which the order id may say as well."""
    header = dataset.columns.returned
    words = [word.lower() for word in dataset.returned_words or RETURNED]
    lines = lines.mutate(returned=value_of(lines, header).lower().isin(words).fill_null(False) if header else ibis.literal(False))
    return lines.mutate(cancelled=_is_cancellation(lines, dataset) | lines.returned)


def _is_cancellation(lines: ir.Table, dataset: TransactionsDataset) -> ir.BooleanValue:
    return lines.order_id.startswith(dataset.cancellation_prefix) if dataset.cancellation_prefix else ibis.literal(False)


def _order_checks(lines: ir.Table, dataset: TransactionsDataset) -> list[Check]:
    header = dataset.columns.order_id
    if header is None:
        return []
    return [
        Check(f"{header} is missing", "rejected", lines.order_id.isnull(), header),
        Check("the line is a cancellation", "warned", _is_cancellation(lines, dataset), header),
    ]


def _time_checks(lines: ir.Table, header: str, times: Times, as_of: str | None, epoch: str | None) -> list[Check]:
    value = value_of(lines, header)
    checks = [
        Check(f"{header} is missing", "rejected", value.isnull(), header),
        Check(f"{header} is not a time", "rejected", value.notnull() & lines.time.isnull(), header, unreadable=True),
        Check(f"{header} is before {EARLIEST}", "rejected", lines.time < ibis.timestamp(EARLIEST), header),
        Check(f"{header} was brought to UTC", "normalised", times.moved, header),
    ]
    if as_of:
        checks.append(Check(f"{header} is not before as_of={as_of}", "rejected", lines.time >= ibis.timestamp(as_of), header))
    if epoch:
        checks.append(Check(f"{header} was a serial number of a day", "normalised", times.serial, header))
    return checks


def _return_checks(lines: ir.Table, dataset: TransactionsDataset) -> list[Check]:
    header = dataset.columns.returned
    return [Check(f"{header} says that the line was given back", "warned", lines.returned, header)] if header else []


def _given_back(value: ir.DecimalValue, lines: ir.Table) -> ir.DecimalValue:
    """A quantity or an amount, below zero where the line was cancelled or given back: not every file writes it so."""
    return (lines.cancelled & (value > 0)).ifelse(-value, value)


def _order_of(time: ir.TimestampValue, dataset: TransactionsDataset) -> ir.StringValue:
    """What stands for an order id where the file has none: all of a customer's lines of a day, or of a timestamp, are one order."""
    return time.date().cast("string") if dataset.order_per == "day" else time.cast("string")


def _with_quantity_and_price(lines: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """Lines with `quantity`, `unit_price` and `amount_minor`, and what can be wrong with them."""
    quantity_name, price_name = str(dataset.columns.quantity), str(dataset.columns.unit_price)
    quantity, price = with_point(value_of(lines, quantity_name), dataset.decimal), with_point(value_of(lines, price_name), dataset.decimal)
    lines = lines.mutate(quantity=_given_back(as_decimal(quantity), lines), unit_price=as_decimal(price))
    # Integer minor units: sums are then exact, and the same on every engine and in every order.
    size = (lines.quantity.cast("float64") * lines.unit_price.cast("float64")).abs()
    lines = lines.mutate(amount_minor=_amount_minor(lines, size, dataset.minor_units))
    too_large = f"{quantity_name} times {price_name} is beyond {written(LARGEST_AMOUNT)}"
    returned = (lines.quantity < 0) & ~lines.cancelled
    return lines, [
        Check(f"{quantity_name} is missing", "rejected", quantity.isnull(), quantity_name),
        *number_checks(quantity, quantity_name),
        Check(f"{price_name} is missing", "rejected", price.isnull(), price_name),
        *number_checks(price, price_name),
        Check(f"{price_name} is negative", "rejected", lines.unit_price < 0, price_name),
        Check(too_large, "rejected", size > LARGEST_AMOUNT, quantity_name),
        Check(f"{quantity_name} is negative without a cancellation", "warned", returned, quantity_name),
        Check(f"{price_name} is 0", "warned", lines.unit_price == 0, price_name),
    ]


def _with_amount(lines: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """The same where a line says what it comes to: it counts as one item, given back where the amount is negative."""
    name = str(dataset.columns.amount)
    text = with_point(value_of(lines, name), dataset.decimal)
    amount = _given_back(as_decimal(text), lines)
    one = (amount < 0).ifelse(ibis.literal(-1), ibis.literal(1)).cast("decimal(18, 4)")
    minor = (amount.cast("decimal(38, 4)") * dataset.minor_units).round(0).try_cast("int64")
    lines = lines.mutate(quantity=one, unit_price=amount.abs(), amount_minor=minor)
    return lines, [
        Check(f"{name} is missing", "rejected", text.isnull(), name),
        *number_checks(text, name),
        Check(f"{name} is negative without a cancellation", "warned", (lines.quantity < 0) & ~lines.cancelled, name),
        Check(f"{name} is 0", "warned", lines.unit_price == 0, name),
    ]


def _amount_minor(lines: ir.Table, size: ir.FloatingValue, minor_units: int) -> ir.IntegerValue:
    """Quantity times price in minor units, rounded; null where that does not fit 64 bits."""
    # DuckDB multiplies such decimals in 64 bits, of which eight digits are decimals. Nearly all lines fit, and 128 bits take far longer.
    short = lines.quantity * lines.unit_price * minor_units
    long = lines.quantity.cast("decimal(38, 4)") * lines.unit_price.cast("decimal(38, 4)") * minor_units
    fits = size * minor_units < LARGEST_SHORT
    return fits.ifelse(short.round(0).cast("int64"), long.round(0).try_cast("int64"))
