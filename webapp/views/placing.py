"""Customers placed by the centres of a run, in SQL: the web has no other way to ask a model of many."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.manifest import DatasetRecord
from webapp.crowd import scaled
from webapp.sql import identifier, literal


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
    spread = {row["feature"]: (row["mean"], row["spread"]) for row in centres}
    features = {name: f"_scaled_{at}" for at, name in enumerate(spread)}
    values = [f"{scaled(record, identifier(name), *spread[name])} AS {features[name]}" for name in features]
    apart: dict[int, list[str]] = {number: [] for number in sorted(names)}
    for row in centres:
        apart[row["cluster"]].append(f"({features[row['feature']]} - {row['centre']!r}::DOUBLE) ** 2")
    distances = {number: f"_distance_{number}" for number, terms in apart.items() if terms}
    squares = [f"{' + '.join(apart[number])} AS {distance}" for number, distance in distances.items()]
    own = ", ".join(map(identifier, kept))
    nearest = " ".join(f"WHEN {distance} THEN {literal(names[number])}" for number, distance in distances.items())
    # Step by step: what stands in a column is worked out once.
    return f"""SELECT {own}, CASE least({", ".join(distances.values())}) {nearest} END AS placed
               FROM (SELECT {own}, {", ".join(squares)} FROM (SELECT {own}, {", ".join(values)} FROM {customers}))"""
