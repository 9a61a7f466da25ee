"""A published run of made-up customers, as many as wanted, put straight into the published tables: the web at any size.

    python -m benchmarks.crowd_run FOLDER [--customers N]

`retail` sells, four orders for each customer on average; `mall`, a tenth as large, has attributes. Both have clusters of very unequal size,
the rarest a ten-thousandth. Buyers who have ordered again were of another persona until the month of the last order. The same number of
customers gives the same tables. How far segments can be trusted is left out.
"""

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline import grid, parquet, publishing, schema
from pipeline.artifacts import Run
from pipeline.manifest import DatasetRecord, Manifest, RowsRecord, ScoresRecord
from pipeline.schema import Table

CUSTOMERS = 5_000_000
AS_OF, DAYS = date(2024, 3, 1), 738
Arrays = dict[str, Any]
Chunk = Callable[[int, int], Arrays]

_PART = 100_000  # customers made at once
_FIRST_ID = 10_000_000
_COUNTRIES = ("United Kingdom", "Germany", "France", "Spain", "Netherlands", "Belgium", "Portugal", "Norway")
_RFM = {"recency_days": "days", "frequency": "", "monetary": "GBP"}
_ATTRIBUTES = {"age": "years", "annual_income": "k$", "spending_score": "", "gender": ""}
_GENDER = {"Male": 0.0, "Female": 1.0}
# Of each cluster: share of customers, persona; days since the last order, orders beyond the first, spend of an order; x and y on the map.
_BUYERS = (
    (0.24, "Low Value Customers", 220, 0.5, 8, -6, -2),
    (0.20, "Lost Customers", 500, 0.4, 15, -8, 3),
    (0.15, "Regular Budget Buyers", 60, 2.5, 9, 0, -4),
    (0.13, "Churn Risk", 190, 3, 25, -3, 5),
    (0.11, "Potential Loyalists", 40, 3, 20, 2, 2),
    (0.08, "Loyal High Spenders", 25, 9, 25, 6, 0),
    (0.05, "Churn Risk", 330, 5, 40, -2, 9),
    (0.0394, "Loyal High Spenders", 12, 18, 30, 8, 4),
    (0.0005, "Premium / VIP Spenders", 8, 60, 120, 11, 7),
    (0.0001, "Premium / VIP Spenders", 3, 150, 600, 13, -3),
)
# The same; age, income and spending score instead.
_MEMBERS = (
    (0.35, "Loyal Moderate Spenders", 45, 55, 50, 0, 0),
    (0.25, "Budget Conscious", 44, 26, 20, -6, 3),
    (0.20, "Young High Spenders", 28, 80, 82, 6, 4),
    (0.1999, "High Income Low Spending", 41, 88, 17, 5, -5),
    (0.0001, "Older High Spenders", 66, 48, 90, -9, -6),
)


