"""From one dataset's customers in clusters to its tables of segments: the stages in their order, ignorant of each other."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline import embedding, grid, personas, sampling, schema, shares, validation
from pipeline.embedding import Chart
from pipeline.grouping import BATCH, Grouped
from pipeline.intake.findings import Finding
from pipeline.manifest import TableRecord
from pipeline.meter import Meter
from pipeline.settings import Dataset

Write = Callable[[schema.Table, Iterable[pa.RecordBatch]], TableRecord]

# The most customers of whom what takes long is asked of each: silhouettes take four times as long for twice as many.
EVERYONE = 20_000
# Those who stand for all where they are more.
SAMPLE = 10_000


@dataclass(frozen=True)
class Placed:
    """A dataset's customers in their clusters, the map still being laid out.

    Attributes:
        grouped: Where they are read from, and what placed them.
        numbers: What `grouped` holds of each, with fit and, of buyers, the scores of the marketer's grid.
        features: Names of those that were clustered by.
        names: Cluster to persona.
        personas: What `personas.describe` says of them.
        sample: Places of the customers who stand for all in what takes long; of all of them where they are not too many.
        scores: Of the sample.
        half_interval: Half of the 95 % confidence interval of its silhouette; None if everyone is in it.
        chart: The map.
        k_asked: Clusters that were asked for.
    """

    grouped: Grouped
    numbers: pd.DataFrame
    features: list[str]
    names: dict[int, str]
    personas: pd.DataFrame
    sample: np.ndarray
    scores: validation.Scores
    half_interval: float | None
    chart: "Future[Chart]"
    k_asked: int

    @property
    def sampled(self) -> int | None:
        """How many customers stand for all; None if everyone is asked."""
        return None if self.half_interval is None else len(self.sample)

    def asked(self) -> pd.DataFrame:
        """One row per customer of the sample, by customer_id: customer_id, their numbers, persona."""
        return self._rows(self.sample)

    def everyone(self) -> pd.DataFrame:
        """The same of all customers, where these were clustered one by one."""
        return self._rows(np.arange(len(self.numbers)))

    def persona_of_each(self) -> np.ndarray:
        """The place of each customer's persona among `personas`, shape (customers,)."""
        # As small as can be: it is handed to another process.
        place = {name: np.int8(at) for at, name in enumerate(self.personas["persona"])}
        return _of_cluster({number: place[name] for number, name in self.names.items()}, self.numbers["cluster"])

    def _rows(self, places: np.ndarray) -> pd.DataFrame:
        numbers = self.numbers.iloc[places].reset_index(drop=True)
        return numbers.assign(customer_id=self.grouped.ids(places), persona=[self.names[number] for number in numbers["cluster"].tolist()])


def place(dataset: Dataset, grouped: Grouped, *, aside: Executor, meter: Meter) -> Placed:
    """Begin the map of customers in their clusters, measure how well these are separated, and name them.

    Args:
        dataset: Its settings.
        grouped: Its customers.
        aside: Where the map is laid out, beside everything else.
        meter: Times the stages.
    """
    seed = dataset.seed
    features, cluster = grouped.numbers[list(dataset.feature_names)], grouped.numbers["cluster"].to_numpy()
    whole = grouped.exact and len(cluster) <= EVERYONE
    with meter.stage("clusters"):
        scaled = grouped.model.scaler.transform(features)
        chart = aside.submit(embedding.chart, scaled, cluster, seed=seed, fitted=None if whole else embedding.FITTED)
        sample = np.arange(len(cluster)) if whole else _standing_for_all(cluster, seed)
        judged = scaled.iloc[sample], cluster[sample]
        fit = validation.fit_of_each(*judged)
        scores = validation.score(*judged, fit)
        half_interval = None if whole else validation.half_interval(*judged, fit, seed=seed)
        fit = fit if whole else validation.estimated_fit(scaled, cluster, seed=seed)
    with meter.stage("personas"):
        names, described = personas.describe(features, cluster, dataset)
    numbers = grouped.numbers.assign(fit=fit, **(grid.quintiles(grouped.numbers) if "monetary" in grouped.numbers else {}))
    return Placed(grouped, numbers, list(features.columns), names, described, sample, scores, half_interval, chart, dataset.k)


def _standing_for_all(cluster: np.ndarray, seed: int) -> np.ndarray:
    # Two of each cluster at least: one that is missing, or a single customer, has no scores.
    return np.union1d(sampling.at_random(len(cluster), SAMPLE, seed=seed), sampling.of_each(cluster, 2, seed=seed))


