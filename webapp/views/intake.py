"""How a dataset's files were read: the data-quality report, and what its columns are."""

from dataclasses import replace
from typing import Any

from pipeline import schema
from pipeline.schema import Table
from webapp.views.scope import Scope


def checks(scope: Scope) -> list[dict[str, Any]]:
    """The checks that concern anything, in their order: check, outcome, rows, share, example, customers, revenue."""
    return scope.snapshot.rows(f"SELECT * FROM {scope.table('quality')} WHERE rows > 0 OR example <> ''")


def quiet_checks(scope: Scope) -> int:
    """How many checks found nothing."""
    found = scope.snapshot.rows(f"SELECT count(*) AS quiet FROM {scope.table('quality')} WHERE NOT (rows > 0 OR example <> '')")
    return int(found[0]["quiet"])


def wanted_columns(scope: Scope) -> list[str]:
    """The file's own headers that are read, ids first."""
    settings = scope.record.settings
    if scope.sells:
        return [name for name in settings["columns"].values() if name]
    return [settings["customer_id"], *dict.fromkeys(feature["column"] for feature in settings["features"])]


def dictionary(scope: Scope) -> list[Table]:
    """The published tables with their columns, money in the dataset's currency."""
    record = scope.record
    units = {"currency": scope.currency or ""}
    return [
        replace(table, columns=tuple(replace(column, unit=units.get(column.unit, column.unit)) for column in table.columns))
        for table in schema.tables(record.kind, record.features, record.file_columns).values()
    ]