def main() -> None:
    """Make the run that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd_run", description="Publish a run of made-up customers.")
    parser.add_argument("folder", type=Path, help="where runs are published")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="how many [default: %(default)s]")
    given = parser.parse_args()
    print(publish(given.folder, given.customers).folder)


def publish(root: Path, customers: int, run_id: str = "20240301T120000Z-00000001") -> Run:
    """Publish `customers` buyers, and a tenth as many members."""
    with publishing.publication(root) as publication:
        folder = publication.folder(run_id)
        datasets = {
            "mall": _dataset(folder / "mall", "profile", max(customers // 10, 100), _ATTRIBUTES, members),
            "retail": _dataset(folder / "retail", "transactions", customers, _RFM, buyers),
        }
        made = Manifest(
            run_id=run_id,
            created_at=datetime(2024, 3, 1, 12, tzinfo=UTC),
            version="0",
            libraries={},
            seconds=0.0,
            peak_memory_bytes=0,
            datasets=datasets,
        )
        return publication.publish(made)


def buyers(first: int, last: int) -> Arrays:
    """Columns of `customers` for buyers from one place to another, and of their orders below `orders`."""
    dice, size = np.random.default_rng(first), last - first
    cluster, about = _clusters(dice, size, _BUYERS)
    recency = np.clip(np.rint(dice.gamma(2, about[:, 0] / 2)), 1, DAYS - 30).astype(np.int64)
    count = 1 + dice.poisson(dice.gamma(1.5, about[:, 1] / 1.5))
    whose = np.repeat(np.arange(size), count)
    number = np.arange(len(whose)) - np.repeat(np.cumsum(count) - count, count)
    pence = np.rint(100 * dice.lognormal(np.log(about[whose, 2]), 0.8)).astype(np.int64) + 1
    items = np.rint(1 + dice.gamma(1.2, 8, len(whose)))
    day = np.datetime64(AS_OF, "us")
    latest = day - recency.astype("timedelta64[D]") + (dice.random(size) * 8.64e10).astype("timedelta64[us]")
    since = np.where(count > 1, dice.random(size) * (DAYS - 30 - recency), 0) * 8.64e10
    step = (number / np.maximum(count - 1, 1)[whose] - 1) * since[whose]
    found = {
        "customer_id": _ids(first, last), "recency_days": recency, "frequency": count,
        "monetary": np.bincount(whose, pence, size) / 100, "orders": count, "lines": count * 3,
        "items": np.bincount(whose, items, size), "first_order": latest - np.rint(since).astype("timedelta64[us]"),
        "last_order": latest, "country": _words(_COUNTRIES, np.minimum(dice.geometric(0.55, size), len(_COUNTRIES)) - 1),
        **_scores(recency, count), **_placed(dice, cluster, _BUYERS),
    }  # fmt: skip
    orders = {
        "customer_id": found["customer_id"].take(pa.array(whose)), "order_id": _ids(first * 40, first * 40 + len(whose)),
        "time": latest[whose] + np.rint(step).astype("timedelta64[us]"), "items": items, "spend": pence / 100,
    }  # fmt: skip
    return {**found, "orders of them": orders, "history of them": _history(found, cluster)}


def _history(found: Arrays, cluster: np.ndarray) -> Arrays:
    """Columns of `history`: what each customer was from the month of the first order on, and what they are from that of the last."""
    months = [found[name].astype("datetime64[M]") for name in ("first_order", "last_order")]
    now = np.array([row[1] for row in _BUYERS])
    was = np.roll(now, 1)[cluster]
    is_other = (months[0] < months[1]) & (was != now[cluster])
    count = 1 + is_other
    whose = np.repeat(np.arange(len(cluster)), count)
    is_first = np.arange(len(whose)) == np.repeat(np.cumsum(count) - count, count)
    is_before = is_first & is_other[whose]
    return {
        "customer_id": found["customer_id"].take(pa.array(whose)),
        "month": np.where(is_first, months[0][whose], months[1][whose]).astype("datetime64[us]"),
        "persona": pa.array(np.where(is_before, was[whose], now[cluster][whose])),
    }


def members(first: int, last: int) -> Arrays:
    """Columns of `customers` for members from one place to another."""
    dice, size = np.random.default_rng(first), last - first
    cluster, about = _clusters(dice, size, _MEMBERS)
    age, income, score = np.rint(about + dice.normal(0, (5, 9, 8), (size, 3))).T
    return {
        "customer_id": _ids(first, last), "age": np.clip(age, 18, 90), "annual_income": np.clip(income, 5, 150),
        "spending_score": np.clip(score, 1, 99), "gender": dice.integers(0, 2, size).astype(float), **_placed(dice, cluster, _MEMBERS),
    }  # fmt: skip


def _clusters(dice: np.random.Generator, size: int, table: Any) -> tuple[np.ndarray, np.ndarray]:
    """The cluster of each customer, and the three figures of it."""
    shares = np.array([row[0] for row in table])
    cluster = dice.choice(len(table), size, p=shares / shares.sum())
    return cluster, np.array([row[2:5] for row in table], float)[cluster]


def _placed(dice: np.random.Generator, cluster: np.ndarray, table: Any) -> Arrays:
    """What clustering and the map say of each customer."""
    size = len(cluster)
    centre = np.array([row[5:7] for row in table], float)[cluster]
    wide = (0.5 + 1.2 * np.sqrt(np.array([row[0] for row in table])))[cluster]
    across, up = dice.normal(0, 1, (2, size)) * wide
    return {
        "cluster": cluster,
        "persona": _words([row[1] for row in table], cluster),
        "x": centre[:, 0] + across,
        "y": centre[:, 1] + 0.6 * up + 0.2 * across**2,
        "fit": np.clip(dice.normal(0.45, 0.2, size), -0.3, 0.95),
        "next_cluster": (cluster + 1) % len(table),
        "margin": dice.random(size),
    }


def _scores(recency: np.ndarray, frequency: np.ndarray) -> Arrays:
    """Places on the marketer's grid, by bounds that divide this made-up data roughly in five."""
    late = grid.SCORES - np.searchsorted([30, 90, 200, 380], recency)
    often = 1 + np.searchsorted([1, 2, 4, 8], frequency)
    cells = {(r, f): name for name, (rs, fs) in grid.RULES.items() for r in range(rs[0], rs[1] + 1) for f in range(fs[0], fs[1] + 1)}
    names = [cells[r, f] for r in range(1, grid.SCORES + 1) for f in range(1, grid.SCORES + 1)]
    return {"recency_score": late, "frequency_score": often, "segment": _words(names, (late - 1) * grid.SCORES + often - 1)}


