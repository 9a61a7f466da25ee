"""What the engine does of one dataset: from a file to customers with their features, and the tables of rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engines import Engine
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import Layout, Staged
from pipeline.manifest import TableRecord
from pipeline.meter import Meter, Report
from pipeline.settings import Dataset, ProfileDataset, TransactionsDataset

# The engine is loaded inside the functions: they run in a process of their own, and the one that calls for them has no use for it.
if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table

    from pipeline import schema
    from pipeline.intake.admission import Admitted


@dataclass(frozen=True)
class Measured:
    """A dataset's customers, and how its file fared.

    Attributes:
        staged: Its rows of text.
        counts: The row law.
        findings: The data-quality report.
        as_of: The day that recency is counted to; None without orders.
        customers: Parquet file: one row per customer with features, sorted by `customer_id`.
        filled: Feature to the value that stands where the file held none.
        seconds: Stage to seconds.
        kept_out: Parquet file: rows kept out, as `admission.kept_out` has them; None where they have to be read again.
        parts: Folders of what is kept of its files for later builds.
    """

    staged: Staged
    counts: Counts
    findings: list[Finding]
    as_of: date | None
    customers: Path
    filled: dict[str, float]
    seconds: dict[str, float]
    kept_out: Path | None = None
    parts: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Written:
    """Tables of rows that were written, and the seconds it took."""

    tables: dict[str, TableRecord]
    seconds: dict[str, float]


def check(
    report: Report, name: str, dataset: Dataset, paths: Sequence[Path | str], work: Path, as_of: date | None
) -> tuple[Counts, list[Finding]]:
    """Read and check files, and keep nothing.

    Raises:
        InputError: If a build would refuse them for what their rows hold.
    """
    with _admitted(Meter(name, report), dataset, paths, work, as_of) as (_, staged, admitted):
        if isinstance(dataset, TransactionsDataset):
            _sales(staged, admitted, dataset)
        return admitted.counts, admitted.findings


def measure(
    report: Report,
    name: str,
    dataset: Dataset,
    paths: Sequence[Path | str],
    work: Path,
    as_of: date | None,
    filled: Mapping[str, float] | None = None,
    by: Engine = "duckdb",
) -> Measured:
    """Read and check a dataset's files and derive its customers' features.

    Args:
        report: Hears of the stages.
        name: The dataset's.
        dataset: Its settings.
        paths: Its files.
        work: Folder for everything in between, which is made; `write_rows` finds it there.
        as_of: The day that recency is counted to; None for the day after the last order.
        filled: What stands for missing features; None to find it out, where the dataset says so.
        by: The engine that computes it.

    Raises:
        InputError: If the files do not allow it.
    """
    from pipeline import buyers, engine
    from pipeline.features import profile, transactions

    meter = Meter(name, report)
    with _admitted(meter, dataset, paths, work, as_of, filled, by) as (connection, staged, admitted), meter.stage("features"):
        findings, measured, counted_to = list(admitted.findings), work / "customers.parquet", None
        if isinstance(dataset, ProfileDataset):
            engine.bring(connection, profile.customers(admitted.kept, dataset), measured)
        else:
            lines, last_day = _sales(staged, admitted, dataset)
            counted_to = as_of or transactions.default_as_of(last_day)
            buyers.write(connection, transactions.orders(lines), dataset, counted_to, work)
            findings += buyers.findings(admitted.customers, measured)
    return Measured(staged, admitted.counts, findings, counted_to, measured, admitted.filled, meter.seconds)


def row_tables(dataset: Dataset) -> tuple[str, ...]:
    """The tables that go from the engine straight to disk."""
    return ("rejected",) if isinstance(dataset, ProfileDataset) else ("rejected", "orders")


def write_rows(
    report: Report,
    name: str,
    dataset: Dataset,
    staged: Staged,
    work: Path,
    folder: Path,
    tables: Sequence[str],
    by: Engine = "duckdb",
    kept_out: Path | None = None,
) -> Written:
    """Write tables that go from the engine straight to disk.

    Args:
        report: Hears of the stage.
        name: The dataset's.
        dataset: Its settings.
        staged: Its rows of text.
        work: What `measure` left.
        folder: Where the tables go.
        tables: Which of `row_tables`.
        by: The engine that measured it.
        kept_out: As `Measured` has it.
    """
    from pipeline import engine, schema
    from pipeline.features import transactions
    from pipeline.intake import admission

    meter = Meter(name, report)
    with connected(staged, work, by) as connection, meter.stage("writing"):
        rows = {}
        if "rejected" in tables:
            there = admission.in_order(engine.open_parquet(connection, kept_out)) if kept_out else None
            rows["rejected"] = admission.rejected(connection, staged, work) if there is None else there
        if "orders" in tables and not isinstance(dataset, ProfileDataset):
            rows["orders"] = transactions.published_orders(engine.open_parquet(connection, work / "orders.parquet"), dataset)
        expected = schema.tables(dataset.kind, {}, staged.columns)
        written = write_tables(folder, [expected[table] for table in rows], rows)
    return Written(written, meter.seconds)


def write_tables(folder: Path, tables: "Iterable[schema.Table]", rows: "Mapping[str, Table]") -> dict[str, TableRecord]:
    """Write tables as the engine has worked them out, in the published types.

    Args:
        folder: Where they go.
        tables: What they are to be.
        rows: By name; a table that has none is written without.
    """
    from pipeline import parquet

    return {table.name: parquet.write(folder, table, _batches(rows[table.name], table) if table.name in rows else ()) for table in tables}


def _batches(rows: "Table", table: "schema.Table") -> "Iterator[pa.RecordBatch]":
    from pipeline import parquet

    # As many at a time as are written at a time: a million of them would be held twice.
    for batch in rows.to_pyarrow_batches(chunk_size=parquet.ROW_GROUP):
        yield batch.cast(table.arrow)


@contextmanager
def _admitted(
    meter: Meter,
    dataset: Dataset,
    paths: Sequence[Path | str],
    work: Path,
    as_of: date | None,
    filled: Mapping[str, float] | None = None,
    by: Engine = "duckdb",
) -> "Iterator[tuple[SQLBackend, Staged, Admitted]]":
    """Files read and checked, and the connection that their rows are asked of."""
    from pipeline.intake import reading

    with meter.stage("reading"):
        work.mkdir(parents=True)
        here = [path for path in paths if isinstance(path, Path)]
        layout = reading.layout_of(dataset)
        staged = reading.stage_all(here, layout, work) if here else _distant(paths, layout, work)
    # Only now, that the files have been taken apart and their memory is free again.
    from pipeline.intake.admission import admit, judge

    with connected(staged, work, by) as connection:
        with meter.stage("checking"):
            judged = judge(connection, staged, dataset, work=work, as_of=as_of.isoformat() if as_of else None, filled=filled)
            admitted = admit(connection, staged, dataset, judged)
        yield connection, staged, admitted


def _distant(addresses: Sequence[Path | str], layout: Layout, work: Path) -> Staged:
    """Files that are at addresses: nothing but Spark is connected to those."""
    from pipeline.engines import spark
    from pipeline.intake import distant

    with spark.connect(work) as connection:
        return distant.stage(connection, [str(address) for address in addresses], layout, work)


@contextmanager
def connected(staged: Staged, work: Path, by: Engine) -> "Iterator[SQLBackend]":
    """The engine, which reads some files only when it is asked for their rows.

    Raises:
        InputError: If one of these is damaged.
    """
    from duckdb import Error

    from pipeline import engine
    from pipeline.intake import columnar

    try:
        with engine.connect(work, by) as connection:
            yield connection
    except Error:
        columnar.refuse_damaged(staged.in_place, work)
        raise


def _sales(staged: Staged, admitted: "Admitted", dataset: TransactionsDataset) -> "tuple[Table, date]":
    """The lines that count as buying, and the day of the last purchase.

    Raises:
        InputError: If there is none.
    """
    from pipeline import buyers
    from pipeline.features import transactions

    lines = transactions.sales(admitted.kept, dataset)
    return lines, buyers.last_day(transactions.last_day(lines), staged, admitted.counts)
