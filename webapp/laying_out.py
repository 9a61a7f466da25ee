"""Crowds, laid out once per run for the questions that pages ask.

They stand in a database of DuckDB's own, in a file that is removed once it is open: what is not looked at takes no memory, and
nothing is left behind. Tables of a dataset there:

    customers   everybody, ids as numbers would stand, with "in the file", their row in `customers.parquet`, "map cell", the cell of the
                whole map that they lie in, and "persona number", the place of their persona in the order of the rules
    placed      everybody, those of one place on the map together, for whoever counts: with "place", their row in `customers`
    sample      one customer in so many, in the order and with the columns of `placed`, and of transactions "months", those they bought
                in: "month" and what was "spent" in it
    ladder      the values of each feature at even steps through all customers: feature, step, value
    near        the scaled features that clusters are made of, sorted, with "place", the customer's row in `customers`
"""

from typing import Any

import duckdb
import numpy as np

from pipeline.artifacts import BUILD_COMMAND, Run
from pipeline.errors import ArtifactError
from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier, literal, parquet
from webapp import crowd
from webapp.bought import Bought
from webapp.buyers import BUYER, RECENCY, Buyers
from webapp.by_cell import PLACE, ByCell, Numbers
from webapp.crowd import Crowd

# Steps of a ladder: where somebody stands among all is known to a ten-thousandth.
STEPS = 10_000
# A part of the map is chosen by them: taking a whole column out of its compressed form takes longer than comparing its values.
_AS_THEY_ARE = ("x", "y")
# A question about a few customers reads a group of rows for each.
_ROW_GROUP = 61_440
# Texts of no more words than these are numbers with words.
_WORDS = 1_000
# Customers whose months are read at once.
_READ = 65_536
# What is sorted or gathered at once: customers, of whom each counts as some of the months that they bought in.
_AT_ONCE, _OF_A_CUSTOMER = 900_000, 2


