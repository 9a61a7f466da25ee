"""What each row has to satisfy, as ibis expressions over rows as they were read: what a check is, and those of every kind of dataset."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipeline.intake.findings import Outcome
from pipeline.intake.numbers import LARGEST, as_float, is_number
from pipeline.intake.rows import as_text
from pipeline.intake.staged import FAULT, cell
from pipeline.intake.texts import SPACES
from pipeline.settings import Dataset, ProfileDataset

# Beside the columns of a file: whether its id was not as it is now.
TIDIED = "__tidied"

LONGEST_ID = 64


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
def strlen(text: str) -> int:  # type: ignore[empty-body] # DuckDB's own
    """Bytes of a text: as many as characters only where all are ASCII."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # ibis says nothing of its types
def trim(text: str, characters: str) -> str:  # type: ignore[empty-body] # DuckDB's own
    """Text without any of these characters around it."""


def tidied(raw: ir.Table, dataset: Dataset) -> ir.Table:
    """The rows with the values that are used as they are looked at: numbers and times where they are needed and held as such, else text.

    Texts are without white space around them, ids in one spelling; nothing left is null. Done once, before anything looks at a value: it
    is the dearest of all that is done to a text. `TIDIED` says whether that changed the id.
    """
    header = _id_header(dataset)
    values = {name: _looked_at(raw[cell(name)], name, dataset) for name in dataset.source_columns.values()}
    changed: ir.BooleanValue = ibis.literal(False)
    if raw[cell(header)].type().is_string():
        values[header] = nfc_normalize(values[header])
        changed = values[header] != raw[cell(header)]
    return raw.mutate(**{cell(name): value for name, value in values.items()}, **{TIDIED: changed})


def _looked_at(value: ir.Value, name: str, dataset: Dataset) -> ir.Value:
    dtype = value.type()
    if dtype.is_string():
        return _trimmed(value).nullif("")
    number = name in dataset.numeric_columns and dtype.is_numeric() and not dtype.is_boolean()
    time = name == dataset.time_column and (dtype.is_timestamp() or dtype.is_date())
    # What was no text has nothing around it.
    return value if number or time else as_text(value)


def _trimmed(text: ir.StringValue) -> ir.StringValue:
    # The many spaces of Unicode are made a set of for each text: only those that could hold one are worth it.
    return (strlen(text) == text.length()).ifelse(text.strip(), trim(text, SPACES))


def _id_header(dataset: Dataset) -> str:
    return dataset.customer_id if isinstance(dataset, ProfileDataset) else dataset.columns.customer_id


def reader_checks(typed: ir.Table, dataset: Dataset) -> list[Check]:
    """Rows that hold nothing, and cells that hold an error value instead of one."""
    blank = ibis.and_(*(value_of(typed, header).isnull() for header in dataset.source_columns.values()))
    return [
        Check("the row has too few or too many fields", "rejected", typed[FAULT].startswith("the row")),
        Check("a cell holds an error value", "rejected", typed[FAULT].notnull(), FAULT),
        Check("the row is blank", "rejected", blank),
    ]


def id_checks(typed: ir.Table, header: str) -> list[Check]:
    """Rows that name no customer, or name one as no customer is called."""
    return [
        Check(f"{header} is missing", "rejected", typed.customer_id.isnull(), header),
        Check(f"{header} is longer than {LONGEST_ID} characters", "rejected", typed.customer_id.length() > LONGEST_ID, header),
    ]


def tidied_check(typed: ir.Table, header: str) -> Check:
    """Rows whose customer was written in another way."""
    return Check(f"{header} was trimmed, or its letters spelt in one way", "normalised", typed[TIDIED], header)


def number_checks(value: ir.Value, header: str) -> list[Check]:
    """Values that are no number, or one that is too large; a text has a decimal point."""
    number = is_number(value)
    return [
        Check(f"{header} is not a number", "rejected", value.notnull() & ~number, header, unreadable=True),
        Check(f"{header} is beyond {written(LARGEST)}", "rejected", number & ~(as_float(value).abs() <= LARGEST), header),
    ]


def value_of(rows: ir.Table, header: str) -> ir.Value:
    """A column of the file, as `tidied` left it: text, or a number or a time where the file holds it as such."""
    return rows[cell(header)]


def written(number: float) -> str:
    """A limit as messages say it: 1e9."""
    return f"{number:.0e}".replace("e+0", "e").replace("e+", "e")
