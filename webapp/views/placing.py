"""Customers placed by the centres of a run, in SQL: the web has no other way to ask a model of many."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier, literal
from webapp.crowd import scaled


def squares(customers: str, kept: Sequence[str], centres: Sequence[Mapping[str, Any]], record: DatasetRecord) -> tuple[str, dict[int, str]]:
    """How far the customers of a table are from each centre.

    Args:
        customers: The table, in SQL, with the features in raw units.
        kept: Columns of it that stay.
        centres: Rows of the table `centres`.
        record: What the run of the centres says of the dataset.

    Returns:
        A query for the kept columns and the square of the distance to each centre, in standard deviations of the scaled features; and
        cluster to the column of its square, the lowest number first.
    """
    spread = {row["feature"]: (row["mean"], row["spread"]) for row in centres}
    features = {name: f"_scaled_{at}" for at, name in enumerate(spread)}
    values = [f"{scaled(record, _measured(record, name), *spread[name])} AS {features[name]}" for name in features]
    apart: dict[int, list[str]] = {number: [] for number in sorted({row["cluster"] for row in centres})}
    for row in centres:
        apart[row["cluster"]].append(f"({features[row['feature']]} - {row['centre']!r}::DOUBLE) ** 2")
    columns = {number: f"_square_{number}" for number in apart}
    own = [identifier(name) for name in kept]
    summed = [f"{' + '.join(terms)} AS {columns[number]}" for number, terms in apart.items()]
    # Step by step: what stands in a column is worked out once.
    return f"SELECT {', '.join([*own, *summed])} FROM (SELECT {', '.join([*own, *values])} FROM {customers})", columns


def placed(
    customers: str, kept: Sequence[str], centres: Sequence[Mapping[str, Any]], names: Mapping[int, str], record: DatasetRecord
) -> str:
    """The customers of a table with the persona of their nearest centre; of equally near ones the lowest number counts.

    Args:
        customers: The table, in SQL, with the features in raw units.
        kept: Columns of it that stay.
        centres: Rows of the table `centres`.
        names: Cluster to persona.
        record: What the run of the centres says of the dataset.

    Returns:
        A query for the kept columns and `placed`.
    """
    sql, columns = squares(customers, kept, centres, record)
    nearest = " ".join(f"WHEN {column} THEN {literal(names[number])}" for number, column in columns.items())
    own = "".join(f"{identifier(name)}, " for name in kept)
    return f"SELECT {own}CASE least({', '.join(columns.values())}) {nearest} END AS placed FROM ({sql})"


def _measured(record: DatasetRecord, name: str) -> str:
    """A feature in raw units; where a logarithm is taken of it, nothing in the place of what has none.

    Whoever gave back more than they bought had spent nothing: so are they placed at the ends of months, too.
    """
    column = identifier(name)
    return f"CASE WHEN {column} > -1 THEN {column} ELSE 0 END" if record.settings["scaling"] == "log" else column
