"""One dataset's customers in clusters: each one by one where they are few enough, by a summary that the engine makes where they are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import beside, clustering, crowd, ids, parquet
from pipeline.errors import about
from pipeline.model import Model
from pipeline.schema import RFM_UNITS
from pipeline.settings import Dataset, TransactionsDataset

# Customers whose texts are held at a time.
BATCH = 50_000

T = TypeVar("T")


@dataclass(frozen=True)
class Grouped:
    """Customers in their clusters.

    Attributes:
        customers: Parquet file: one row per customer, by customer_id.
        numbers: One row per customer, in that order: features in raw units (of buyers recency_days, frequency and monetary in any case),
            cluster, next_cluster, margin. No texts: those of millions of customers stay in files.
        model: What placed them.
        assigned: What `crowd.place` wrote; None if they were clustered one by one.
    """

    customers: Path
    numbers: pd.DataFrame
    model: Model
    assigned: Path | None

    @property
    def exact(self) -> bool:
        """Whether they are few enough for everything to be worked out of each."""
        return self.assigned is None

    def read(self, columns: list[str], *, batch: int = BATCH) -> Iterator[tuple[slice, pa.RecordBatch]]:
        """Columns of the customers' file, so many rows at a time, with their places among `numbers`."""
        start = 0
        for read in parquet.batches(self.customers, columns, batch):
            yield slice(start, start + read.num_rows), read
            start += read.num_rows

    def ids(self, places: np.ndarray) -> np.ndarray:
        """The ids of customers at some places, lowest first."""
        found: np.ndarray = parquet.at(self.customers, ["customer_id"], places).column(0).to_numpy()
        return found


def group(dataset: Dataset, customers: Path, previous: Model | None, *, child: beside.Child, work: Path, exact: int) -> Grouped:
    """Cluster customers.

    Args:
        dataset: Its settings.
        customers: Parquet file: one row per customer, by customer_id, with the features.
        previous: The model of the run before, whose cluster numbers are kept.
        child: Where the engine is.
        work: Folder for what it writes.
        exact: The most customers who are clustered one by one.

    Raises:
        InputError: If features or settings do not allow it.
    """
    if pq.read_metadata(customers).num_rows <= exact:
        return _one_by_one(dataset, customers, previous)
    return _by_summary(dataset, customers, previous, child, work)


def _one_by_one(dataset: Dataset, customers: Path, previous: Model | None) -> Grouped:
    frame = parquet.read(customers, ["customer_id", *_numbers(dataset)])
    features, numbers = frame[list(dataset.feature_names)], frame.drop(columns="customer_id")
    # The starts of K-Means depend on the order of customers: that of their ids, 2 before 10, is the same in every file.
    by_id = ids.order(frame["customer_id"])
    k = min(dataset.k, clustering.different(features)) if dataset.lower_k else dataset.k
    with about(dataset.file):
        model = _renumbered(clustering.fit(features.iloc[by_id], k=k, scaling=dataset.scaling, seed=dataset.seed), previous)
    return Grouped(customers, numbers.assign(**clustering.assign(features, model).__dict__), model, None)


def _by_summary(dataset: Dataset, customers: Path, previous: Model | None, child: beside.Child, work: Path) -> Grouped:
    names, assigned = list(dataset.feature_names), work / "assigned.parquet"
    summary = _result(child.submit(crowd.summarise, dataset.file, customers, names, dataset.scaling, work), dataset)
    k = min(dataset.k, len(summary.cells)) if dataset.lower_k else dataset.k
    numbers = parquet.read(customers, _numbers(dataset))
    with about(dataset.file):
        model = _renumbered(clustering.fit_cells(summary.cells, numbers, summary.scaler, k=k, seed=dataset.seed), previous)
    # A model of other features cannot say anything of these customers.
    before = previous if previous and set(previous.centres.columns) <= {*names, *_numbers(dataset)} else None
    _result(child.submit(crowd.place, customers, model, before, work, assigned), dataset)
    placed = parquet.read(assigned, ["cluster", "next_cluster", "margin"])
    return Grouped(customers, numbers.join(placed), model, assigned)


def _result(work: "beside.Work[T]", dataset: Dataset) -> T:
    return beside.result(work, Path(dataset.file))


def _renumbered(model: Model, previous: Model | None) -> Model:
    return clustering.renumber(model, previous) if previous else model


def _numbers(dataset: Dataset) -> list[str]:
    """What is held of each customer as it was measured."""
    return list(RFM_UNITS) if isinstance(dataset, TransactionsDataset) else list(dataset.feature_names)