def attach(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Begin the database in a file that does not exist yet."""
    connection.execute(f"ATTACH {literal(path)} AS {crowd.DATABASE} (ROW_GROUP_SIZE {_ROW_GROUP})")


def lay_out(connection: duckdb.DuckDBPyConnection, run: Run, dataset: str) -> Crowd:
    """Lay out one dataset, whose tables but `customers` are there by name.

    Raises:
        ArtifactError: If its orders are not those of its customers.
    """
    record = run.manifest.datasets[dataset]
    home = f"{crowd.DATABASE}.{identifier(dataset)}"
    customers = parquet(run.table(dataset, "customers"), ", file_row_number = true")
    connection.execute(f"CREATE SCHEMA {home}")
    left, low, right, high = _one(connection, f"SELECT min(x), min(y), max(x), max(y) FROM {customers}")
    edges = (left, low, right, high)
    cell = crowd.cell_of(left, low, crowd.size_of_cells(*edges), crowd.CELLS)
    personas = [row[0] for row in connection.execute(f"SELECT persona FROM {identifier(dataset)}.personas").fetchall()]
    numbers = ", ".join(literal(name) for name in personas)
    rows = f"""SELECT * EXCLUDE (file_row_number), file_row_number::INTEGER AS "in the file",
               ({cell})::INTEGER AS "map cell",
               (list_position([{numbers}], persona) - 1)::UTINYINT AS "persona number" FROM {customers}"""
    _like(connection, f"{home}.customers", rows)
    # The file is sorted by id: ids of one length stand in it as numbers would, and nothing has to be sorted again.
    lengths = connection.execute(f"SELECT DISTINCT length(customer_id) AS length FROM {customers} ORDER BY length").fetchall()
    for (length,) in lengths:
        connection.execute(f"INSERT INTO {home}.customers {rows} WHERE length(customer_id) = ?", [length])
    own = 'EXCLUDE ("in the file", "map cell", "persona number")'
    connection.execute(f"CREATE VIEW {identifier(dataset)}.customers AS SELECT * {own} FROM {home}.customers")
    _placed(connection, home, run, dataset)
    every = max(1, -(-record.customers // crowd.SAMPLED))
    some = f"FROM {home}.placed WHERE hash(customer_id) % {every} = 0"
    connection.execute(f"CREATE TABLE {home}.sample AS SELECT * {some}")
    sizes = _sizes(connection, home)
    sells = record.kind == "transactions"
    bought = _bought(connection, home) if sells else None
    buyers = _buyers(connection, home, sizes, len(personas)) if sells else None
    _ladder(connection, home, record)
    _near(connection, home, dataset, record)
    sample = connection.execute(f'SELECT rowid::INTEGER AS "row" {some}').fetchnumpy()["row"]
    return Crowd(every, *edges, _by_cell(connection, home, "x, y", sizes, PLACE), sample, bought, buyers)


def _bought(connection: duckdb.DuckDBPyConnection, home: str) -> Bought:
    """What everybody spent by month, which does not stay in the table."""
    found = Bought.of(connection.execute(f'SELECT "months" FROM {home}.placed').to_arrow_reader(_READ))
    connection.execute(f'ALTER TABLE {home}.placed DROP COLUMN "months"')
    return found


def _sizes(connection: duckdb.DuckDBPyConnection, home: str) -> Numbers:
    """How many customers each cell of the map holds."""
    counted = connection.execute(f'SELECT "map cell" AS cell, count(*) AS customers FROM {home}.placed GROUP BY ALL').fetchnumpy()
    return np.bincount(counted["cell"], counted["customers"], crowd.CELLS**2).astype(np.int64)


def _by_cell(connection: duckdb.DuckDBPyConnection, home: str, columns: str, sizes: Numbers, dtype: "np.dtype[Any]") -> ByCell:
    """Columns of everybody in the order of `placed`, called as the fields of the type."""
    return ByCell.of(connection.execute(f"SELECT {columns} FROM {home}.placed").to_arrow_reader(_AT_ONCE), sizes, dtype)


def _buyers(connection: duckdb.DuckDBPyConnection, home: str, sizes: Numbers, personas: int) -> Buyers:
    groups = connection.execute(
        f"""SELECT "map cell" AS cell, "persona number" AS persona, count(*) AS customers, sum(orders)::BIGINT AS orders,
            sum(monetary) AS revenue FROM {home}.placed GROUP BY ALL"""
    ).fetchnumpy()
    each = _by_cell(connection, home, '"persona number" AS persona, orders, monetary AS revenue', sizes, BUYER)
    return Buyers(groups, each, _by_cell(connection, home, "recency_days AS days", sizes, RECENCY), personas)


def _ladder(connection: duckdb.DuckDBPyConnection, home: str, record: DatasetRecord) -> None:
    connection.execute(f"CREATE TABLE {home}.ladder (feature VARCHAR, step INTEGER, value DOUBLE)")
    for feature in record.features:
        # The customer in the middle of each step.
        connection.execute(
            f"""INSERT INTO {home}.ladder
                SELECT ?, step, value FROM range({STEPS}) steps(step) JOIN
                (SELECT {identifier(feature)} AS value, row_number() OVER (ORDER BY {identifier(feature)}) AS place FROM {home}.customers)
                ON place = 1 + (2 * step + 1) * {record.customers} // {2 * STEPS}""",
            [feature],
        )


def _near(connection: duckdb.DuckDBPyConnection, home: str, dataset: str, record: DatasetRecord) -> None:
    scaling = connection.execute(f"SELECT DISTINCT feature, mean, spread FROM {identifier(dataset)}.centres ORDER BY feature").fetchall()
    if not scaling:
        return
    columns = [f"{crowd.scaled(record, identifier(feature), mean, spread)} AS {identifier(feature)}" for feature, mean, spread in scaling]
    connection.execute(
        f"""CREATE TABLE {home}.near AS SELECT {", ".join(columns)}, rowid::INTEGER AS "place"
            FROM {home}.customers ORDER BY {", ".join(str(at + 1) for at in range(len(columns)))}"""
    )


