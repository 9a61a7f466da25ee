"""What each row has to satisfy: the checks of either kind, as ibis expressions over rows of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from pipeline.catalogue import RETURNED, Dataset, ProfileDataset, ProfileFeature, TransactionsDataset
from pipeline.intake.numbers import LARGEST, NUMBER, as_decimal, as_float, with_point
from pipeline.intake.staged import FAULT, cell
from pipeline.intake.times import times_of

# What Unicode calls white space, and the two that are there and have no width.
SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)
# Beside the columns of a file: whether its id was not as it is now.
TIDIED = "__tidied"

LARGEST_SHORT = 9e9  # in minor units: what DuckDB can multiply in 64 bits
LARGEST_AMOUNT = 1e12  # of a line; sums of thousands of them still fit 64 bits in minor units
LONGEST_ID = 64
EARLIEST = "1990-01-01"

Outcome = Literal["rejected", "warned", "normalised"]


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a row.

    Attributes:
        name: What is wrong, in words; it is the `reason` of rows kept out.
        outcome: Whether such a row is kept out, or only counted: because it is doubtful, or because it was brought into shape.
        failed: Boolean expression over the typed rows; null counts as false.
        shows: The file's column whose value the report quotes, or `FAULT`.
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


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # ibis says nothing of its types
def trim(text: str, characters: str) -> str:  # type: ignore[empty-body] # DuckDB's own
    """Text without any of these characters around it."""


def tidied(raw: ir.Table, dataset: Dataset) -> ir.Table:
    """The staged rows without white space around the values that are used, ids in one spelling; nothing left is null.

    Done once, before anything looks at a value: it is the dearest of all that is done to a text. `TIDIED` says whether that changed the id.
    """
    header = _id_header(dataset)
    texts = {name: trim(raw[cell(name)], SPACES).nullif("") for name in dataset.source_columns.values()}
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
    times = times_of(time_text, dataset.time_format, dataset.time_zone, epoch)
    typed = rows.mutate(
        customer_id=_text(rows, columns.customer_id),
        time=times.utc,
        country=_text(rows, columns.country) if columns.country else ibis.null("string"),
    )
    # A day is one where the shop is.
    typed = typed.mutate(order_id=_text(typed, columns.order_id) if columns.order_id else _order_of(times.local, dataset))
    said = (
        _text(rows, columns.returned).lower().isin([word.lower() for word in dataset.returned_words or RETURNED])
        if columns.returned
        else None
    )
    prefix = dataset.cancellation_prefix
    cancelled = typed.order_id.startswith(prefix) if prefix else ibis.literal(False)
    typed = typed.mutate(returned=ibis.literal(False) if said is None else said.fill_null(False))
    typed = typed.mutate(cancelled=cancelled | typed.returned)
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
        *([Check("the line is a cancellation", "warned", cancelled, columns.order_id)] if columns.order_id else []),
        *(
            [Check(f"{columns.returned} says that the line was given back", "warned", typed.returned, columns.returned)]
            if said is not None
            else []
        ),
        *(check for check in worth if check.outcome == "warned"),
        _tidied_check(typed, columns.customer_id),
        Check(f"{columns.time} was brought to UTC", "normalised", times.moved, columns.time),
        *([Check(f"{columns.time} was a serial number of a day", "normalised", times.serial, columns.time)] if epoch else []),
    ]
    return typed, checks


def _given_back(value: ir.DecimalValue, typed: ir.Table) -> ir.DecimalValue:
    """A quantity or an amount, below zero where a column says that the line was given back."""
    return (typed.returned & (value > 0)).ifelse(-value, value)


def _order_of(time: ir.TimestampValue, dataset: TransactionsDataset) -> ir.StringValue:
    """What stands for an order id where the file has none: all of a customer's lines of a day, or of a timestamp, are one order."""
    return time.date().cast("string") if dataset.order_per == "day" else time.cast("string")


