"""Customers with their attributes understood: numbers, categories, and what stands where the file holds nothing."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from pipeline.intake.checks import Check, id_checks, number_checks, reader_checks, tidied_check, value_of
from pipeline.intake.numbers import as_decimal, with_point
from pipeline.settings import ProfileDataset, ProfileFeature


def typed(rows: ir.Table, dataset: ProfileDataset, filled: Mapping[str, float]) -> tuple[ir.Table, list[Check]]:
    """Customers with their attributes understood, and the checks on them.

    Args:
        rows: What `tidied` returns.
        dataset: Names the columns.
        filled: Feature to the value that stands where the file holds nothing; features that are not in it have to be there.

    Returns:
        One row per row of the file, with `customer_id` and every feature (float64) added; and the checks in the
        order in which the first to fail names the reason.
    """
    values: dict[str, ir.Value] = {"customer_id": value_of(rows, dataset.customer_id)}
    rejecting: list[Check] = []
    filling: list[Check] = []
    for feature in dataset.features:
        text = value_of(rows, feature.column)
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
    return typed, [*reader_checks(typed, dataset), *id_checks(typed, own), *rejecting, *filling, tidied_check(typed, own)]


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
    text = value_of(rows, feature.column)
    if not feature.words:
        number = with_point(value_of(rows, feature.column), dataset.decimal)
        return {feature.name: as_decimal(number).cast("float64")}, number_checks(number, feature.column)
    codes: list[dict[str, float]] = (
        [feature.codes]
        if feature.codes
        else [{word: float(word == own) for word in feature.one_hot or ()} for own in feature.names.values()]
    )
    values = {name: _code(text, words) for name, words in zip(feature.names, codes, strict=True)}
    unknown = text.notnull() & values[next(iter(values))].isnull()
    known = ", ".join(codes[0])
    return values, [Check(f"{feature.column} is none of {known}", "rejected", unknown, feature.column, unreadable=True)]


def _code(text: ir.StringValue, codes: dict[str, float]) -> ir.FloatingValue:
    """The number that stands for a category; its case does not matter."""
    folded = text.lower()
    return ibis.cases(*((folded == word.lower(), ibis.literal(float(code))) for word, code in codes.items()), else_=ibis.null("float64"))
