"""What each row has to satisfy: the checks of either kind, as ibis expressions over rows of text."""

import re
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from pipeline.catalogue import Dataset, ProfileDataset, TransactionsDataset
from pipeline.intake.staged import FAULT, cell

# Beside the columns of a file: whether its id was not as it is now.
TIDIED = "__tidied"

LARGEST = 1e9
LARGEST_SHORT = 9e9  # in minor units: what DuckDB can multiply in 64 bits
LARGEST_AMOUNT = 1e12  # of a line; sums of thousands of them still fit 64 bits in minor units
LONGEST_ID = 64
EARLIEST = "1990-01-01"
LATEST_DAY = 200_000  # of a workbook: the year 2447

Outcome = Literal["rejected", "warned", "normalised"]
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_COMMA_NUMBER = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]*)(,[0-9]*)?([eE][+-]?[0-9]+)?$"
_ISO_TIME = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_ZONED = r"^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?) ?(?:Z|([+-])([01]\d):?([0-5]\d))$"
_PARTS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}"}


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a row.

    Attributes:
        name: What is wrong, in words; it is the `reason` of rows kept out.
        outcome: Whether such a row is kept out, or only counted: because it is doubtful, or because it was brought into shape.
        failed: Boolean expression over the typed rows; null counts as false.
        shows: The file's column whose value the report quotes.
        unreadable: Whether the value could not be understood; too many of these refuse the file.
    """

    name: str
    outcome: Outcome
    failed: ir.BooleanValue
    shows: str | None = None
    unreadable: bool = False


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # ibis says nothing of its types
def nfc_normalize(text: str) -> str:  # type: ignore[empty-body] # DuckDB's own
    """One spelling for what looks the same: é may be one character, or e and an accent (Unicode Annex 15)."""


def tidied(raw: ir.Table, dataset: Dataset) -> ir.Table:
    """The staged rows without white space around the values that are used, ids in one spelling; nothing left is null.

    Done once, before anything looks at a value: it is the dearest of all that is done to a text. `TIDIED` says whether that changed the id.
    """
    header = _id_header(dataset)
    texts = {name: raw[cell(name)].strip().nullif("") for name in dataset.source_columns.values()}
    texts[header] = nfc_normalize(texts[header])
    return raw.mutate(**{cell(name): text for name, text in texts.items()}, **{TIDIED: texts[header] != raw[cell(header)]})


def _id_header(dataset: Dataset) -> str:
    return dataset.customer_id if isinstance(dataset, ProfileDataset) else dataset.columns.customer_id


def typed_transactions(
    rows: ir.Table, dataset: TransactionsDataset, as_of: str | None, epoch: str | None = None
) -> tuple[ir.Table, list[Check]]:
    """Order lines with their values understood, and the checks on them.

    Args:
        rows: What `tidied` returns.
        dataset: Names the columns and says what a cancellation is.
        as_of: ISO date that no line may reach; None for no limit.
        epoch: ISO date that a bare number in place of a time counts days from; None where it is no time.

    Returns:
        One row per line, with `customer_id`, `order_id`, `time`, `quantity`, `unit_price`, `country`,
        `amount_minor` (int64, minor units of the currency) and `cancelled` added; and the checks in the order in
        which the first to fail names the reason.
    """
    columns = dataset.columns
    time_text = _text(rows, columns.time)
    plain = _time(time_text, dataset.time_format)
    if epoch and dataset.time_format:
        plain = ibis.coalesce(plain, _time(time_text, None))  # what cells that are times come out as
    serial = _day_number(plain.isnull().ifelse(time_text, ibis.null("string")), epoch) if epoch else ibis.null("timestamp")
    typed = rows.mutate(
        customer_id=_text(rows, columns.customer_id),
        time=ibis.coalesce(plain, serial) if dataset.time_format else ibis.coalesce(plain, serial, _zoned(time_text)),
        country=_text(rows, columns.country) if columns.country else ibis.null("string"),
    )
    typed = typed.mutate(order_id=_text(typed, columns.order_id) if columns.order_id else _order_of(typed.time, dataset))
    prefix = dataset.cancellation_prefix
    typed = typed.mutate(cancelled=typed.order_id.startswith(prefix) if prefix else ibis.literal(False))
    typed, worth = _with_amount(typed, dataset) if columns.amount else _with_quantity_and_price(typed, dataset)
    checks = [
        *_reader_checks(typed, dataset),
        *_id_checks(typed, columns.customer_id),
        *([Check(f"{columns.order_id} is missing", "rejected", typed.order_id.isnull(), columns.order_id)] if columns.order_id else []),
        Check(f"{columns.time} is missing", "rejected", time_text.isnull(), columns.time),
        Check(f"{columns.time} is not a time", "rejected", time_text.notnull() & typed.time.isnull(), columns.time, unreadable=True),
        Check(f"{columns.time} is before {EARLIEST}", "rejected", typed.time < ibis.timestamp(EARLIEST), columns.time),
        *_limit_checks(typed, columns.time, as_of),
        *(check for check in worth if check.outcome == "rejected"),
        *([Check("the line is a cancellation", "warned", typed.cancelled, columns.order_id)] if columns.order_id else []),
        *(check for check in worth if check.outcome == "warned"),
        _tidied_check(typed, columns.customer_id),
        Check(f"{columns.time} was brought to UTC", "normalised", plain.isnull() & serial.isnull() & typed.time.notnull(), columns.time),
        *([Check(f"{columns.time} was a serial number of a day", "normalised", serial.notnull(), columns.time)] if epoch else []),
    ]
    return typed, checks


def _order_of(time: ir.TimestampValue, dataset: TransactionsDataset) -> ir.StringValue:
    """What stands for an order id where the file has none: all of a customer's lines of a day, or of a timestamp, are one order."""
    return time.date().cast("string") if dataset.order_per == "day" else time.cast("string")


