"""One dataset from staged rows to published tables: the stages in their order, ignorant of each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from pipeline import clustering, embedding, engine, personas, schema, validation
from pipeline.catalogue import Dataset, ProfileDataset
from pipeline.errors import InputError
from pipeline.features import profile, transactions
from pipeline.intake.admission import Admitted, admit
from pipeline.intake.findings import Finding
from pipeline.intake.staged import Staged
from pipeline.manifest import RowsRecord, ScoresRecord, TableRecord
from pipeline.meter import Meter

Write = Callable[[schema.Table, Iterator[pa.RecordBatch]], TableRecord]


@dataclass(frozen=True)
class Segmented:
    """What one dataset adds to the manifest."""

    rows: RowsRecord
    as_of: date | None
    features: dict[str, str]
    customers: int
    personas: int
    scores: ScoresRecord
    tables: dict[str, TableRecord]


def segment(
    dataset: Dataset,
    staged: Staged,
    *,
    as_of: date | None,
    previous: clustering.Model | None,
    work: Path,
    aside: Executor,
    write: Write,
    meter: Meter,
) -> Segmented:
    """Run every stage of one dataset and write its tables.

    Args:
        dataset: Its settings.
        staged: Its rows of text.
        as_of: The day that recency is counted to; None for the day after the last order.
        previous: The model of the run before, whose cluster numbers are kept.
        work: Folder for what does not fit in memory.
        aside: Where the map is laid out, beside everything else.
        write: Stores one table.
        meter: Times the stages.

    Raises:
        InputError: If rows, features or settings do not allow a segmentation.
    """
    units = _units(dataset)
    tables = schema.tables(dataset.kind, units, staged.columns)
    with engine.connect(work) as connection:
        with meter.stage("checking"):
            admitted = admit(connection, staged, dataset, work=work, as_of=as_of.isoformat() if as_of else None)
        with meter.stage("features"):
            measured = _measure(connection, admitted, dataset, as_of, work)
        customers, features = measured.customers, measured.customers[list(dataset.feature_names)]
        with meter.stage("clusters"):
            # The starts of K-Means depend on the order of customers: that of their ids, 2 before 10, is the same in every file.
            by_id = customers["customer_id"].str.len().argsort(kind="stable")
            model = clustering.fit(features.iloc[by_id], k=dataset.k, scaling=dataset.scaling, seed=dataset.seed)
            model = clustering.renumber(model, previous) if previous else model
            scaled = model.scaler.transform(features)
            placed = clustering.assign(features, model)
            layout = aside.submit(embedding.embed, scaled, seed=dataset.seed)
            fit = validation.fit_of_each(scaled, placed.cluster)
            scores = validation.score(scaled, placed.cluster, fit)
        with meter.stage("personas"):
            names, described = personas.describe(features, placed.cluster, dataset)
        with meter.stage("writing"):
            written = {name: write(tables[name], _batches(table, tables[name])) for name, table in measured.tables.items()}
        with meter.stage("map"):
            x, y = layout.result().T
        customers = customers.assign(
            cluster=placed.cluster,
            persona=[names[number] for number in placed.cluster.tolist()],
            x=x,
            y=y,
            fit=fit,
            next_cluster=placed.next_cluster,
            margin=placed.margin,
        )
        frames = {
            "customers": customers,
            "clusters": clusters_table(customers, list(units)),
            "personas": personas_table(customers, described),
            "scores": scores.table(dataset.k),
            "centres": model.table(),
            "quality": pd.DataFrame([*admitted.findings, *measured.findings, *_constant(features, model)]),
        }
        with meter.stage("writing"):
            written |= {name: write(tables[name], _frame_batches(frame, tables[name])) for name, frame in frames.items()}
    return Segmented(
        rows=RowsRecord(**admitted.counts.__dict__),
        as_of=measured.as_of,
        features=units,
        customers=len(customers),
        personas=len(described),
        scores=ScoresRecord(**scores.__dict__),
        tables={name: written[name] for name in tables},
    )


@dataclass(frozen=True)
class _Measured:
    customers: pd.DataFrame
    tables: dict[str, ir.Table]
    findings: list[Finding]
    as_of: date | None


def _measure(connection: Backend, admitted: Admitted, dataset: Dataset, as_of: date | None, work: Path) -> _Measured:
    """Customers with their features, and the tables that go from the engine straight to disk."""
    tables = {"rejected": admitted.rejected}
    if isinstance(dataset, ProfileDataset):
        return _Measured(profile.customers(admitted.kept, dataset).execute(), tables, [], None)
    lines = transactions.sales(admitted.kept, dataset)
    last_day = transactions.last_day(lines)
    if last_day is None:
        raise InputError(
            f"{dataset.file}: none of its {admitted.counts.kept:,} usable lines is a purchase: all are cancellations, returns or cost "
            "nothing. Check cancellation_prefix, quantity and unit_price in datasets.toml."
        )
    counted_to = as_of or transactions.default_as_of(last_day)
    orders = engine.materialise(connection, transactions.orders(lines), work / "orders.parquet")
    customers = transactions.customers(orders, dataset, as_of=counted_to).execute()
    seen = int(admitted.kept.customer_id.nunique().execute())
    never = Finding("a customer never bought anything (customers counted)", "warned", seen - len(customers), 1 - len(customers) / seen, "")
    return _Measured(customers, {**tables, "orders": transactions.published_orders(orders, dataset)}, [never], counted_to)


def clusters_table(customers: pd.DataFrame, features: list[str]) -> pd.DataFrame:
    """One row per cluster, by number: persona, customers, share, mean of each feature, mean fit; revenue for buyers."""
    groups = customers.groupby("cluster")
    table = groups.agg(persona=("persona", "first"), customers=("persona", "size"))
    table["share"] = table["customers"] / len(customers)
    table[features] = groups[features].mean()
    table["fit"] = groups["fit"].mean()
    return _with_revenue(table, groups, customers).reset_index()


def personas_table(customers: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """One row per persona in the order of `described`: its words, customers, share; revenue for buyers."""
    groups = customers.groupby("persona")
    table = described.set_index("persona")
    table["customers"] = groups.size()
    table["share"] = table["customers"] / len(customers)
    return _with_revenue(table, groups, customers).reset_index()


def _with_revenue(table: pd.DataFrame, groups: "pd.api.typing.DataFrameGroupBy[Any, Any]", customers: pd.DataFrame) -> pd.DataFrame:
    if "monetary" not in customers:
        return table
    revenue = groups["monetary"].sum()
    return table.assign(revenue=revenue, revenue_share=revenue / customers["monetary"].sum())


def _units(dataset: Dataset) -> dict[str, str]:
    """Feature to unit, money in the dataset's currency."""
    if isinstance(dataset, ProfileDataset):
        return {feature.name: feature.unit for feature in dataset.features}
    return {name: {"currency": dataset.currency}.get(schema.RFM_UNITS[name], schema.RFM_UNITS[name]) for name in dataset.features}


def _constant(features: pd.DataFrame, model: clustering.Model) -> list[Finding]:
    left_out = [name for name in features.columns if name not in model.centres.columns]
    return [Finding("a feature is the same for all customers and left out of clustering", "warned", 0, 0.0, name) for name in left_out]


def _batches(table: ir.Table, expected: schema.Table) -> Iterator[pa.RecordBatch]:
    """A table of the engine, a part at a time, in the published types."""
    for batch in table.to_pyarrow_batches():
        yield batch.cast(expected.arrow)


def _frame_batches(frame: pd.DataFrame, expected: schema.Table) -> Iterator[pa.RecordBatch]:
    """A frame in the published types."""
    yield from pa.Table.from_pandas(frame, schema=expected.arrow, preserve_index=False).replace_schema_metadata(None).to_batches()
