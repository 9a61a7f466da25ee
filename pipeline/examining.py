"""What a quick build leaves out of each dataset: months that ended, how far segments can be trusted, and what customers will order."""

from collections.abc import Mapping
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
from pipeline.trimming import trim
from pipeline.value import cut
from pipeline.value.foretold import Asked, foretell
from pipeline.workers import workers

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.model import Model
    from pipeline.trust import Asked as Begun
    from pipeline.trust import Trust


# What is computed in processes of their own.
_COMPUTE = ("pipeline.choosing", "pipeline.stability", "pipeline.backtest", "pipeline.value.foretold")


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

    @property
    def sold(self) -> tuple[TransactionsDataset, date] | None:
        """Of a dataset of orders, its settings and the day that recency is counted to."""
        dataset, as_of = self.dataset, self.measured.as_of
        return (dataset, as_of) if isinstance(dataset, TransactionsDataset) and as_of else None


@dataclass(frozen=True)
class Examined:
    """What was found out of one dataset.

    Attributes:
        history: The tables of months, which are being written; None without orders.
        trust: All else.
    """

    history: beside.Work[Written] | None
    trust: "Trust"


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
    sold = {name: one.sold for name, one in segmented.items() if one.sold}
    files = {name: Path(one.measured.staged.file) for name, one in segmented.items()}
    # The engine does one thing after another. Months of all datasets come last: they take it longest, and nothing here waits for them.
    held_out = {name: _held_out(segmented[name], *sold[name], customers[name], child, engine) for name in sold}
    past = {name: child.submit(cut.cut, *sold[name], segmented[name].work, engine) for name in sold}
    before = {name: run for name in segmented if (run := _undamaged(previous, name))}
    counted = {name: _counted(segmented[name], run.table(name, "customers"), child) for name, run in before.items()}
    history = {name: _history(segmented[name], *sold[name], child, engine) for name in sold}
    with workers(_COMPUTE) as computing:
        begun = {name: trust.begin(one.dataset, one.placed, customers[name], computing) for name, one in segmented.items()}
        tested = {name: computing.submit(backtest.run, beside.result(held_out[name], files[name]), sold[name][0]) for name in sold}
        valued = {
            name: computing.submit(foretell, _foretold(segmented[name], as_of, beside.result(past[name], files[name])))
            for name, (_, as_of) in sold.items()
        }
        # What threads have let go of while customers were placed stays theirs: a hundred megabytes of half a million customers.
        trim()
        found = {}
        for name, one in segmented.items():
            with one.meter.stage("trust"):
                changes = _changes(before[name], name, begun[name], counted[name]) if name in before else None
                known = trust.finish(begun[name], tested=tested.get(name), changes=changes, value=valued.get(name))
            found[name] = Examined(history.get(name), known)
        return found


def model_of(previous: artifacts.Run | None, name: str) -> "Model | None":
    """What placed the customers in the run before, if it held the dataset and that table is as it was written."""
    if previous is None or name not in previous.manifest.datasets or previous.damage(name, "centres"):
        return None
    from pipeline import parquet
    from pipeline.model import Model

    return Model.from_table(parquet.read(previous.table(name, "centres")), previous.manifest.datasets[name].settings["scaling"])


def _held_out(
    one: Segmented, dataset: TransactionsDataset, as_of: date, customers: "pd.DataFrame", child: beside.Child, engine: Engine
) -> beside.Work[Holdout]:
    whose = customers["customer_id"].tolist() if one.placed.sampled else None
    return child.submit(holdout.measure, dataset, one.work / "orders.parquet", as_of, one.work, whose, engine)


def _history(one: Segmented, dataset: TransactionsDataset, as_of: date, child: beside.Child, engine: Engine) -> beside.Work[Written]:
    model, names = one.placed.grouped.model, one.placed.names
    return child.submit(month_ends.write, dataset.name, dataset, model, names, as_of, one.work, one.folder, engine)


def _foretold(one: Segmented, as_of: date, past: cut.Cut | str) -> Asked:
    """What is to be foretold of its customers."""
    placed, table = one.placed, schema.tables(one.dataset.kind, {}, ())["value"]
    names = placed.personas["persona"].tolist()
    return Asked(placed.grouped.customers, placed.persona_of_each(), names, as_of, past, one.dataset.seed, table, one.folder)


def _undamaged(previous: artifacts.Run | None, name: str) -> artifacts.Run | None:
    """The run before, if it has the dataset as it was written."""
    return previous if previous and name in previous.manifest.datasets and not previous.damage(name) else None


def _counted(one: Segmented, before: Path, child: beside.Child) -> "beside.Work[pd.DataFrame] | None":
    """Begin to count customers by what they were in the run before; None where they are compared one by one."""
    from pipeline import crowd

    assigned = one.placed.grouped.assigned
    return child.submit(crowd.transitions, before, assigned, one.work) if assigned else None


def _changes(before: artifacts.Run, name: str, asked: "Begun", counted: "beside.Work[pd.DataFrame] | None") -> "pd.DataFrame":
    """What became of the customers of the run before."""
    from pipeline import identity, parquet

    clusters, customers = parquet.read(before.table(name, "clusters")), before.table(name, "customers")
    names = dict(zip(clusters["cluster"].tolist(), clusters["persona"].tolist(), strict=True))
    if counted:
        return identity.counted_changes(beside.result(counted, customers), names, asked.placed.names)
    model = model_of(before, name)
    return identity.changes(parquet.read(customers, ["customer_id", "persona"]), model, names, asked.placed.everyone())
