"""Staged rows sorted into those kept and those kept out, every row accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.intake import profile, report, rows, transactions
from pipeline.intake.checks import TIDIED, Check, tidied
from pipeline.intake.findings import Counts, Finding, Tally
from pipeline.intake.staged import FAULT, HASH, LINE, ORDINAL, ROW, SOURCE, Staged, cell
from pipeline.settings import Dataset, ProfileDataset, TransactionsDataset


@dataclass(frozen=True)
class Admitted:
    """The rows of one dataset, sorted out.

    Attributes:
        kept: One row per row that is used, typed (see `profile`, `transactions`), in no order.
        customers: How many they are of.
        findings: One per check.
        counts: The row law.
        filled: Feature to the value that stands where the file holds none.
    """

    kept: ir.Table
    customers: int
    findings: list[Finding]
    counts: Counts
    filled: dict[str, float]


@dataclass(frozen=True)
class Judged:
    """Rows with a verdict each.

    Attributes:
        rows: One row per row, in no order: `ORDINAL`, `HASH`, its typed values (see `profile`, `transactions`), a boolean `check_N` per
            check, and the `reason` that keeps it out or removes it as a repeat.
        checks: As they were applied.
        filled: Feature to the value that stands where the file holds none.
    """

    rows: ir.Table
    checks: list[Check]
    filled: dict[str, float]


def judge(
    connection: SQLBackend,
    staged: Staged,
    dataset: Dataset,
    *,
    work: Path,
    as_of: str | None = None,
    filled: Mapping[str, float] | None = None,
    types: Mapping[str, dt.DataType] | None = None,
) -> Judged:
    """Say of every staged row whether it is kept, and leave in `work` what `rejected` needs.

    Args:
        connection: Where the rows are read and the result is computed.
        staged: What the reader left.
        dataset: Its settings.
        work: Folder for the typed rows.
        as_of: ISO date that no order line may reach; None for no limit.
        filled: Feature to the value that stands where the file holds none; None to take this file's own, where the dataset says so.
        types: What `rows.types_of` said of more files than these; None if these are all.
    """
    raw = rows.of(connection, staged, types)
    values = tidied(raw.mutate(**{HASH: report.hashed(raw, staged)}), dataset)
    if isinstance(dataset, TransactionsDataset):
        known: dict[str, float] = {}
        typed, checks = transactions.typed(values, dataset, as_of, staged.epoch)
    else:
        own = filled is None and dataset.missing == "median"
        known = profile.medians(values, dataset) if own else dict(filled or {})
        typed, checks = profile.typed(values, dataset, known)
    judged = engine.materialise(connection, _judge(typed, checks, staged, dataset), work / "judged.parquet")
    engine.materialise(connection, _reasons(judged), _kept_out(work))
    return Judged(judged, checks, known)


def admit(connection: SQLBackend, staged: Staged, dataset: Dataset, found: Judged) -> Admitted:
    """Report on all staged rows, and take those that are used.

    Args:
        connection: Where they are.
        staged: What the reader left.
        dataset: Its settings.
        found: What `judge` said of them.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    tallies = report.tally(found.rows, found.checks)
    quoted = report.quoted(rows.of_text(connection, staged), tallies)
    different = None if dataset.duplicates == "drop" else report.different(found.rows)
    findings = report.findings(quoted, found.checks, tallies, staged, dataset, different)
    report.refuse(quoted, found.checks, tallies, findings, staged.file)
    known = tallies.by_reason.get(None, Tally()).customers or 0
    return Admitted(kept_of(found.rows), known, findings, tallies.counts(), found.filled)


def kept_of(judged: ir.Table) -> ir.Table:
    """The rows that are used, of those that `judge` returns: one row each, typed."""
    return judged.filter(judged.reason.isnull()).drop(HASH)


def rejected(connection: SQLBackend, staged: Staged, work: Path) -> ir.Table:
    """The rows kept out, once `judge` has left its judgement in `work`.

    Returns:
        One row per row kept out: source, source_row, reason, row (struct of text), line; in file order.
    """
    return in_order(kept_out(connection, staged, work))


def in_order(rows_kept_out: ir.Table) -> ir.Table:
    """Rows kept out as they are published: in file order, without their ordinals."""
    return rows_kept_out.order_by(ORDINAL).drop(ORDINAL)


def kept_out(connection: SQLBackend, staged: Staged, work: Path) -> ir.Table:
    """What `rejected` returns, in no order and with `ORDINAL`."""
    reasons = engine.open_parquet(connection, _kept_out(work))
    found = rows.of_text(connection, staged, only=reasons).inner_join(reasons, ORDINAL)
    return found.select(
        ORDINAL,
        source=SOURCE,
        source_row=ROW,
        reason="reason",
        row=ibis.struct({name: found[cell(name)] for name in staged.columns}),
        line=LINE,
    )


def _kept_out(work: Path) -> Path:
    return work / "kept_out.parquet"


def _reasons(judged: ir.Table) -> ir.Table:
    """Ordinal and reason of each row that is kept out; repeats that are removed are none."""
    return judged.filter(judged.reason.notnull() & (judged.reason != report.REPEATED_ROW)).select(ORDINAL, "reason")


def _judge(typed: ir.Table, checks: list[Check], staged: Staged, dataset: Dataset) -> ir.Table:
    """The typed values of each row, a boolean per check, and the `reason` that keeps it out or removes it as a repeat.

    What the row looked like stays behind: it is joined again, by the ordinal, for the rows that are kept out.
    """
    judged = typed.mutate(**{f"check_{at}": check.failed.fill_null(False) for at, check in enumerate(checks)})
    reasons = [(judged[f"check_{at}"], check.name) for at, check in enumerate(checks) if check.outcome == "rejected"]
    judged = judged.mutate(reason=ibis.cases(*reasons, else_=ibis.null("string")))
    if dataset.duplicates == "drop":
        judged = _repeats_out(judged, map(cell, staged.columns), report.REPEATED_ROW)
    if isinstance(dataset, ProfileDataset) and dataset.one_row_each:
        judged = _repeats_out(judged, ["customer_id"], report.REPEATED_ID)
    return judged.drop(SOURCE, ROW, FAULT, LINE, TIDIED, *map(cell, staged.columns))


def _repeats_out(judged: ir.Table, columns: Iterable[str], reason: str) -> ir.Table:
    """Keep, of rows that hold the same in all of `columns`, the first that was fit to be kept."""
    place = ibis.row_number().over(group_by=[*(judged[column] for column in columns), judged.reason], order_by=judged[ORDINAL])
    return judged.mutate(reason=(judged.reason.isnull() & (place > 0)).ifelse(reason, judged.reason))