def _placed(connection: duckdb.DuckDBPyConnection, home: str, run: Run, dataset: str) -> None:
    """Whoever is near on the map is alike: a question about some of them passes over most of the others."""
    bought = run.manifest.datasets[dataset].kind == "transactions"
    if bought:
        _months(connection, home, run, dataset)
    rows = f"""SELECT c.* REPLACE ({_numbered(connection, home)}), c.rowid::INTEGER AS "place"
               {', "months"' if bought else ""} FROM {home}.customers c
               {f'JOIN {home}.spent USING ("in the file")' if bought else ""}"""
    _like(connection, f"{home}.placed", rows)
    weight = f"""SELECT "map cell" AS number, sum({_OF_A_CUSTOMER} {'+ len("months")' if bought else ""}) AS held FROM ({rows})
                 GROUP BY number"""
    for before, last in _parts(connection, weight):
        part = f'{rows} WHERE "map cell" > ? AND "map cell" <= ? ORDER BY "map cell"'
        connection.execute(f"INSERT INTO {home}.placed {part}", [before, last])
    if bought:
        connection.execute(f"DROP TABLE {home}.spent")


def _numbered(connection: duckdb.DuckDBPyConnection, home: str) -> str:
    """Texts of which there are few as numbers with words: customers are chosen and grouped by them."""
    texts = [name for name, dtype, *_ in connection.execute(f"DESCRIBE {home}.customers").fetchall() if dtype == "VARCHAR"]
    found = []
    for name in (identifier(name) for name in texts if name != "customer_id"):
        distinct = f"SELECT DISTINCT {name} AS word FROM {home}.customers WHERE {name} IS NOT NULL ORDER BY word LIMIT {_WORDS + 1}"
        words = connection.execute(distinct).fetchall()
        if 0 < len(words) <= _WORDS:
            found.append(f"{name}::ENUM({', '.join(literal(word) for (word,) in words)}) AS {name}")
    return ", ".join(found)


def _months(connection: duckdb.DuckDBPyConnection, home: str, run: Run, dataset: str) -> None:
    """What each customer spent by month, as lists: spent, with "in the file", "months".

    Orders stand in the order of customers: whenever the id changes the next customer begins, so that nothing has to be joined.
    """
    path, customers = run.table(dataset, "orders"), run.manifest.datasets[dataset].customers
    connection.execute(
        f"""CREATE TABLE {home}.bought AS
            SELECT (sum(changed) OVER (ROWS UNBOUNDED PRECEDING) - 1)::INTEGER AS "in the file", month, spend
            FROM (SELECT (customer_id IS DISTINCT FROM lag(customer_id) OVER ())::INTEGER AS changed,
                  date_trunc('month', time)::DATE AS month, spend
                  FROM {parquet(path)})"""
    )
    lists = f"""SELECT "in the file", list({{'month': month, 'spent': spent}}) AS "months"
                FROM (SELECT "in the file", month, sum(spend) AS spent FROM {home}.bought WHERE "in the file" > ? AND "in the file" <= ?
                      GROUP BY ALL)
                GROUP BY ALL"""
    connection.execute(f"CREATE TABLE {home}.spent AS {lists} LIMIT 0", [0, 0])
    for part in _parts(
        connection, f'SELECT "in the file" AS number, {_OF_A_CUSTOMER} + count(*) AS held FROM {home}.bought GROUP BY number'
    ):
        connection.execute(f"INSERT INTO {home}.spent {lists}", part)
    connection.execute(f"DROP TABLE {home}.bought")
    (buying,) = _one(connection, f"SELECT count(*) FROM {home}.spent")
    if buying != customers:
        raise ArtifactError(f"{path}: holds orders of {buying} customers, of whom there are {customers}. Run `{BUILD_COMMAND}`.")


def _parts(connection: duckdb.DuckDBPyConnection, held: str) -> list[tuple[int, int]]:
    """Parts of what `held` counts (number, held) that fit into memory one at a time: the number before the first, and the last of each."""
    sql = f"SELECT max(number) FROM (SELECT number, sum(held) OVER (ORDER BY number) AS so_far FROM ({held})) GROUP BY so_far // {_AT_ONCE}"
    lasts = sorted(last for (last,) in connection.execute(sql).fetchall())
    return list(zip([-1, *lasts], lasts, strict=False))


def _like(connection: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    """Begin a table that such rows fit into."""
    columns = [
        f"{identifier(name)} {dtype}{' USING COMPRESSION uncompressed' if name in _AS_THEY_ARE else ''}"
        for name, dtype, *_ in connection.execute(f"DESCRIBE {rows}").fetchall()
    ]
    connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, ...]:
    found = connection.execute(sql).fetchone()
    assert found is not None
    return tuple(found)