def _with_quantity_and_price(typed: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """Lines with `quantity`, `unit_price` and `amount_minor`, and what can be wrong with them."""
    quantity_name, price_name = str(dataset.columns.quantity), str(dataset.columns.unit_price)
    quantity, price = with_point(_text(typed, quantity_name), dataset.decimal), with_point(_text(typed, price_name), dataset.decimal)
    typed = typed.mutate(quantity=_given_back(as_decimal(quantity), typed), unit_price=as_decimal(price))
    # Integer minor units: sums are then exact, and the same on every engine and in every order.
    size = (typed.quantity.cast("float64") * typed.unit_price.cast("float64")).abs()
    typed = typed.mutate(amount_minor=_amount_minor(typed, size, dataset.minor_units))
    too_large = f"{quantity_name} times {price_name} is beyond {_written(LARGEST_AMOUNT)}"
    returned = (typed.quantity < 0) & ~typed.cancelled
    return typed, [
        Check(f"{quantity_name} is missing", "rejected", quantity.isnull(), quantity_name),
        *_number_checks(quantity, quantity_name),
        Check(f"{price_name} is missing", "rejected", price.isnull(), price_name),
        *_number_checks(price, price_name),
        Check(f"{price_name} is negative", "rejected", typed.unit_price < 0, price_name),
        Check(too_large, "rejected", size > LARGEST_AMOUNT, quantity_name),
        Check(f"{quantity_name} is negative without a cancellation", "warned", returned, quantity_name),
        Check(f"{price_name} is 0", "warned", typed.unit_price == 0, price_name),
    ]


def _with_amount(typed: ir.Table, dataset: TransactionsDataset) -> tuple[ir.Table, list[Check]]:
    """The same where a line says what it comes to: it counts as one item, given back where the amount is negative."""
    name = str(dataset.columns.amount)
    text = with_point(_text(typed, name), dataset.decimal)
    amount = _given_back(as_decimal(text), typed)
    one = (amount < 0).ifelse(ibis.literal(-1), ibis.literal(1)).cast("decimal(18, 4)")
    minor = (amount.cast("decimal(38, 4)") * dataset.minor_units).round(0).try_cast("int64")
    typed = typed.mutate(quantity=one, unit_price=amount.abs(), amount_minor=minor)
    return typed, [
        Check(f"{name} is missing", "rejected", text.isnull(), name),
        *_number_checks(text, name),
        Check(f"{name} is negative without a cancellation", "warned", (typed.quantity < 0) & ~typed.cancelled, name),
        Check(f"{name} is 0", "warned", typed.unit_price == 0, name),
    ]


def typed_profile(rows: ir.Table, dataset: ProfileDataset, filled: Mapping[str, float]) -> tuple[ir.Table, list[Check]]:
    """Customers with their attributes understood, and the checks on them.

    Args:
        rows: What `tidied` returns.
        dataset: Names the columns.
        filled: Feature to the value that stands where the file holds nothing; features that are not in it have to be there.

    Returns:
        One row per row of the file, with `customer_id` and every feature (float64) added; and the checks in the
        order in which the first to fail names the reason.
    """
    values: dict[str, ir.Value] = {"customer_id": _text(rows, dataset.customer_id)}
    rejecting: list[Check] = []
    filling: list[Check] = []
    for feature in dataset.features:
        text = _text(rows, feature.column)
        found, unreadable = _understood(rows, feature, dataset)
        values |= {name: value.fill_null(filled[name]) if name in filled else value for name, value in found.items()}
        if filled.keys() >= found.keys():
            # What cannot be understood is kept out: only what is not there is filled in.
            filling.append(Check(f"{feature.column} was missing and is filled in", "normalised", text.isnull(), feature.column))
        else:
            rejecting.append(Check(f"{feature.column} is missing", "rejected", text.isnull(), feature.column))
        rejecting += unreadable
    typed = rows.mutate(**values)
    own = dataset.customer_id
    return typed, [*_reader_checks(typed, dataset), *_id_checks(typed, own), *rejecting, *filling, _tidied_check(typed, own)]


def medians(rows: ir.Table, dataset: ProfileDataset) -> dict[str, float]:
    """What fills in for missing values: the median of a number, the most frequent word of a category.

    Args:
        rows: What `tidied` returns.
        dataset: Names the columns.

    Returns:
        Feature to its value; features without one value that can be read are left out.
    """
    found: dict[str, float] = {}
    for feature in dataset.features:
        values, _ = _understood(rows, feature, dataset)
        if not feature.words:
            middle = rows.aggregate(**{name: value.median() for name, value in values.items()}).to_pyarrow().to_pylist()[0]
            found |= {name: float(value) for name, value in middle.items() if value is not None}
            continue
        counted = rows.select(**values).drop_null().group_by(list(values)).aggregate(rows=lambda group: group.count())
        # Of words that are equally frequent the one of the larger number, the same in every order of rows.
        first = counted.order_by([ibis.desc("rows"), *map(ibis.desc, values)]).limit(1).drop("rows").to_pyarrow().to_pylist()
        found |= first[0] if first else {}
    return found


def _understood(rows: ir.Table, feature: ProfileFeature, dataset: ProfileDataset) -> tuple[dict[str, ir.FloatingValue], list[Check]]:
    """What clustering sees of a column, by name, and what can be wrong with a value that is there."""
    text = _text(rows, feature.column)
    if not feature.words:
        number = with_point(_text(rows, feature.column), dataset.decimal)
        return {feature.name: as_decimal(number).cast("float64")}, _number_checks(number, feature.column)
    codes: list[dict[str, float]] = (
        [feature.codes]
        if feature.codes
        else [{word: float(word == own) for word in feature.one_hot or ()} for own in feature.names.values()]
    )
    values = {name: _code(text, words) for name, words in zip(feature.names, codes, strict=True)}
    unknown = text.notnull() & values[next(iter(values))].isnull()
    known = ", ".join(codes[0])
    return values, [Check(f"{feature.column} is none of {known}", "rejected", unknown, feature.column, unreadable=True)]


def _reader_checks(typed: ir.Table, dataset: Dataset) -> list[Check]:
    """Rows that hold nothing, and cells that hold an error value instead of one."""
    blank = ibis.and_(*(_text(typed, header).isnull() for header in dataset.source_columns.values()))
    return [
        Check("the row has too few or too many fields", "rejected", typed[FAULT].startswith("the row")),
        Check("a cell holds an error value", "rejected", typed[FAULT].notnull(), FAULT),
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
    number = text.re_search(NUMBER)
    return [
        Check(f"{header} is not a number", "rejected", text.notnull() & ~number, header, unreadable=True),
        Check(f"{header} is beyond {_written(LARGEST)}", "rejected", number & ~(as_float(text).abs() <= LARGEST), header),
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


def _code(text: ir.StringValue, codes: dict[str, float]) -> ir.FloatingValue:
    """The number that stands for a category; its case does not matter."""
    folded = text.lower()
    return ibis.cases(*((folded == word.lower(), ibis.literal(float(code))) for word, code in codes.items()), else_=ibis.null("float64"))
