"""Customers as they stood at the end of each month, among the clusters of now: it runs in the process beside, on files.

The published centres place what was known of each customer at the time; nothing is fitted again, so that whoever moves has changed.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.meter import Meter, Report
from pipeline.model import Model
from pipeline.schema import YEAR_DAYS
from pipeline.settings import TransactionsDataset

# The engine is loaded inside the functions: they run in a process of their own, and the one that calls for them has no use for it.
if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table

    from pipeline.engines import Engine
    from pipeline.measuring import Written

TABLES = ("history", "flows")


def month_ends(first: date, as_of: date) -> list[date]:
    """The first day after each month that ended by `as_of`, from the month of `first` on, in order."""
    ends, end = [], _next_month(first)
    while end <= as_of:
        ends.append(end)
        end = _next_month(end)
    return ends


def write(
    report: Report,
    name: str,
    dataset: TransactionsDataset,
    model: Model,
    personas: Mapping[int, str],
    as_of: date,
    work: Path,
    folder: Path,
    by: "Engine" = "duckdb",
) -> "Written":
    """Write the tables `history` and `flows`.

    Args:
        report: Hears of the stage.
        name: The dataset's.
        dataset: Its settings.
        model: The published centres, of at least two clusters.
        personas: Cluster to persona.
        as_of: The day that recency is counted to; months that had not ended by then are left out.
        work: What `measuring.measure` left.
        folder: Where the tables go.
        by: The engine that measured it.
    """
    from pipeline import engine, parquet, schema
    from pipeline.features import history
    from pipeline.measuring import Written, batches

    meter = Meter(name, report)
    with engine.connect(work, by) as connection, meter.stage("history"):
        orders = engine.open_parquet(connection, work / "orders.parquet")
        first = history.span(orders).to_pyarrow()["first"][0].as_py()
        days = month_ends(first.date(), as_of)
        ids, numbered = _numbered(connection, orders, work)
        standing = _standing(connection, numbered, dataset, model, personas, days, work)
        expected = schema.tables(dataset.kind, {}, ())
        found = {"history": changes(standing, ids), "flows": flows(standing, dataset)} if standing else {}
        written = {
            table: parquet.write(folder, expected[table], (batch.cast(expected[table].arrow) for batch in batches(rows)))
            for table, rows in found.items()
        }
    return Written(written, meter.seconds)


def stood(orders: "Table", dataset: TransactionsDataset, model: Model, personas: Mapping[int, str], day: date) -> "Table":
    """One row per customer who bought before a day: customer_id, persona, and year_minor (spend of the year before it, minor units)."""
    import ibis

    from pipeline.features import history
    from pipeline.nearest import placed

    features = history.before(orders, dataset, cutoff=day)
    if model.scaler.scaling == "log":
        # Whoever had given back more than they bought by then had spent nothing: less has no logarithm.
        features = features.mutate(monetary=ibis.greatest(features.monetary, 0.0))
    found = placed(features, model)
    begun, end = history.midnight(day - timedelta(days=YEAR_DAYS)), history.midnight(day)
    recent = orders.filter(orders.time >= begun, orders.time < end)
    spent = recent.group_by("customer_id").aggregate(year_minor=recent.spend_minor.sum().cast("int64"))
    persona = ibis.cases(*((found.cluster == number, persona) for number, persona in personas.items()))
    return (
        found.select("customer_id", persona=persona)
        .left_join(spent, "customer_id")
        .select("customer_id", "persona", year_minor=spent.year_minor.coalesce(0))
    )


def changes(standing: "Mapping[date, Table]", ids: "Table") -> "Table":
    """One row per customer and month in which the persona became another, or the first: customer_id, month (its first day), persona.

    Args:
        standing: What `_standing` returns.
        ids: One row per customer: number, as customers are called there, and customer_id.
    """
    moved = _union(_moved(everybody, month) for month, everybody in standing.items())
    return moved.inner_join(ids, "number").order_by("number", "month").select("customer_id", "month", "persona")


def flows(standing: "Mapping[date, Table]", dataset: TransactionsDataset) -> "Table":
    """One row per month and pair of personas, those who stayed among them.

    Returns:
        month, from_persona (missing for those who are new), to_persona, customers, revenue (of the year up to its end, major units).
    """
    keys = ["month", "from_persona", "to_persona"]
    return _union(_counted(everybody, month, dataset) for month, everybody in standing.items()).order_by(keys)


def _numbered(connection: "SQLBackend", orders: "Table", work: Path) -> "tuple[Table, Table]":
    """Customers by number, in the order of their ids; and the orders, whose customers are called by it: months join no texts."""
    import ibis

    from pipeline import engine

    known = orders.select("customer_id").distinct()
    ids = known.select("customer_id", number=ibis.row_number().over(order_by=known.customer_id))
    ids = engine.materialise(connection, ids, work / "numbers.parquet")
    numbered = orders.inner_join(ids, "customer_id").select("time", "lines", "items", "spend_minor", customer_id=ids.number)
    return ids, engine.materialise(connection, numbered, work / "numbered.parquet")


def _standing(
    connection: "SQLBackend",
    orders: "Table",
    dataset: TransactionsDataset,
    model: Model,
    personas: Mapping[int, str],
    days: list[date],
    work: Path,
) -> "dict[date, Table]":
    """Everybody at the end of each month, by its first day; each is worked out once, into a file.

    Returns:
        What `stood` returns, with before (persona a month earlier; missing for the new).
    """
    import ibis

    from pipeline import engine

    standing: dict[date, Table] = {}
    earlier: Table | None = None
    for day in days:
        now = stood(orders, dataset, model, personas, day)
        if earlier is None:
            both = now.mutate(before=ibis.null("string"))
        else:
            before = earlier.select("customer_id", before=earlier.persona)
            both = now.left_join(before, "customer_id").select(*now.columns, "before")
        earlier = engine.materialise(connection, both, work / f"stood-{day}.parquet")
        standing[(day - timedelta(days=1)).replace(day=1)] = earlier
    return standing


def _moved(both: "Table", month: date) -> "Table":
    import ibis

    others = both.filter(both.before.isnull() | (both.before != both.persona))
    return others.select(number=others.customer_id, month=ibis.timestamp(month.isoformat()), persona=others.persona)


def _counted(both: "Table", month: date, dataset: TransactionsDataset) -> "Table":
    import ibis

    counted = both.group_by(from_persona=both.before, to_persona=both.persona).aggregate(
        customers=both.count(), minor=both.year_minor.sum().cast("int64")
    )
    revenue = counted.minor.cast("float64") / dataset.minor_units
    return counted.select(ibis.timestamp(month.isoformat()).name("month"), "from_persona", "to_persona", "customers", revenue=revenue)


def _union(tables: "Iterator[Table]") -> "Table":
    return reduce(lambda one, other: one.union(other), tables)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
