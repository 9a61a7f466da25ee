"""What each row has to satisfy: the checks of either kind, as ibis expressions over rows of text."""

import re
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from pipeline.catalogue import Dataset, ProfileDataset, TransactionsDataset
from pipeline.intake.staged import FAULT, cell

LARGEST = 1e9
LARGEST_SHORT = 9e9  # in minor units: what DuckDB can multiply in 64 bits
LARGEST_AMOUNT = 1e12  # of a line; sums of thousands of them still fit 64 bits in minor units
LONGEST_ID = 64
EARLIEST = "1990-01-01"

Outcome = Literal["rejected", "warned"]
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_ISO_TIME = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_PARTS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}"}


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a row.

    Attributes:
        name: What is wrong, in words; it is the `reason` of rows kept out.
        outcome: Whether such a row is kept out or only counted.
        failed: Boolean expression over the typed rows; null counts as false.
        shows: The file's column whose value the report quotes.
        unreadable: Whether the value could not be understood; too many of these refuse the file.
    """

    name: str
    outcome: Outcome
    failed: ir.BooleanValue
    shows: str | None = None
    unreadable: bool = False


def stripped(raw: ir.Table, dataset: Dataset) -> ir.Table:
    """The staged rows without white space around the values that are used; nothing left is null.

    Done once, before anything looks at a value: it is the dearest of all that is done to a text.
    """
    return raw.mutate(**{cell(header): raw[cell(header)].strip().nullif("") for header in dataset.source_columns.values()})


def typed_transactions(rows: ir.Table, dataset: TransactionsDataset, as_of: str | None) -> tuple[ir.Table, list[Check]]:
    """Order lines with their values understood, and the checks on them.

    Args:
        rows: What `stripped` returns.
        dataset: Names the columns and says what a cancellation is.
        as_of: ISO date that no line may reach; None for no limit.

    Returns:
        One row per line, with `customer_id`, `order_id`, `time`, `quantity`, `unit_price`, `country`,
        `amount_minor` (int64, minor units of the currency) and `cancelled` added; and the checks in the order in
        which the first to fail names the reason.
    """
    columns = dataset.columns
    quantity, price = _text(rows, columns.quantity), _text(rows, columns.unit_price)
    time_text = _text(rows, columns.time)
    order_id = _text(rows, columns.order_id)
    typed = rows.mutate(
        customer_id=_text(rows, columns.customer_id),
        order_id=order_id,
        time=_time(time_text, dataset.time_format),
        quantity=_decimal(quantity),
        unit_price=_decimal(price),
        country=_text(rows, columns.country) if columns.country else ibis.null("string"),
        cancelled=order_id.startswith(dataset.cancellation_prefix) if dataset.cancellation_prefix else ibis.literal(False),
    )
    # Integer minor units: sums are then exact, and the same on every engine and in every order.
    size = (typed.quantity.cast("float64") * typed.unit_price.cast("float64")).abs()
    typed = typed.mutate(amount_minor=_amount_minor(typed, size, dataset.minor_units))
    checks = [
        *_reader_checks(typed, dataset),
        *_id_checks(typed, columns.customer_id),
        Check(f"{columns.order_id} is missing", "rejected", typed.order_id.isnull(), columns.order_id),
        Check(f"{columns.time} is missing", "rejected", time_text.isnull(), columns.time),
        Check(f"{columns.time} is not a time", "rejected", time_text.notnull() & typed.time.isnull(), columns.time, unreadable=True),
        Check(f"{columns.time} is before {EARLIEST}", "rejected", typed.time < ibis.timestamp(EARLIEST), columns.time),
        *_limit_checks(typed, columns.time, as_of),
        *_number_checks(quantity, columns.quantity),
        *_number_checks(price, columns.unit_price),
        Check(f"{columns.unit_price} is negative", "rejected", typed.unit_price < 0, columns.unit_price),
        Check(
            f"{columns.quantity} times {columns.unit_price} is beyond {_written(LARGEST_AMOUNT)}",
            "rejected",
            size > LARGEST_AMOUNT,
            columns.quantity,
        ),
        Check("the line is a cancellation", "warned", typed.cancelled, columns.order_id),
        Check(
            f"{columns.quantity} is negative without a cancellation", "warned", (typed.quantity < 0) & ~typed.cancelled, columns.quantity
        ),
        Check(f"{columns.unit_price} is 0", "warned", typed.unit_price == 0, columns.unit_price),
    ]
    return typed, checks


def typed_profile(rows: ir.Table, dataset: ProfileDataset) -> tuple[ir.Table, list[Check]]:
    """Customers with their attributes understood, and the checks on them.

    Returns:
        One row per row of the file, with `customer_id` and every feature (float64) added; and the checks in the
        order in which the first to fail names the reason.
    """
    values: dict[str, ir.Value] = {"customer_id": _text(rows, dataset.customer_id)}
    feature_checks: list[Check] = []
    for feature in dataset.features:
        text = _text(rows, feature.column)
        if feature.codes is None:
            values[feature.name] = _decimal(text).cast("float64")
            checks = _number_checks(text, feature.column)
        else:
            values[feature.name] = _code(text, feature.codes)
            known = ", ".join(feature.codes)
            unknown = text.notnull() & values[feature.name].isnull()
            checks = [
                Check(f"{feature.column} is missing", "rejected", text.isnull(), feature.column),
                Check(f"{feature.column} is none of {known}", "rejected", unknown, feature.column, unreadable=True),
            ]
        feature_checks += checks
    typed = rows.mutate(**values)
    return typed, [*_reader_checks(typed, dataset), *_id_checks(typed, dataset.customer_id), *feature_checks]


def _reader_checks(typed: ir.Table, dataset: Dataset) -> list[Check]:
    """Rows that hold nothing, and cells that hold an error value instead of one."""
    blank = ibis.and_(*(_text(typed, header).isnull() for header in dataset.source_columns.values()))
    return [
        Check("the row has too few or too many fields", "rejected", typed[FAULT].startswith("the row")),
        Check("a cell holds an error value", "rejected", typed[FAULT].notnull()),
        Check("the row is blank", "rejected", blank),
    ]


def _id_checks(typed: ir.Table, header: str) -> list[Check]:
    return [
        Check(f"{header} is missing", "rejected", typed.customer_id.isnull(), header),
        Check(f"{header} is longer than {LONGEST_ID} characters", "rejected", typed.customer_id.length() > LONGEST_ID, header),
    ]


def _limit_checks(typed: ir.Table, header: str, as_of: str | None) -> list[Check]:
    if as_of is None:
        return []
    return [Check(f"{header} is not before as_of={as_of}", "rejected", typed.time >= ibis.timestamp(as_of), header)]


def _number_checks(text: ir.StringValue, header: str) -> list[Check]:
    number = text.re_search(_NUMBER)
    return [
        Check(f"{header} is missing", "rejected", text.isnull(), header),
        Check(f"{header} is not a number", "rejected", text.notnull() & ~number, header, unreadable=True),
        Check(f"{header} is beyond {_written(LARGEST)}", "rejected", number & ~(_float(text).abs() <= LARGEST), header),
    ]


def _amount_minor(typed: ir.Table, size: ir.FloatingValue, minor_units: int) -> ir.IntegerValue:
    """Quantity times price in minor units, rounded; null where that does not fit 64 bits."""
    # DuckDB multiplies such decimals in 64 bits, of which eight digits are decimals. Nearly all lines fit, and 128 bits take far longer.
    short = typed.quantity * typed.unit_price * minor_units
    long = typed.quantity.cast("decimal(38, 4)") * typed.unit_price.cast("decimal(38, 4)") * minor_units
    fits = size * minor_units < LARGEST_SHORT
    return fits.ifelse(short.round(0).cast("int64"), long.round(0).try_cast("int64"))


def _written(number: float) -> str:
    return f"{number:.0e}".replace("e+0", "e").replace("e+", "e")


def _text(rows: ir.Table, header: str) -> ir.StringValue:
    """A column of the file, as `stripped` left it."""
    return rows[cell(header)]


def _float(text: ir.StringValue) -> ir.FloatingValue:
    return text.re_search(_NUMBER).ifelse(text, ibis.null("string")).try_cast("float64")


def _decimal(text: ir.StringValue) -> ir.DecimalValue:
    """Exact to four places; null when it is no number or beyond what the checks allow."""
    usable = _float(text).abs() <= LARGEST
    return usable.ifelse(text, ibis.null("string")).try_cast("decimal(18, 4)")


def _time(text: ir.StringValue, time_format: str | None) -> ir.TimestampValue:
    """ISO 8601 text, or text in a declared strftime format, as a timestamp; null when it is neither."""
    iso = text if time_format is None else _to_iso(text, time_format)
    return iso.re_search(_ISO_TIME).ifelse(iso, ibis.null("string")).try_cast("timestamp")


def _to_iso(text: ir.StringValue, time_format: str) -> ir.StringValue:
    """Rearrange the parts of a date as text: engines differ in their parsing functions, not in regular expressions."""
    order = re.findall(r"%([YmdHMS])", time_format)
    plain = re.sub(r"([.()+*?|\[\]{}^$\\])", r"\\\1", time_format)
    pattern = f"^{re.sub('%([YmdHMS])', lambda part: f'({_PARTS[part[1]]})', plain)}$"
    part = {name: text.re_extract(pattern, at) for at, name in enumerate(order, start=1)}
    two = {name: part[name].lpad(2, "0") if name in part else ibis.literal("00") for name in "mdHMS"}
    iso = part["Y"] + "-" + two["m"] + "-" + two["d"] + " " + two["H"] + ":" + two["M"] + ":" + two["S"]
    return text.re_search(pattern).ifelse(iso, ibis.null("string"))


def _code(text: ir.StringValue, codes: dict[str, float]) -> ir.FloatingValue:
    """The number that stands for a category; its case does not matter."""
    folded = text.lower()
    return ibis.cases(*((folded == word.lower(), ibis.literal(float(code))) for word, code in codes.items()), else_=ibis.null("float64"))
