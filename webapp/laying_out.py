"""Crowds, laid out once per run for the questions that pages ask.

They stand in a database of DuckDB's own, in a file that is removed once it is open: what is not looked at takes no memory, and
nothing is left behind. Tables of a dataset there:

    customers   everybody, ids as numbers would stand, with "in the file", their row in `customers.parquet`, "map cell", the cell of the
                whole map that they lie in, and "persona number", the place of their persona in the order of the rules
    placed      everybody, those of one place on the map together, for whoever counts: with "place", their row in `customers`
    sample      one customer in so many, in the order and with the columns of `placed`, and of transactions "months", those they bought
                in: "month" (as a number since January 1970) and what was "spent" in it
    ladder      the values of each feature at even steps through all customers: feature, step, value
    near        the scaled features that clusters are made of, sorted, with "place", the customer's row in `customers`
"""

import duckdb
import numpy as np

from pipeline.artifacts import Run
from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier, literal, parquet
from webapp import at_once, crowd
from webapp.by_cell import PLACE, Numbers
from webapp.crowd import Crowd
from webapp.laying_out_buyers import by_cell, lay_out_buyers, spend

# Steps of a ladder: where somebody stands among all is known to a ten-thousandth.
STEPS = 10_000
# A part of the map is chosen by them: taking a whole column out of its compressed form takes longer than comparing its values.
_AS_THEY_ARE = ("x", "y")
# A question about a few customers reads a group of rows for each.
_ROW_GROUP = 61_440
# Texts of no more words than these are numbers with words.
_WORDS = 1_000


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
    bought, buyers = lay_out_buyers(connection, home, record, sizes, len(personas)) if sells else (None, None)
    _ladder(connection, home, record)
    _near(connection, home, dataset, record)
    sample = connection.execute(f'SELECT rowid::INTEGER AS "row" {some}').fetchnumpy()["row"]
    return Crowd(every, *edges, by_cell(connection, home, "x, y", sizes, PLACE), sample, bought, buyers)


def _sizes(connection: duckdb.DuckDBPyConnection, home: str) -> Numbers:
    """How many customers each cell of the map holds."""
    counted = connection.execute(f'SELECT "map cell" AS cell, count(*) AS customers FROM {home}.placed GROUP BY ALL').fetchnumpy()
    return np.bincount(counted["cell"], counted["customers"], crowd.CELLS**2).astype(np.int64)


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
        spend(connection, home, run, dataset)
    rows = f"""SELECT c.* REPLACE ({_numbered(connection, home)}), c.rowid::INTEGER AS "place"
               {', "months"' if bought else ""} FROM {home}.customers c
               {f'JOIN {home}.spent USING ("in the file")' if bought else ""}"""
    _like(connection, f"{home}.placed", rows)
    weight = f"""SELECT "map cell" AS number, sum({at_once.OF_A_CUSTOMER} {'+ len("months")' if bought else ""}) AS held FROM ({rows})
                 GROUP BY number"""
    for before, last in at_once.parts(connection, weight):
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
