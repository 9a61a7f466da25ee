"""New customers, or newer orders of known ones, placed among the clusters of a published run; nothing is fitted again."""

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import artifacts, beside, catalogue, clustering, ids, measuring, parquet, schema
from pipeline.artifacts import Run
from pipeline.errors import InputError
from pipeline.exports import csv, workbook
from pipeline.exports.kept_out import COLUMNS, of_rejected
from pipeline.exports.listing import Listing, Words, explained, of_frame
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.source import open_all
from pipeline.limits import ANY_FILE, Limits
from pipeline.manifest import DatasetRecord
from pipeline.measuring import Measured
from pipeline.meter import Report
from pipeline.model import Model
from pipeline.replacing import replacing
from pipeline.schema import TEXT, Column
from pipeline.settings import Dataset

ENDINGS = (".csv", ".xlsx", ".parquet")
NEW, KNOWN = "new", "known"
_ADDED = (
    Column("status", TEXT, f"{KNOWN}: in the published run; {NEW}: not"),
    Column("persona_before", TEXT, "persona in the published run; empty for new customers"),
)
_PLACED = ("customer_id", "status", "persona", "persona_before", "cluster", "next_cluster", "margin")


@dataclass(frozen=True)
class Scored:
    """A file's customers among the clusters of a run.

    Attributes:
        run_id: The run.
        record: What the run says of the dataset.
        file: Name of the file.
        customers: One row per customer, by id: the columns of `columns`.
        columns: Each with its type, meaning and unit.
        words: Feature to code to word, for categories.
        counts: The row law of the file.
        findings: Its data-quality report.
        as_of: The day that recency is counted to; None without orders.
        rejected: The rows kept out, as the table `rejected` has them.
        file_columns: The file's own columns.
    """

    run_id: str
    record: DatasetRecord
    file: str
    customers: pd.DataFrame
    columns: tuple[Column, ...]
    words: Words
    counts: Counts
    findings: list[Finding]
    as_of: date | None
    rejected: pa.Table
    file_columns: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The customers of a file that were placed in one persona: how many, how many of them new, and how many moved here."""

    persona: str
    customers: int
    share: float
    new: int
    moved: int


def score(run: Run, name: str, file: Path, *, as_of: date | None, report: Report, limits: Limits = ANY_FILE) -> Scored:
    """Place the customers of a file, read as the run's own file was.

    Recency is counted to the run's day, or to the day after the file's last order where that is later: an extract of some customers must
    not make them recent. The run's own file is counted as the run was.

    Args:
        run: A published run; its settings, scaler and centres are used, not those that the catalogue has by now.
        name: A dataset of the run.
        file: Customers, or order lines, in the shape of the dataset's own file; or a folder of such files.
        as_of: The day that recency is counted to, whatever the file holds.
        report: Hears of the stages.
        limits: What reading the file may take.

    Raises:
        InputError: If the run does not hold the dataset, a table of it was altered, or the file is refused.
        ArtifactError: If it was published by another version.
    """
    record = record_of(run, name)
    dataset = catalogue.from_settings(record.settings)
    measured, customers, rejected = _read(file, name, dataset, record, as_of=as_of, report=report, limits=limits)
    day = measured.as_of
    if day and record.as_of and day < record.as_of and as_of is None:
        customers["recency_days"] += (record.as_of - day).days
        day = record.as_of
    published = artifacts.tables(record)["customers"].columns
    try:
        placed = _place(run, name, customers)
    except InputError as refusal:
        raise InputError(f"{file.name}: {refusal} Then build again.") from None
    described = {column.name: column for column in (*published, *_ADDED)}
    columns = tuple(described[column] for column in (*_PLACED, *(column for column in customers if column not in _PLACED)))
    return Scored(
        run.manifest.run_id,
        record,
        file.name,
        placed[[column.name for column in columns]],
        columns,
        {feature: {code: word for word, code in words.items()} for feature, words in record.words.items()},
        measured.counts,
        measured.findings,
        day,
        rejected,
        measured.staged.columns,
    )


def _read(
    file: Path, name: str, dataset: Dataset, record: DatasetRecord, *, as_of: date | None, report: Report, limits: Limits
) -> tuple[Measured, pd.DataFrame, pa.Table]:
    """The file measured in a process beside this one: how it fared, its customers, and the rows kept out."""
    sources = open_all(file)
    own = sources.hashes == [known.sha256 for known in record.sources]
    with tempfile.TemporaryDirectory() as folder, beside.child(report, limits) as child:
        counted = as_of or (record.as_of if own else None)
        work, rows = Path(folder) / "work", Path(folder) / "rows"
        measured = beside.result(child.submit(measuring.measure, name, dataset, sources.paths, work, counted, record.filled), file)
        _refuse_many(pq.read_metadata(measured.customers).num_rows, file, limits)
        beside.result(child.submit(measuring.write_rows, name, dataset, measured.staged, work, rows, ("rejected",)), file)
        sources.refuse_change()
        return measured, parquet.read(measured.customers), pq.read_table(rows / "rejected.parquet", memory_map=False)


def _refuse_many(customers: int, file: Path, limits: Limits) -> None:
    if limits.customers is not None and customers > limits.customers:
        most = f"{limits.customers:,} are the most that are placed at once"
        raise InputError(f"{file.name}: holds {customers:,} customers, and {most}. Split it into smaller files.")


def groups(scored: Scored) -> list[Group]:
    """The personas that customers were placed in, the largest first."""
    customers = scored.customers
    new = customers["persona_before"].isna()
    moved = ~new & (customers["persona_before"] != customers["persona"])
    found = []
    for persona, count in customers["persona"].value_counts().items():
        own = customers["persona"] == persona
        found.append(Group(str(persona), int(count), count / len(customers), int((own & new).sum()), int((own & moved).sum())))
    return found


def write(scored: Scored, out: Path) -> None:
    """Write the customers as CSV, XLSX or parquet, by the ending of `out`: all of them, or nothing.

    Raises:
        InputError: If the ending is another, or the folder cannot be written.
    """
    refuse_ending(out)
    with replacing(out, remedy="Name a file in a folder that can be.") as begun, begun.open("wb") as into:
        match out.suffix.lower():
            case ".csv":
                into.writelines(csv.write(_listing(scored)))
            case ".xlsx":
                _refuse_room(scored, out)
                workbook.write(_listing(scored), sheet="Customers", about=_about(scored), into=into)
            case _:
                scored.customers.to_parquet(into, index=False)


def _refuse_room(scored: Scored, out: Path) -> None:
    if not workbook.has_room(len(scored.customers)):
        raise InputError(
            f"{out}: a sheet has room for {workbook.MOST_ROWS:,} customers, and these are {len(scored.customers):,}. "
            "Let its name end in .csv or .parquet."
        )


def write_rejected(scored: Scored, out: Path) -> None:
    """Write the rows kept out as CSV, each as it was read, with its reason.

    Raises:
        InputError: If the folder cannot be written.
    """
    published = schema.tables(scored.record.kind, scored.record.features, scored.file_columns)["rejected"].columns
    rows = scored.rejected.select(COLUMNS)
    listing = of_rejected(rows.to_batches(), rows.num_rows, published, scored.file_columns)
    with replacing(out, remedy="Name a file in a folder that can be.") as begun, begun.open("wb") as into:
        into.writelines(csv.write(listing))


def refuse_ending(out: Path) -> None:
    """Insist on an ending that says what to write.

    Raises:
        InputError: If it is none of `ENDINGS`.
    """
    if out.suffix.lower() not in ENDINGS:
        raise InputError(f"{out}: cannot tell what to write from its name. Let it end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")


def record_of(run: Run, name: str) -> DatasetRecord:
    """What a run says of a dataset.

    Raises:
        InputError: If it does not hold it, or a table of it was altered.
    """
    if name not in run.manifest.datasets:
        there = ", ".join(run.manifest.datasets)
        raise InputError(f"Run {run.manifest.run_id} holds no dataset {name!r}. There are: {there}.")
    if damage := run.damage(name):
        raise InputError(f"{damage}, so nothing can be placed by it. Build again, or go back with `python -m pipeline use RUN`.")
    return run.manifest.datasets[name]


def _place(run: Run, name: str, customers: pd.DataFrame) -> pd.DataFrame:
    """Cluster, persona and status of each customer, by id as numbers would stand."""
    record = run.manifest.datasets[name]
    model = Model.from_table(parquet.read(run.table(name, "centres")), record.settings["scaling"])
    personas = parquet.read(run.table(name, "clusters")).set_index("cluster")["persona"]
    before = parquet.read(run.table(name, "customers")).set_index("customer_id")["persona"]
    found = clustering.assign(customers, model)
    known = customers["customer_id"]
    placed = customers.assign(
        status=known.isin(before.index).map({True: KNOWN, False: NEW}),
        persona=personas.loc[found.cluster].to_numpy(),
        persona_before=known.map(before),
        cluster=found.cluster,
        next_cluster=found.next_cluster,
        margin=found.margin,
    )
    return placed.iloc[ids.order(known)].reset_index(drop=True)


def _listing(scored: Scored) -> Listing:
    return of_frame(scored.customers, scored.columns, f"the customers of {scored.file}", scored.words)


def _about(scored: Scored) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = [("Dataset", scored.record.title), ("File", scored.file), ("Placed by run", scored.run_id)]
    if scored.record.demo:
        said.append(("Caution", "the clusters are those of made-up data"))
    if scored.as_of:
        said.append(("Recency counted to", scored.as_of))
    return [*said, ("",), *explained(scored.columns, scored.record.currency)]
