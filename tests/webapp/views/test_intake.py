from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.webapp.handmade import alter, publish
from webapp.snapshot import Snapshot
from webapp.store import Store
from webapp.views import intake
from webapp.views.scope import Scope


def found_of(root: Path, *found: tuple[str, int, str]) -> Scope:
    """A shop whose report has these checks: what was looked for, rows, the first of them."""
    run = publish(root)
    head = pq.read_table(run.table("shop", "quality"))
    more = {"outcome": "warned", "share": 0.0, "customers": None, "revenue": None}
    rows = [{"check": check, "rows": rows, "example": example, **more} for check, rows, example in found]
    alter(run, "shop", "quality", pa.Table.from_pylist(rows, schema=head.schema))
    return Scope(Store(root).snapshot(), "shop")


def test_checks_are_those_that_concern_anything_in_their_order(tmp_path: Path) -> None:
    shop = found_of(tmp_path, ("z", 2, "row 3"), ("quiet", 0, ""), ("a", 0, "extra column"), ("b", 1, ""))
    assert [row["check"] for row in intake.checks(shop)] == ["z", "a", "b"]
    assert intake.quiet_checks(shop) == 1


def test_a_check_says_what_it_concerns(shop: Scope) -> None:
    assert intake.checks(shop) == [
        {
            "check": "Customer ID is missing",
            "outcome": "rejected",
            "rows": 1,
            "share": 0.5,
            "example": "row 3",
            "customers": 0,
            "revenue": 12.5,
        }
    ]
    assert intake.quiet_checks(shop) == 0


def test_wanted_are_the_files_own_headers_that_are_read(shop: Scope, gym: Scope) -> None:
    assert intake.wanted_columns(shop) == ["Customer ID", "Amount"]
    assert intake.wanted_columns(gym) == ["Customer ID", "Age", "Income", "Gender"]


def test_the_dictionary_has_every_table_with_the_columns_that_are_published(made: Snapshot) -> None:
    for name, record in made.datasets.items():
        found = intake.dictionary(Scope(made, name))
        assert [table.name for table in found] == list(record.tables)
        for table in found:
            published = pq.read_schema(made.run.table(name, table.name)).names
            assert [column.name for column in table.columns] == published
            assert all(column.meaning for column in table.columns)


def test_the_dictionary_says_money_in_the_datasets_currency(shop: Scope) -> None:
    units = {(table.name, column.name): column.unit for table in intake.dictionary(shop) for column in table.columns}
    assert units["orders", "spend"] == "GBP"
    assert "currency" not in units.values()