def _ids(first: int, last: int) -> pa.Array:
    return pa.array(np.arange(_FIRST_ID + first, _FIRST_ID + last)).cast(pa.string())


def _words(words: Any, places: np.ndarray) -> pa.Array:
    return pa.array(list(words)).take(pa.array(places))


def _dataset(folder: Path, kind: str, customers: int, units: dict[str, str], chunk: Chunk) -> DatasetRecord:
    sells = kind == "transactions"
    tables = schema.tables(kind, units, ["Customer ID"])
    rows = {"customers": _batches(tables["customers"], customers, chunk)}
    if sells:
        rows["orders"] = _batches(tables["orders"], customers, lambda first, last: chunk(first, last)["orders of them"])
        rows["history"] = _batches(tables["history"], customers, lambda first, last: chunk(first, last)["history of them"])
    written = {name: parquet.write(folder, tables[name], batches) for name, batches in rows.items()}
    for name, sql in _summaries(folder / "customers.parquet", list(units), sells=sells).items():
        content = duckdb.sql(sql).to_arrow_table().select(tables[name].arrow.names).cast(tables[name].arrow)
        written[name] = parquet.write(folder, tables[name], content.to_batches())
    if sells:
        written["flows"] = parquet.write(folder, tables["flows"], _flows(folder, tables["flows"]))
    for name in tables.keys() - written.keys():
        written[name] = parquet.write(folder, tables[name], [pa.RecordBatch.from_pylist([], schema=tables[name].arrow)])
    columns = {"customer_id": "Customer ID", "country": "Country"}
    return DatasetRecord(
        kind=kind,
        title="Online retail" if sells else "Mall customers",
        demo=True,
        fingerprint="made up",
        settings={"scaling": "standard", "features": [], "customer_id": "Customer ID", "columns": columns},
        sources=[],
        file_columns=["Customer ID"],
        rows=RowsRecord(read=customers, kept=customers, rejected=0, duplicates=0),
        as_of=AS_OF if sells else None,
        currency="GBP" if sells else None,
        features=units,
        words={} if sells else {"gender": _GENDER},
        filled={},
        customers=customers,
        personas=written["personas"].rows,
        scores=ScoresRecord(silhouette=0.45, davies_bouldin=0.7, calinski_harabasz=1000.0),
        trust=None,
        seconds={},
        tables={name: written[name] for name in tables},
    )


