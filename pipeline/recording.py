"""The tables of datasets written, and what the manifest records of them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import artifacts, beside, drift, month_ends, parquet, schema, segmentation
from pipeline.drift import Seen
from pipeline.examining import Examined, Segmented
from pipeline.intake.findings import Finding
from pipeline.intake.source import Sources
from pipeline.manifest import DatasetRecord, MapRecord, RowsRecord, ScoresRecord, SourceRecord, TableRecord
from pipeline.measuring import Measured, Written
from pipeline.meter import STAGES
from pipeline.schema import RFM_UNITS, Table
from pipeline.segmentation import Placed
from pipeline.settings import Dataset, ProfileDataset, TransactionsDataset
from pipeline.wanted import Input


@dataclass(frozen=True)
class Done:
    """One dataset, all but its tables: what was asked for, where it was read from, and what came of it.

    Attributes:
        rows: Tables that the process beside this one is writing.
        examined: What a quick build leaves out; None in such a build.
    """

    item: Input
    sources: Sources
    segmented: Segmented
    rows: beside.Work[Written]
    examined: Examined | None


def write_all(
    all_done: list[Done], previous: artifacts.Run | None, folder: Path
) -> tuple[dict[str, DatasetRecord], list[tuple[str, Finding]]]:
    """Write the tables of every dataset.

    Args:
        all_done: The datasets.
        previous: The run before; one that readers can open is what changes are told by.
        folder: Of the run.

    Returns:
        What is recorded of each; and each change, with its dataset, that is too much for readers to be switched unasked.
    """
    # Readers cannot open a damaged run: nothing is gained by staying with it.
    shown = None if previous is None or previous.is_damaged() else previous
    records, changes = {}, []
    for done in all_done:
        name = done.item.dataset.name
        # Made-up data are like nothing.
        before = drift.of_run(shown, name) if shown and done.item.sources else None
        records[name], changed = _write(done, before, folder / name)
        changes += [(name, change) for change in changed]
    return records, changes


def _write(done: Done, before: Seen | None, folder: Path) -> tuple[DatasetRecord, list[Finding]]:
    """Write the tables of one dataset.

    Args:
        done: The dataset.
        before: The dataset as readers have it, to be compared with.
        folder: Where the tables go.

    Returns:
        What is recorded of it, and what changed too much.
    """
    one, trust = done.segmented, done.examined.trust if done.examined else None
    history, told = done.examined.history if done.examined else None, trust.written if trust else {}
    dataset, found, placed, meter = one.dataset, one.measured, one.placed, one.meter
    tables = _tables(dataset, found)
    changed = drift.findings(before, drift.of_measured(dataset, found.counts.kept, found.as_of, found.customers)) if before else []
    written = segmentation.write_segments(
        placed,
        tables,
        findings=[*found.findings, *changed],
        trust=trust.tables if trust else {},
        elsewhere={*told, *(month_ends.TABLES if history else ())},
        write=partial(parquet.write, folder),
        meter=meter,
    )
    beside_it = beside.result(done.rows, done.sources.path)
    followed = beside.result(history, done.sources.path) if history else Written({}, {})
    # Rows that were kept out may have been read from it once more.
    done.sources.refuse_change()
    meter.add(found.seconds)
    meter.add(beside_it.seconds)
    meter.add(followed.seconds)
    written |= beside_it.tables | followed.tables | told
    return _record(done, {table: written[table] for table in tables}), changed


def _units(dataset: Dataset) -> dict[str, str]:
    """Feature to unit, money in the dataset's currency."""
    if isinstance(dataset, ProfileDataset):
        return {name: feature.unit for feature in dataset.features for name in feature.names}
    return {name: {"currency": dataset.currency}.get(RFM_UNITS[name], RFM_UNITS[name]) for name in dataset.features}


def _tables(dataset: Dataset, measured: Measured) -> dict[str, Table]:
    """What is published of a dataset."""
    return schema.tables(dataset.kind, _units(dataset), measured.staged.columns)


def _record(done: Done, tables: dict[str, TableRecord]) -> DatasetRecord:
    item, sources, measured, placed = done.item, done.sources, done.segmented.measured, done.segmented.placed
    dataset = item.dataset
    return DatasetRecord(
        kind=dataset.kind,
        title=dataset.title,
        demo=item.sources is None,
        fingerprint=item.fingerprint,
        settings=dataset.model_dump(mode="json"),
        sources=[SourceRecord(file=source.path.name, bytes=source.size, sha256=source.sha256) for source in sources.files],
        file_columns=list(measured.staged.columns),
        rows=RowsRecord(**measured.counts.__dict__),
        as_of=measured.as_of,
        currency=dataset.currency if isinstance(dataset, TransactionsDataset) else None,
        features=_units(dataset),
        words=dataset.words,
        filled=measured.filled,
        customers=len(placed.numbers),
        personas=len(placed.personas),
        scores=ScoresRecord(**placed.scores.__dict__, sample=placed.sampled, silhouette_half_interval=placed.half_interval),
        trust=done.examined.trust.record if done.examined else None,
        seconds={stage: done.segmented.meter.seconds.get(stage, 0.0) for stage in STAGES},
        tables=tables,
        map=_map(placed),
    )


def _map(placed: Placed) -> MapRecord | None:
    found = placed.chart.result().trustworthiness
    if found is None:
        return None
    return MapRecord(
        fitted=found.fitted, compared=found.compared, trustworthiness_fitted=found.of_fitted, trustworthiness_placed=found.of_placed
    )