def write_segments(
    placed: Placed,
    tables: dict[str, schema.Table],
    *,
    findings: list[Finding],
    trust: Mapping[str, Iterable[pd.DataFrame]],
    elsewhere: Collection[str],
    write: Write,
    meter: Meter,
) -> dict[str, TableRecord]:
    """Wait for the map and write the tables of segments.

    Args:
        placed: What `place` returns.
        tables: What is published of the dataset.
        findings: The data-quality report so far.
        trust: Tables of `schema.TRUST`, and the scores of every k, in parts; those that are not there are written without rows.
        elsewhere: Names of tables that are not written here.
        write: Stores one table.
        meter: Times the stages.
    """
    with meter.stage("map"):
        places = placed.chart.result().places
    frames = {
        "clusters": clusters_table(placed),
        "personas": personas_table(placed),
        "scores": placed.scores.table(len(placed.grouped.model.centres)),
        "centres": placed.grouped.model.table(),
        "quality": pd.DataFrame([*findings, *_constant(placed), *_lowered(placed)]),
        **{name: pd.DataFrame() for name in schema.TRUST if name in tables and name not in elsewhere},
    }
    parts = {name: [frame] for name, frame in frames.items()} | dict(trust)
    with meter.stage("writing"):
        written = {"customers": write(tables["customers"], customers(placed, places, tables["customers"]))}
        return written | {name: write(tables[name], _batches(some, tables[name])) for name, some in parts.items()}


def customers(placed: Placed, places: np.ndarray, table: schema.Table, *, batch: int = BATCH) -> Iterator[pa.RecordBatch]:
    """The table of customers, so many rows at a time: what their file holds, with their numbers and what these mean.

    Args:
        placed: What `place` returns.
        places: On the map, shape (customers, 2).
        table: The columns.
        batch: How many.
    """
    numbers = placed.numbers.assign(x=places[:, 0], y=places[:, 1])
    made = {*numbers.columns, "persona", "segment"}
    for rows, read in placed.grouped.read([name for name in table.arrow.names if name not in made], batch=batch):
        columns = {name: numbers[name].to_numpy()[rows] for name in numbers.columns}
        columns["persona"] = _of_cluster(placed.names, columns["cluster"])
        if "recency_score" in columns:
            columns["segment"] = grid.segments(columns["recency_score"], columns["frequency_score"])
        yield pa.RecordBatch.from_arrays(
            [_typed(columns[field.name] if field.name in made else read.column(field.name), field.type) for field in table.arrow],
            schema=table.arrow,
        )


def clusters_table(placed: Placed) -> pd.DataFrame:
    """One row per cluster, by number: persona, customers, share, mean of each feature, mean fit; revenue for buyers."""
    numbers = placed.numbers
    groups = numbers.groupby("cluster")
    table = groups.agg(customers=("fit", "size"))
    table.insert(0, "persona", [placed.names[number] for number in table.index.tolist()])
    table["share"] = table["customers"] / len(numbers)
    table[placed.features] = groups[placed.features].mean()
    table["fit"] = groups["fit"].mean()
    return _with_revenue(table, groups, numbers).reset_index()


def personas_table(placed: Placed) -> pd.DataFrame:
    """One row per persona in the order of `personas.describe`: its words, customers, share; revenue for buyers."""
    groups = placed.numbers.groupby(placed.persona_of_each())
    table = placed.personas.assign(customers=groups.size())
    table["share"] = table["customers"] / len(placed.numbers)
    return _with_revenue(table, groups, placed.numbers)


def _of_cluster(values: Mapping[int, object], cluster: np.ndarray | pd.Series) -> np.ndarray:
    """What each customer's cluster has, shape (customers,)."""
    numbers = sorted(values)
    of_each = np.array([values[number] for number in numbers])
    return np.asarray(of_each[np.searchsorted(numbers, cluster)])


def _with_revenue(table: pd.DataFrame, groups: "pd.api.typing.DataFrameGroupBy[Any, Any]", numbers: pd.DataFrame) -> pd.DataFrame:
    if "monetary" not in numbers:
        return table
    revenue = groups["monetary"].sum()
    return table.assign(revenue=revenue, revenue_share=shares.of_total(revenue))


def _constant(placed: Placed) -> list[Finding]:
    left_out = [name for name in placed.features if name not in placed.grouped.model.centres.columns]
    return [Finding("a feature is the same for all customers and left out of clustering", "warned", 0, 0.0, name) for name in left_out]


def _lowered(placed: Placed) -> list[Finding]:
    k = len(placed.grouped.model.centres)
    if k == placed.k_asked:
        return []
    return [Finding("there are fewer clusters than asked for: no more customers differ", "warned", 0, 0.0, f"{k} of {placed.k_asked}")]


def _typed(values: "np.ndarray | pa.Array", wanted: pa.DataType) -> pa.Array:
    return pa.array(values).cast(wanted) if isinstance(values, np.ndarray) else values.cast(wanted)


def _batches(parts: Iterable[pd.DataFrame], expected: schema.Table) -> Iterator[pa.RecordBatch]:
    """A table in the published types; of its parts, at least one, any may be empty."""
    for frame in parts:
        table = expected.arrow.empty_table() if frame.empty else pa.Table.from_pandas(frame, schema=expected.arrow, preserve_index=False)
        yield from table.replace_schema_metadata(None).to_batches()