def _with_quantity_and_price(typed: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """Lines with `quantity`, `unit_price` and `amount_minor`, and what can be wrong with them."""
    quantity_name, price_name = str(dataset.columns.quantity), str(dataset.columns.unit_price)
    quantity, price = _number_text(typed, quantity_name, dataset), _number_text(typed, price_name, dataset)
    typed = typed.mutate(quantity=_decimal(quantity), unit_price=_decimal(price))
    # Integer minor units: sums are then exact, and the same on every engine and in every order.
    size = (typed.quantity.cast("float64") * typed.unit_price.cast("float64")).abs()
    typed = typed.mutate(amount_minor=_amount_minor(typed, size, dataset.minor_units))
    too_large = f"{quantity_name} times {price_name} is beyond {_written(LARGEST_AMOUNT)}"
    returned = (typed.quantity < 0) & ~typed.cancelled
    return typed, [
        *_number_checks(quantity, quantity_name),
        *_number_checks(price, price_name),
        Check(f"{price_name} is negative", "rejected", typed.unit_price < 0, price_name),
        Check(too_large, "rejected", size > LARGEST_AMOUNT, quantity_name),
        Check(f"{quantity_name} is negative without a cancellation", "warned", returned, quantity_name),
        Check(f"{price_name} is 0", "warned", typed.unit_price == 0, price_name),
    ]


def _with_amount(typed: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """The same where a line says what it comes to: it counts as one item, given back where the amount is negative."""
    name = str(dataset.columns.amount)
    text = _number_text(typed, name, dataset)
    amount = _decimal(text)
    one = (amount < 0).ifelse(ibis.literal(-1), ibis.literal(1)).cast("decimal(18, 4)")
    minor = (amount.cast("decimal(38, 4)") * dataset.minor_units).round(0).try_cast("int64")
    typed = typed.mutate(quantity=one, unit_price=amount.abs(), amount_minor=minor)
    return typed, [
        *_number_checks(text, name),
        Check(f"{name} is negative without a cancellation", "warned", (typed.quantity < 0) & ~typed.cancelled, name),
        Check(f"{name} is 0", "warned", typed.unit_price == 0, name),
    ]


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
            number = _number_text(rows, feature.column, dataset)
            values[feature.name] = _decimal(number).cast("float64")
            checks = _number_checks(number, feature.column)
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
    own = dataset.customer_id
    return typed, [*_reader_checks(typed, dataset), *_id_checks(typed, own), *feature_checks, _tidied_check(typed, own)]


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


def _tidied_check(typed: ir.Table, header: str) -> Check:
    return Check(f"{header} was trimmed, or its letters spelt in one way", "normalised", typed[TIDIED], header)


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
    """A column of the file, as `tidied` left it."""
    return rows[cell(header)]


def _number_text(rows: ir.Table, header: str, dataset: Dataset) -> ir.StringValue:
    """A column of numbers with a decimal point: "1.234,50" is "1234.50" where commas are declared, and then "1.5" is no number."""
    text = _text(rows, header)
    if dataset.decimal == ".":
        return text
    plain = text.replace(".", "").replace(",", ".")
    # A point that does not stand between thousands makes it no number, whatever it would be elsewhere.
    return text.re_search(_COMMA_NUMBER).ifelse(plain, text.replace(".", "?"))


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


def _day_number(text: ir.StringValue, epoch: str) -> ir.TimestampValue:
    """Days since `epoch`, as workbooks count them, as a timestamp rounded to the second; null when it is no number of theirs."""
    days = _float(text)
    seconds = days.between(1, LATEST_DAY).ifelse((days * 86_400).round(0).cast("int64"), ibis.null("int64"))
    return ibis.timestamp(epoch) + seconds.as_interval("s")


def _zoned(text: ir.StringValue) -> ir.TimestampValue:
    """ISO 8601 text that ends in Z or an offset such as +01:00, as a timestamp in UTC; null when it is something else."""
    part = {name: text.re_extract(_ZONED, at) for name, at in (("time", 1), ("sign", 4), ("hours", 5), ("minutes", 6))}
    minutes = part["hours"].try_cast("int64").fill_null(0) * 60 + part["minutes"].try_cast("int64").fill_null(0)
    ahead = (part["sign"] == "-").ifelse(-minutes, minutes)
    local = text.re_search(_ZONED).ifelse(part["time"], ibis.null("string")).try_cast("timestamp")
    return local - ahead.as_interval("m")


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