def _batches(table: Table, customers: int, chunk: Chunk) -> Iterator[pa.RecordBatch]:
    for first in range(0, customers, _PART):
        made = chunk(first, min(first + _PART, customers))
        arrays = [_typed(made[column.name], column.dtype) for column in table.columns]
        yield pa.record_batch(arrays, schema=table.arrow)


def _typed(values: Any, dtype: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values).cast(dtype, safe=False)


def _summaries(customers: Path, features: list[str], *, sells: bool) -> dict[str, str]:
    """Tables that follow from the customers, as questions."""
    source = f"read_parquet('{customers}')"
    counted = f"count(*) AS customers, count(*) / (SELECT count(*) FROM {source}) AS share, avg(fit) AS fit"
    if sells:
        counted += f", sum(monetary) AS revenue, sum(monetary) / (SELECT sum(monetary) FROM {source}) AS revenue_share"
    means = ", ".join(f"avg({name}) AS {name}" for name in features)
    words = "'They are made up.' AS summary, 'Made up.' AS reason, ['Do this.'] AS actions, ['Here.'] AS use_cases, ['That.'] AS avoid"
    return {
        "clusters": f"SELECT cluster, any_value(persona) AS persona, {counted}, {means} FROM {source} GROUP BY cluster ORDER BY cluster",
        "personas": f"SELECT persona, {words}, {counted} FROM {source} GROUP BY persona ORDER BY min(cluster)",
        "scores": "SELECT 10 AS k, 'silhouette' AS score, 0.45 AS value",
        "centres": " UNION ALL ".join(
            f"""SELECT cluster, '{name}' AS feature, (own - mean) / spread AS centre, mean, spread
                FROM (SELECT cluster, avg({name}) AS own FROM {source} GROUP BY cluster),
                     (SELECT avg({name}) AS mean, stddev_pop({name}) AS spread FROM {source})"""
            for name in features
        ),
        "quality": """SELECT 'Customer ID is missing' AS check, 'rejected' AS outcome, 0 AS rows, 0.0 AS share, '' AS example,
                       0 AS customers, 0.0 AS revenue""",
    }


def _flows(folder: Path, table: Table) -> Iterator[pa.RecordBatch]:
    """The rows of `flows`, a month at a time: who was what at its end and the month before, and what they spent in the year up to it."""
    history, orders = (f"read_parquet('{folder / name}.parquet')" for name in ("history", "orders"))
    month, last = np.datetime64(AS_OF, "M") - DAYS // 30, np.datetime64(AS_OF, "M")
    while (month := month + 1) <= last:
        end = f"TIMESTAMP '{month}-01'"
        found = duckdb.sql(
            f"""WITH stood AS (
                    SELECT customer_id, arg_max(persona, month) FILTER (month < {end} - INTERVAL 1 MONTH) AS from_persona,
                           arg_max(persona, month) AS to_persona
                    FROM {history} WHERE month < {end} GROUP BY customer_id
                ), spent AS (
                    SELECT customer_id, sum(spend) AS spend FROM {orders}
                    WHERE time < {end} AND time >= {end} - INTERVAL {schema.YEAR_DAYS} DAY GROUP BY customer_id
                )
                SELECT {end} - INTERVAL 1 MONTH AS month, from_persona, to_persona, count(*) AS customers,
                       coalesce(sum(spend), 0) AS revenue
                FROM stood LEFT JOIN spent USING (customer_id) GROUP BY ALL ORDER BY from_persona, to_persona"""
        ).to_arrow_table()
        yield from found.select(table.arrow.names).cast(table.arrow).to_batches()


if __name__ == "__main__":
    main()
