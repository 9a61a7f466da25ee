"""Datasets of more customers than can be drawn one by one, laid out once per run for the questions that pages ask.

They are laid out in a database of DuckDB's own, in a file that is removed once it is open: what is not looked at takes no memory, and
nothing is left behind. Tables of a dataset there:

    customers   everybody, ids as numbers would stand, with "in the file", their row in `customers.parquet`, "map cell", the cell of the
                whole map that they lie in, and "persona number", the place of their persona in the order of the rules
    sample      one customer in so many, the same columns
    ladder      the values of each feature at even steps through all customers: feature, step, value
    near        the scaled features that clusters are made of, sorted, with "place", the customer's row in `customers`
    months      of transactions: "in the file", month, spent, one row per order; those of one customer stand together
    sampled     of transactions: the sample, with "order month" and "spent in it", one row per month of each
"""

from dataclasses import dataclass

import duckdb

from pipeline.artifacts import BUILD_COMMAND, Run
from pipeline.errors import ArtifactError
from pipeline.manifest import DatasetRecord
from webapp.sql import identifier, literal, parquet

# A dataset of more customers than this is a crowd: an image stands for its points, and some of its figures are estimated.
CROWD = 100_000
# A sample holds about as many; a choice of at most `CROWD` customers needs none.
SAMPLED = 250_000
# Steps of a ladder: where somebody stands among all is known to a ten-thousandth.
STEPS = 10_000
# Cells of the whole map along its longer side.
CELLS = 256
DATABASE = '"laid out"'
# A question about a few customers reads a group of rows for each.
_ROW_GROUP = 61_440


@dataclass(frozen=True)
class Crowd:
    """What is known of a dataset that was laid out.

    Attributes:
        every: Its sample holds one customer in so many.
        left: Where its map begins; `low`, `right` and `high` are its other edges.
    """

    every: int
    left: float
    low: float
    right: float
    high: float

    @property
    def whole(self) -> tuple[float, float, float, float]:
        """All edges: left, low, right, high."""
        return self.left, self.low, self.right, self.high

    @property
    def cell(self) -> float:
        """Width and height of a cell of the whole map."""
        return max(self.right - self.left, self.high - self.low) / CELLS


def attach(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Begin the database in a file that does not exist yet."""
    connection.execute(f"ATTACH {literal(path)} AS {DATABASE} (ROW_GROUP_SIZE {_ROW_GROUP})")


def lay_out(connection: duckdb.DuckDBPyConnection, run: Run, dataset: str) -> Crowd:
    """Lay out one dataset, whose tables but `customers` are there by name.

    Raises:
        ArtifactError: If its orders are not those of its customers.
    """
    record = run.manifest.datasets[dataset]
    home = f"{DATABASE}.{identifier(dataset)}"
    customers = parquet(run.table(dataset, "customers"), ", file_row_number = true")
    connection.execute(f"CREATE SCHEMA {home}")
    left, low, right, high = _one(connection, f"SELECT min(x), min(y), max(x), max(y) FROM {customers}")
    crowd = Crowd(max(1, -(-record.customers // SAMPLED)), left, low, right, high)
    personas = [row[0] for row in connection.execute(f"SELECT persona FROM {identifier(dataset)}.personas").fetchall()]
    numbers = ", ".join(literal(name) for name in personas)
    rows = f"""SELECT * EXCLUDE (file_row_number), file_row_number::INTEGER AS "in the file",
               ({cell_of(crowd.left, crowd.low, crowd.cell, CELLS)})::INTEGER AS "map cell",
               (list_position([{numbers}], persona) - 1)::UTINYINT AS "persona number" FROM {customers}"""
    connection.execute(f"CREATE TABLE {home}.customers AS {rows} LIMIT 0")
    # The file is sorted by id: ids of one length stand in it as numbers would, and nothing has to be sorted again.
    lengths = connection.execute(f"SELECT DISTINCT length(customer_id) AS length FROM {customers} ORDER BY length").fetchall()
    for (length,) in lengths:
        connection.execute(f"INSERT INTO {home}.customers {rows} WHERE length(customer_id) = ?", [length])
    own = 'EXCLUDE ("in the file", "map cell", "persona number")'
    connection.execute(f"CREATE VIEW {identifier(dataset)}.customers AS SELECT * {own} FROM {home}.customers")
    connection.execute(f"CREATE TABLE {home}.sample AS SELECT * FROM {home}.customers WHERE hash(customer_id) % {crowd.every} = 0")
    _ladder(connection, home, record)
    _near(connection, home, dataset, record)
    if record.kind == "transactions":
        _months(connection, home, parquet(run.table(dataset, "orders")))
        (buying,) = _one(connection, f'SELECT count(DISTINCT "in the file") FROM {home}.months')
        if buying != record.customers:
            path = run.table(dataset, "orders")
            raise ArtifactError(f"{path}: holds orders of {buying} customers, of whom there are {record.customers}. Run `{BUILD_COMMAND}`.")
    return crowd


def cell_of(left: float, low: float, cell: float, count: int) -> str:
    """The cell that a customer lies in, in SQL: column + row * count from the lower left; the outermost customers are inside."""
    column, row = (f"least(floor(({axis} - {edge!r}) / {cell!r}), {count - 1})" for axis, edge in (("x", left), ("y", low)))
    return f"{column} + {count} * {row}" if cell else "0"


def scaled(record: DatasetRecord, value: str, mean: float, spread: float) -> str:
    """A feature as clustering sees it, in SQL; `value` is the column or parameter."""
    value = f"ln(1 + {value})" if record.settings["scaling"] == "log" else value
    # Without the casts a number in SQL is a decimal, and reckoning with those takes ten times as long.
    return f"({value} - {mean!r}::DOUBLE) / {spread!r}::DOUBLE"


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
    columns = [f"{scaled(record, identifier(feature), mean, spread)} AS {identifier(feature)}" for feature, mean, spread in scaling]
    connection.execute(
        f"""CREATE TABLE {home}.near AS SELECT {", ".join(columns)}, rowid::INTEGER AS "place"
            FROM {home}.customers ORDER BY {", ".join(str(at + 1) for at in range(len(columns)))}"""
    )


def _months(connection: duckdb.DuckDBPyConnection, home: str, orders: str) -> None:
    """Orders stand in the order of customers: whenever the id changes the next customer begins, so that nothing has to be joined."""
    connection.execute(
        f"""CREATE TABLE {home}.months AS
            SELECT (sum(changed) OVER (ROWS UNBOUNDED PRECEDING) - 1)::INTEGER AS "in the file", month, spend AS spent
            FROM (SELECT (customer_id IS DISTINCT FROM lag(customer_id) OVER ())::INTEGER AS changed,
                  date_trunc('month', time)::DATE AS month, spend
                  FROM {orders})"""
    )
    connection.execute(
        f"""CREATE TABLE {home}.sampled AS SELECT c.*, spent.* EXCLUDE ("in the file")
            FROM (SELECT "in the file", month::TIMESTAMP AS "order month", sum(spent) AS "spent in it"
                  FROM {home}.months SEMI JOIN {home}.sample USING ("in the file") GROUP BY ALL) spent
            JOIN {home}.sample c USING ("in the file")"""
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, ...]:
    found = connection.execute(sql).fetchone()
    assert found is not None
    return tuple(found)
