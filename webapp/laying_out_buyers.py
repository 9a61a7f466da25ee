"""What a crowd of buyers has besides: what they spent by month, and what those come to who are alike.

Tables of a dataset, beside those of `laying_out`:

    alike           everybody by all that few customers differ in: these columns, "persona number", customers, orders, revenue
    alike_months    the same by month: month, as in `months` of a sample, spent
    by_country      everybody, those of one country together, in the order of `placed`: with "row", their row there, what they are chosen
                    and counted by; only where countries are numbers with words
"""

from collections.abc import Iterable
from typing import Any

import duckdb
import numpy as np

from pipeline.artifacts import BUILD_COMMAND, Run
from pipeline.errors import ArtifactError
from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier, parquet
from webapp import at_once
from webapp.bought import Bought
from webapp.buyers import BUYER, RECENCY, Buyers, Spent
from webapp.by_cell import ByCell, Numbers
from webapp.crowd import ALIKE

# Customers whose months are read at once.
_READ = 65_536


def spend(connection: duckdb.DuckDBPyConnection, home: str, run: Run, dataset: str) -> None:
    """What each customer spent by month, as lists: `spent`, with "in the file", "months".

    A month is a number since January 1970: grouping by these takes a third of what grouping by dates does.

    Orders stand in the order of customers: whenever the id changes the next customer begins, so that nothing has to be joined.

    Raises:
        ArtifactError: If the orders are not those of the customers.
    """
    path, customers = run.table(dataset, "orders"), run.manifest.datasets[dataset].customers
    connection.execute(
        f"""CREATE TABLE {home}.bought AS
            SELECT (sum(changed) OVER (ROWS UNBOUNDED PRECEDING) - 1)::INTEGER AS "in the file", month, spend
            FROM (SELECT (customer_id IS DISTINCT FROM lag(customer_id) OVER ())::INTEGER AS changed,
                  date_diff('month', DATE '1970-01-01', time)::SMALLINT AS month, spend
                  FROM {parquet(path)})"""
    )
    lists = f"""SELECT "in the file", list({{'month': month, 'spent': spent}}) AS "months"
                FROM (SELECT "in the file", month, sum(spend) AS spent FROM {home}.bought WHERE "in the file" > ? AND "in the file" <= ?
                      GROUP BY ALL)
                GROUP BY ALL"""
    connection.execute(f"CREATE TABLE {home}.spent AS {lists} LIMIT 0", [0, 0])
    held = f'SELECT "in the file" AS number, {at_once.OF_A_CUSTOMER} + count(*) AS held FROM {home}.bought GROUP BY number'
    for part in at_once.parts(connection, held):
        connection.execute(f"INSERT INTO {home}.spent {lists}", part)
    connection.execute(f"DROP TABLE {home}.bought")
    (buying,) = connection.execute(f"SELECT count(*) FROM {home}.spent").fetchall()[0]
    if buying != customers:
        raise ArtifactError(f"{path}: holds orders of {buying} customers, of whom there are {customers}. Run `{BUILD_COMMAND}`.")


def lay_out_buyers(
    connection: duckdb.DuckDBPyConnection, home: str, record: DatasetRecord, sizes: Numbers, personas: int
) -> tuple[Bought, Buyers]:
    """Lay out what buyers have besides, once `placed` is there, whose lists of months do not stay in it.

    Args:
        connection: In which the database is there.
        home: The dataset's schema in it.
        record: What the run says of it.
        sizes: How many customers each cell of the map holds.
        personas: How many there are.
    """
    bought = Bought.of(connection.execute(f'SELECT "months" FROM {home}.placed').to_arrow_reader(_READ))
    _alike(connection, home)
    groups = connection.execute(
        f"""SELECT "map cell" AS cell, "persona number" AS persona, count(*) AS customers, sum(orders)::BIGINT AS orders,
            sum(monetary) AS revenue FROM {home}.placed GROUP BY ALL ORDER BY ALL"""
    ).fetchnumpy()
    spent = _spent(connection, home, groups, bought, personas)
    connection.execute(f'ALTER TABLE {home}.placed DROP COLUMN "months"')
    _by_country(connection, home, record)
    each = by_cell(connection, home, '"persona number" AS persona, orders, monetary AS revenue', sizes, BUYER)
    recency = by_cell(connection, home, "recency_days AS days", sizes, RECENCY)
    return bought, Buyers(groups, spent, each, recency, personas)


def by_cell(connection: duckdb.DuckDBPyConnection, home: str, columns: str, sizes: Numbers, dtype: "np.dtype[Any]") -> ByCell:
    """Columns of everybody in the order of `placed`, called as the fields of the type."""
    batches = connection.execute(f"SELECT {columns} FROM {home}.placed").to_arrow_reader(at_once.CUSTOMERS)
    return ByCell.of(batches, sizes, dtype)


def _alike(connection: duckdb.DuckDBPyConnection, home: str) -> None:
    columns = f'{_listed(ALIKE)}, "persona number"'
    # Sorted, so that a choice by days since the last order passes over most of the others.
    connection.execute(
        f"""CREATE TABLE {home}.alike AS
            SELECT {columns}, count(*) AS customers, sum(orders)::BIGINT AS orders, sum(monetary) AS revenue
            FROM {home}.placed GROUP BY ALL ORDER BY recency_days"""
    )
    connection.execute(
        f"""CREATE TABLE {home}.alike_months AS
            SELECT {columns}, month, sum(spent) AS spent
            FROM (SELECT {columns}, unnest("months", recursive := true) FROM {home}.placed) GROUP BY ALL ORDER BY recency_days"""
    )


def _spent(connection: duckdb.DuckDBPyConnection, home: str, groups: dict[str, Numbers], bought: Bought, personas: int) -> Spent:
    found = connection.execute(
        f"""SELECT "map cell" * {personas} + "persona number" AS own, month, sum(spent) AS spent
            FROM (SELECT "map cell", "persona number", unnest("months", recursive := true) FROM {home}.placed) GROUP BY ALL"""
    ).fetchnumpy()
    group = np.searchsorted(groups["cell"].astype(np.int64) * personas + groups["persona"], found["own"])
    own = (found["month"].astype(np.int32) - bought.first) * personas + groups["persona"][group]
    return Spent(group.astype(np.int32), own.astype(np.int32), found["spent"], len(bought.months))


def _by_country(connection: duckdb.DuckDBPyConnection, home: str, record: DatasetRecord) -> None:
    types = {name: dtype for name, dtype, *_ in connection.execute(f"DESCRIBE {home}.placed").fetchall()}
    if not types.get("country", "").startswith("ENUM"):
        return
    columns = _listed(dict.fromkeys([*ALIKE, *record.features, "country", "monetary", "orders", "persona number"]))
    rows = f'SELECT {columns}, rowid::INTEGER AS "row" FROM {home}.placed'
    connection.execute(f"CREATE TABLE {home}.by_country AS {rows} LIMIT 0")
    held = f"SELECT enum_code(country)::INTEGER AS number, count(*) AS held FROM {home}.placed WHERE country IS NOT NULL GROUP BY number"
    for before, last in at_once.parts(connection, held):
        # Those of one country stand in order as they are, and may be many.
        order = "" if last == before + 1 else "ORDER BY country, rowid"
        part = f"{rows} WHERE enum_code(country) > ? AND enum_code(country) <= ? {order}"
        connection.execute(f"INSERT INTO {home}.by_country {part}", [before, last])


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(identifier, columns))
