"""Staged rows sorted into those kept and those kept out, every row accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.intake import profile, report, rows, transactions
from pipeline.intake.checks import TIDIED, Check, tidied
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, Staged, cell
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


def admit(
    connection: SQLBackend,
    staged: Staged,
    dataset: Dataset,
    *,
    work: Path,
    as_of: str | None = None,
    filled: Mapping[str, float] | None = None,
) -> Admitted:
    """Check every staged row.

    Args:
        connection: Where the rows are read and the result is computed.
        staged: What the reader left.
        dataset: Its settings.
        work: Folder for the typed rows.
        as_of: ISO date that no order line may reach; None for no limit.
        filled: Feature to the value that stands where the file holds none; None to take this file's own, where the dataset says so.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    raw = rows.of(connection, staged)
    values = tidied(raw, dataset)
    if isinstance(dataset, TransactionsDataset):
        known: dict[str, float] = {}
        typed, checks = transactions.typed(values, dataset, as_of, staged.epoch)
    else:
        own = filled is None and dataset.missing == "median"
        known = profile.medians(values, dataset) if own else dict(filled or {})
        typed, checks = profile.typed(values, dataset, known)
    judged = engine.materialise(connection, _judge(typed, checks, staged, dataset), work / "judged.parquet")
    engine.materialise(connection, _reasons(judged), _kept_out(work))
    tallies = report.tally(judged, checks)
    texts = rows.of_text(connection, staged)
    different = None if dataset.duplicates == "drop" else report.different(raw, staged)
    findings = report.findings(texts, checks, tallies, staged, dataset, different)
    report.refuse(texts, checks, tallies, findings, staged.file)
    kept = judged.filter(judged.reason.isnull())
    return Admitted(kept, tallies.by_reason.get(None, report.Tally()).customers or 0, findings, tallies.counts(), known)


def rejected(connection: SQLBackend, staged: Staged, work: Path) -> ir.Table:
    """The rows kept out, once `admit` has left its judgement in `work`.

    Returns:
        One row per row kept out: source, source_row, reason, row (struct of text), line; in file order.
    """
    reasons = engine.open_parquet(connection, _kept_out(work))
    kept_out = rows.of_text(connection, staged, only=reasons).inner_join(reasons, ORDINAL).order_by(ORDINAL)
    return kept_out.select(
        source=SOURCE,
        source_row=ROW,
        reason="reason",
        row=ibis.struct({name: kept_out[cell(name)] for name in staged.columns}),
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
    if isinstance(dataset, ProfileDataset):
        judged = _repeats_out(judged, ["customer_id"], report.REPEATED_ID)
    return judged.drop(SOURCE, ROW, FAULT, LINE, TIDIED, *map(cell, staged.columns))


def _repeats_out(judged: ir.Table, columns: Iterable[str], reason: str) -> ir.Table:
    """Keep, of rows that hold the same in all of `columns`, the first that was fit to be kept."""
    place = ibis.row_number().over(group_by=[*(judged[column] for column in columns), judged.reason], order_by=judged[ORDINAL])
    return judged.mutate(reason=(judged.reason.isnull() & (place > 0)).ifelse(reason, judged.reason))
