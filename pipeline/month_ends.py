"""Customers as they stood at the end of each month, among the clusters of now: it runs in the process beside, on files.

The published centres place what was known of each customer at the time; nothing is fitted again, so that whoever moves has changed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.meter import Meter, Report
from pipeline.model import Model
from pipeline.settings import TransactionsDataset

# The engine is loaded inside the functions: they run in a process of their own, and the one that calls for them has no use for it.
if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Column, Table, Value

    from pipeline.engines import Engine
    from pipeline.features.running import Known
    from pipeline.measuring import Written

TABLES = ("history", "flows")
# The most months that are told of, the last ones: each is a pass over everybody, and one wrong date may lie decades before all others.
MOST = 60


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
    """Write the tables `history` and `flows` of the last `MOST` months that ended; where none has, they have no rows.

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
    from pipeline import engine, schema
    from pipeline.features import history
    from pipeline.measuring import Written, write_tables

    meter, expected = Meter(name, report), schema.tables(dataset.kind, {}, ())
    with engine.connect(work, by) as connection, meter.stage("history"):
        orders = engine.open_parquet(connection, work / "orders.parquet")
        span = history.span(orders)
        days = month_ends(span[0], as_of) if span else []
        rows = {}
        if days:
            ids, numbered = _numbered(connection, orders, work)
            # In the order of the alphabet, so that tables are in that of their places.
            names = sorted({*personas.values()})
            places = {number: names.index(name) for number, name in personas.items()}
            standing = _standing(connection, numbered, dataset, model, places, days, work)
            first = _month(days[-MOST:][0])
            rows = {"history": changes(standing, ids, names, first=first), "flows": flows(standing, dataset, names)}
        written = write_tables(folder, [expected[table] for table in TABLES], rows)
    return Written(written, meter.seconds)


def stood(known: "Known", dataset: TransactionsDataset, model: Model, places: Mapping[int, int]) -> "Table":
    """What is known of customers with what each was then: persona, the place of it, missing for those who had not bought yet.

    Args:
        known: What was known, at the day after a month.
        dataset: Its settings.
        model: The published centres.
        places: Cluster to the place of its persona.
    """
    import ibis

    from pipeline.features import transactions
    from pipeline.nearest import placed

    features = known.customers.mutate(**transactions.rfm(known.customers, dataset, known.day))
    if model.scaler.scaling == "log":
        # Whoever had given back more than they bought by then had spent nothing: less has no logarithm.
        features = features.mutate(monetary=ibis.greatest(features.monetary, 0.0))
    found = placed(features, model)
    persona = ibis.cases(*((found.cluster == number, place) for number, place in places.items()))
    return found.select(*known.customers.columns, persona=(found.orders > 0).ifelse(persona.cast("int32"), None))


def changes(standing: "Table", ids: "Table", personas: Sequence[str], *, first: date) -> "Table":
    """One row per customer and month in which the persona became another, and for the first that is told of: customer_id, month, persona.

    Args:
        standing: What `_standing` returns.
        ids: One row per customer: number, as customers are called there, and customer_id.
        personas: Called there by their places.
        first: The first month that is told of; everybody who had bought by its end has a row in it.
    """
    from pipeline.features import history

    # Whoever bought for the first time has nothing before.
    changed = (standing.before != standing.persona).fill_null(True)
    moved = standing.filter(changed | (standing.month == history.midnight(first)))
    named = moved.inner_join(ids, moved.customer_id == ids.number).order_by("number", "month")
    return named.select(ids.customer_id, "month", persona=_name(named.persona, personas))


def flows(standing: "Table", dataset: TransactionsDataset, personas: Sequence[str]) -> "Table":
    """One row per month and pair of personas, those who stayed among them.

    Returns:
        month, from_persona (missing for those who are new), to_persona, customers, revenue (of the year up to its end, major units).
    """
    counted = standing.group_by("month", "before", "persona").aggregate(
        customers=standing.count(), minor=standing.year_minor.sum().cast("int64")
    )
    named = counted.mutate(
        from_persona=_name(counted.before, personas),
        to_persona=_name(counted.persona, personas),
        revenue=counted.minor.cast("float64") / dataset.minor_units,
    )
    return named.order_by("month", "before", "persona").select("month", "from_persona", "to_persona", "customers", "revenue")


def _name(place: "Column", personas: Sequence[str]) -> "Value":
    import ibis

    return ibis.cases(*((place == at, name) for at, name in enumerate(personas)))


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
    places: Mapping[int, int],
    days: Sequence[date],
    work: Path,
) -> "Table":
    """Everybody who had bought by then at the end of each of the last `MOST` months; each is worked out once, into a file.

    Returns:
        customer_id, persona, before (a month earlier; missing for the new), year_minor (spend of the year before), month (its first day).
    """
    from pipeline import engine
    from pipeline.features import history, running

    files: list[Path] = []
    earlier: running.Known | None = None
    # One more, of which nothing is told but what everybody was before the first.
    for day in days[-MOST - 1 :]:
        now = stood(running.known(orders, day, earlier, seen="persona"), dataset, model, places)
        files.append(work / f"stood-{day}.parquet")
        earlier = running.Known(engine.materialise(connection, now.mutate(month=history.midnight(_month(day))), files[-1]), day)
    standing = engine.open_parquet(connection, *files[-MOST:])
    return standing.filter(standing.persona.notnull())


def _month(day: date) -> date:
    """The first day of the month that ended before a day."""
    return (day - timedelta(days=1)).replace(day=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
