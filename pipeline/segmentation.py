"""From one dataset's customers to its tables of segments: the stages in their order, ignorant of each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline import clustering, embedding, grid, ids, personas, schema, validation
from pipeline.errors import InputError
from pipeline.intake.findings import Finding
from pipeline.manifest import TableRecord
from pipeline.meter import Meter
from pipeline.settings import Dataset

Write = Callable[[schema.Table, Iterable[pa.RecordBatch]], TableRecord]


@dataclass(frozen=True)
class Placed:
    """A dataset's customers in their clusters, the map still being laid out."""

    customers: pd.DataFrame
    features: list[str]
    personas: pd.DataFrame
    model: clustering.Model
    scores: validation.Scores
    layout: "Future[np.ndarray]"
    k_asked: int


def place(dataset: Dataset, customers: pd.DataFrame, *, previous: clustering.Model | None, aside: Executor, meter: Meter) -> Placed:
    """Put customers into clusters, name the clusters, and begin the map.

    Args:
        dataset: Its settings.
        customers: One row per customer, sorted by `customer_id`, with the features.
        previous: The model of the run before, whose cluster numbers are kept.
        aside: Where the map is laid out, beside everything else.
        meter: Times the stages.

    Raises:
        InputError: If features or settings do not allow a segmentation.
    """
    features = customers[list(dataset.feature_names)]
    with meter.stage("clusters"):
        # The starts of K-Means depend on the order of customers: that of their ids, 2 before 10, is the same in every file.
        by_id = ids.order(customers["customer_id"])
        k = min(dataset.k, clustering.different(features)) if dataset.lower_k else dataset.k
        try:
            model = clustering.fit(features.iloc[by_id], k=k, scaling=dataset.scaling, seed=dataset.seed)
        except InputError as refusal:
            raise InputError(f"{dataset.file}: {refusal}") from None
        model = clustering.renumber(model, previous) if previous else model
        scaled = model.scaler.transform(features)
        placed = clustering.assign(features, model)
        layout = aside.submit(embedding.embed, scaled, seed=dataset.seed)
        fit = validation.fit_of_each(scaled, placed.cluster)
        scores = validation.score(scaled, placed.cluster, fit)
    with meter.stage("personas"):
        names, described = personas.describe(features, placed.cluster, dataset)
    assigned = customers.assign(
        cluster=placed.cluster,
        persona=[names[number] for number in placed.cluster.tolist()],
        fit=fit,
        next_cluster=placed.next_cluster,
        margin=placed.margin,
        **(grid.scores(customers) if "monetary" in customers else {}),
    )
    return Placed(assigned, list(dataset.feature_names), described, model, scores, layout, dataset.k)


def write_segments(
    placed: Placed,
    tables: dict[str, schema.Table],
    *,
    findings: list[Finding],
    trust: Mapping[str, pd.DataFrame],
    write: Write,
    meter: Meter,
) -> dict[str, TableRecord]:
    """Wait for the map and write the tables of segments.

    Args:
        placed: What `place` returns.
        tables: What is published of the dataset.
        findings: The data-quality report so far.
        trust: Tables of `schema.TRUST`, and the scores of every k; those that are not there are written without rows.
        write: Stores one table.
        meter: Times the stages.
    """
    with meter.stage("map"):
        x, y = placed.layout.result().T
    customers = placed.customers.assign(x=x, y=y)
    frames = {
        "customers": customers,
        "clusters": clusters_table(customers, placed.features),
        "personas": personas_table(customers, placed.personas),
        "scores": placed.scores.table(len(placed.model.centres)),
        "centres": placed.model.table(),
        "quality": pd.DataFrame([*findings, *_constant(placed), *_lowered(placed)]),
        **{name: pd.DataFrame() for name in schema.TRUST if name in tables},
        **trust,
    }
    with meter.stage("writing"):
        return {name: write(tables[name], _batches(frame, tables[name])) for name, frame in frames.items()}


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


def _constant(placed: Placed) -> list[Finding]:
    left_out = [name for name in placed.features if name not in placed.model.centres.columns]
    return [Finding("a feature is the same for all customers and left out of clustering", "warned", 0, 0.0, name) for name in left_out]


def _lowered(placed: Placed) -> list[Finding]:
    k = len(placed.model.centres)
    if k == placed.k_asked:
        return []
    return [Finding("there are fewer clusters than asked for: no more customers differ", "warned", 0, 0.0, f"{k} of {placed.k_asked}")]


def _batches(frame: pd.DataFrame, expected: schema.Table) -> Iterator[pa.RecordBatch]:
    """A frame in the published types."""
    if frame.empty:
        yield from expected.arrow.empty_table().to_batches()
        return
    yield from pa.Table.from_pandas(frame, schema=expected.arrow, preserve_index=False).replace_schema_metadata(None).to_batches()
