"""Order lines of any number, in the shape of Online Retail II, as one parquet file a month.

    python -m benchmarks.scale_lines LINES FOLDER

What is taken from the real data: the share of lines of each of the 24 months (`SEASON`); orders per customer, 1 plus a Lomax variable
(28 % buy once, the mean is 6, the largest have hundreds); prices and quantities, log-normal with the real medians and spreads; 2 % of
orders are cancellations. What is not: a line in fifty names no customer (there it is one in four and a half), and an order has 3.3
lines instead of 22, so that there are as many customers as a retailer of that many lines has: one for twenty lines. Ids are numbers and
times are timestamps, as a warehouse exports them. Everything follows from hashes of counters: the same lines on every machine.
"""

import argparse
from pathlib import Path

import duckdb

LINES_PER_CUSTOMER = 20
LINES_PER_ORDER = 10 / 3
FIRST_MONTH = "2009-12-01"
# Shares of Online Retail II's lines from December 2009 to November 2011, in thousandths.
SEASON = (43, 30, 28, 40, 33, 33, 38, 32, 31, 40, 56, 74, 61, 33, 26, 35, 28, 35, 35, 38, 34, 48, 58, 81)

# Uniform in (0, 1): the upper 53 bits of a hash. Hashed again, because two names would give numbers that depend on each other.
_UNIFORM = "CREATE MACRO uniform(name, id) AS ((hash(xor(hash(name), hash(id))) >> 11)::DOUBLE + 0.5) / 9007199254740992.0"
# Box and Muller (1958).
_NORMAL = "CREATE MACRO normal(name, id) AS sqrt(-2 * ln(uniform(name, id))) * cos(2 * pi() * uniform(name || ' angle', id))"
_ORDERS = """
CREATE TABLE orders AS
WITH customers AS (
    SELECT range AS customer, 0.85 * uniform('joined', range) AS joined,
    least(400, 1 + floor(5.5 * (1 / sqrt(uniform('orders', range)) - 1)))::BIGINT AS bought FROM range({customers})
), numbered AS (
    SELECT customer, joined, nth, customer * 512 + nth AS id FROM customers, unnest(range(bought)) AS t(nth)
), aged AS (
    SELECT *, CASE WHEN nth = 0 THEN joined ELSE joined + (1 - joined) * uniform('when', id) ** 1.3 END AS age FROM numbered
), placed AS (
    SELECT customer, id, (rank() OVER (ORDER BY age) - 0.5) / count(*) OVER () AS place FROM aged
)
SELECT customer, id, (SELECT count(*) FROM season WHERE upto <= place)::INTEGER AS month, place FROM placed
"""
_LINES = """
COPY (
    WITH dated AS (
        SELECT *, {start} + to_microseconds(((place - {low}) / ({high} - {low}) * {microseconds})::BIGINT) AS time,
        uniform('cancelled', id) < 0.02 AS cancelled FROM orders WHERE month = {month}
    ), invoiced AS (
        SELECT *, (CASE WHEN cancelled THEN 'C' ELSE '' END) || ({month} * 10000000 + row_number() OVER (ORDER BY time, id)) AS invoice
        FROM dated
    ), lines AS (
        SELECT *, id * 128 + nth AS line FROM invoiced,
        unnest(range(1 + least(100, floor(ln(uniform('lines', id)) / ln(1 - 1 / {per_order})))::BIGINT)) AS t(nth)
    )
    SELECT invoice, 10000 + floor(4000 * uniform('product', line) ** 3)::INTEGER AS product,
    (CASE WHEN cancelled THEN -1 ELSE 1 END * greatest(1, round(exp(1.6 + 1.1 * normal('quantity', line)))))::INTEGER AS quantity,
    date_trunc('second', time) AS invoiced_at,
    (CASE WHEN uniform('free', line) < 0.002 THEN 0
     ELSE greatest(0.05, round(exp(0.74 + 0.95 * normal('price', line)), 2)) END)::DOUBLE AS price,
    CASE WHEN uniform('unknown', id) < 0.02 THEN NULL ELSE 100000 + customer END AS customer_id,
    CASE WHEN uniform('country', customer) < 0.9 THEN 'United Kingdom'
         ELSE ['Germany', 'France', 'EIRE', 'Spain', 'Belgium', 'Portugal', 'Netherlands'][1 + (hash(customer) % 7)::BIGINT] END AS country
    FROM lines ORDER BY time, id, nth
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500_000)
"""

CATALOGUE = """
[scale]
kind = "transactions"
title = "Order lines"
file = "lines"
currency = "GBP"
cancellation_prefix = "C"

[scale.columns]
customer_id = "customer_id"
order_id = "invoice"
time = "invoiced_at"
quantity = "quantity"
unit_price = "price"
country = "country"
"""


def make(lines: int, folder: Path, *, months: range = range(len(SEASON))) -> Path:
    """Write about that many order lines, and a catalogue for them.

    Args:
        lines: How many, within some percent.
        folder: Is made; gets `lines/YYYY-MM.parquet` and `datasets.toml`.
        months: Which of the 24 files.

    Returns:
        The folder of the files.
    """
    target = folder / "lines"
    target.mkdir(parents=True, exist_ok=True)
    (folder / "datasets.toml").write_text(CATALOGUE, encoding="utf-8")
    ends = [sum(SEASON[:at]) / sum(SEASON) for at in range(len(SEASON) + 1)]
    with duckdb.connect(str(folder / "orders.duckdb"), config={"memory_limit": "3GB", "temp_directory": str(folder)}) as connection:
        connection.execute(_UNIFORM)
        connection.execute(_NORMAL)
        connection.execute(f"CREATE TABLE season AS SELECT unnest({ends[1:-1]}::DOUBLE[]) AS upto")
        connection.execute(_ORDERS.format(customers=max(1, lines // LINES_PER_CUSTOMER)))
        for month in months:
            start = f"(DATE '{FIRST_MONTH}' + to_months({month}))"
            length = f"(epoch_us({start} + INTERVAL 1 MONTH) - epoch_us({start}::TIMESTAMP))"
            first = connection.execute(f"SELECT strftime({start}, '%Y-%m')").fetchone()
            path = target / f"{first[0] if first else month}.parquet"
            connection.execute(
                _LINES.format(
                    start=start,
                    low=ends[month],
                    high=ends[month + 1],
                    microseconds=length,
                    month=month,
                    per_order=LINES_PER_ORDER,
                    path=path,
                )
            )
    (folder / "orders.duckdb").unlink()
    return target


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_lines", description="Make order lines of any number.")
    parser.add_argument("lines", type=int)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    make(asked.lines, asked.folder)


if __name__ == "__main__":
    main()
