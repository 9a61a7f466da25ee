"""What a quick build leaves out of each dataset: months that ended, how far segments can be trusted, and what customers will order."""

import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import artifacts, beside, holdout, month_ends, schema
from pipeline.engines import Engine
from pipeline.holdout import Holdout
from pipeline.measuring import Measured, Written
from pipeline.meter import Meter
from pipeline.segmentation import Placed
from pipeline.settings import Dataset, TransactionsDataset
from pipeline.value import cut
from pipeline.value.foretold import Asked, Foretold, foretell

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.model import Model
    from pipeline.trust import Asked as Begun
    from pipeline.trust import Trust


@dataclass(frozen=True)
class Segmented:
    """One dataset whose customers have their segments.

    Attributes:
        work: What `measuring.measure` left.
        folder: Where its tables go.
    """

    dataset: Dataset
    measured: Measured
    placed: Placed
    work: Path
    folder: Path
    meter: Meter


@dataclass(frozen=True)
class Examined:
    """What was found out of one dataset.

    Attributes:
        history: The tables of months, which are being written; None without orders.
        trust: All else.
    """

    history: beside.Work[Written] | None
    trust: "Trust"


@dataclass(frozen=True)
class _Sold:
    """What the engine is asked of a dataset of orders, each once the one before is done."""

    held_out: beside.Work[Holdout]
    past: beside.Work[cut.Cut | str]
    history: beside.Work[Written]


def examine(
    segmented: Mapping[str, Segmented], previous: artifacts.Run | None, *, child: beside.Child, engine: Engine
) -> dict[str, Examined]:
    """Work it all out, of all datasets beside each other.

    Args:
        segmented: The datasets by name.
        previous: The run before.
        child: Where the engine is.
        engine: Which one measured them.
    """
    from pipeline import backtest, trust

    customers = {name: one.placed.asked() for name, one in segmented.items()}
    sold = {
        name: _sold(one, one.dataset, one.measured.as_of, customers[name], child, engine)
        for name, one in segmented.items()
        if isinstance(one.dataset, TransactionsDataset) and one.measured.as_of
    }
    # Processes: threads would wait for each other, for most of the work is many small steps. spawn: as in `beside`.
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as workers:
        begun, tested, valued = {}, {}, {}
        for name, one in segmented.items():
            begun[name] = trust.begin(one.dataset, one.placed, customers[name], workers)
            if name in sold and isinstance(one.dataset, TransactionsDataset):
                file = Path(one.measured.staged.file)
                tested[name] = workers.submit(backtest.run, beside.result(sold[name].held_out, file), one.dataset)
                valued[name] = _foretold(one, beside.result(sold[name].past, file), workers)
        found = {}
        for name, one in segmented.items():
            with one.meter.stage("trust"):
                changes = _changes(previous, name, begun[name], child, one.work)
                known = trust.finish(begun[name], tested=tested.get(name), changes=changes, value=valued.get(name))
            found[name] = Examined(sold[name].history if name in sold else None, known)
        return found


def model_of(previous: artifacts.Run | None, name: str) -> "Model | None":
    """What placed the customers in the run before, if it held the dataset and that table is as it was written."""
    if previous is None or name not in previous.manifest.datasets or previous.damage(name, "centres"):
        return None
    from pipeline import parquet
    from pipeline.model import Model

    return Model.from_table(parquet.read(previous.table(name, "centres")), previous.manifest.datasets[name].settings["scaling"])


def _sold(
    one: Segmented, dataset: TransactionsDataset, as_of: date, customers: "pd.DataFrame", child: beside.Child, engine: Engine
) -> _Sold:
    whose = customers["customer_id"].tolist() if one.placed.sampled else None
    # Months come last: they take the engine longest, and nothing waits for them.
    return _Sold(
        child.submit(holdout.measure, dataset, one.work / "orders.parquet", as_of, one.work, whose, engine),
        child.submit(cut.cut, dataset, as_of, one.work, engine),
        child.submit(
            month_ends.write, dataset.name, dataset, one.placed.grouped.model, one.placed.names, as_of, one.work, one.folder, engine
        ),
    )


def _foretold(one: Segmented, past: cut.Cut | str, workers: Executor) -> Future[Foretold]:
    """Begin to foretell what customers will order and spend."""
    placed, as_of = one.placed, one.measured.as_of
    assert as_of is not None
    table, names = schema.tables(one.dataset.kind, {}, ())["value"], placed.personas["persona"].tolist()
    asked = Asked(placed.grouped.customers, placed.persona_of_each(), names, as_of, past, one.dataset.seed, table, one.work / "value")
    return workers.submit(foretell, asked)


def _changes(previous: artifacts.Run | None, name: str, asked: "Begun", child: beside.Child, work: Path) -> "pd.DataFrame | None":
    """What became of the customers of the run before; None if it does not have them undamaged."""
    if previous is None or name not in previous.manifest.datasets or previous.damage(name):
        return None
    from pipeline import crowd, identity, parquet

    clusters, customers, placed = parquet.read(previous.table(name, "clusters")), previous.table(name, "customers"), asked.placed
    names = dict(zip(clusters["cluster"].tolist(), clusters["persona"].tolist(), strict=True))
    if placed.grouped.assigned:
        counted = beside.result(child.submit(crowd.transitions, customers, placed.grouped.assigned, work), customers)
        return identity.counted_changes(counted, names, placed.names)
    model = model_of(previous, name)
    return identity.changes(parquet.read(customers, ["customer_id", "persona"]), model, names, placed.everyone())
