"""Staged rows sorted into those kept and those kept out, every row accounted for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from pipeline import engine
from pipeline.catalogue import Dataset, ProfileDataset, TransactionsDataset
from pipeline.errors import InputError
from pipeline.intake.checks import CELLS, Check, typed_profile, typed_transactions
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import FAULT, LINE, ORDINAL, OWN, ROW, SOURCE, Staged

# A column of which more than this cannot be understood is the wrong column, or is written in an undeclared way.
MOST_UNREADABLE = 0.05
REPEATED_ID = "the customer id stands in an earlier row"
REPEATED_ROW = "the row repeats an earlier one exactly"


@dataclass(frozen=True)
class Admitted:
    """The rows of one dataset, sorted out.

    Attributes:
        kept: One row per row that is used, typed (see `checks`), in no order.
        rejected: One row per row kept out: source, source_row, reason, row (struct of text), line; in file order.
        findings: One per check.
        counts: The row law.
    """

    kept: ir.Table
    rejected: ir.Table
    findings: list[Finding]
    counts: Counts


def admit(connection: Backend, staged: Staged, dataset: Dataset, *, work: Path, as_of: str | None = None) -> Admitted:
    """Check every staged row.

    Args:
        connection: Where the rows are read and the result is computed.
        staged: What the reader left.
        dataset: Its settings.
        work: Folder for the typed rows.
        as_of: ISO date that no order line may reach; None for no limit.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    read = connection.read_parquet([str(path) for path in staged.files], union_by_name=True)
    raw = read.select(*OWN, **{CELLS: ibis.struct({name: read[name] for name in staged.columns})})
    typed, checks = typed_transactions(raw, dataset, as_of) if isinstance(dataset, TransactionsDataset) else typed_profile(raw, dataset)
    rows = engine.materialise(connection, _judge(typed, checks, dataset), work / "judged.parquet")
    counts = _count(rows)
    findings = [*_findings(rows, raw, checks, counts, dataset), *_header_findings(staged)]
    _refuse_unreadable(findings, checks, staged.file)
    if counts.kept == 0:
        worst = max((finding for finding in findings if finding.outcome == "rejected"), key=lambda finding: finding.rows)
        raise InputError(
            f"{staged.file}: none of its {counts.read:,} rows can be used. In {worst.rows:,}, {worst.check} "
            f"(first: {worst.example}). Correct the file, or its columns in datasets.toml."
        )
    kept_out = raw.inner_join(rows.filter(rows.reason.notnull()).select(ORDINAL, "reason"), ORDINAL).order_by(ORDINAL)
    return Admitted(
        kept=rows.filter(rows.reason.isnull() & ~rows.removed),
        rejected=kept_out.select(source=SOURCE, source_row=ROW, reason="reason", row=CELLS, line=LINE),
        findings=findings,
        counts=counts,
    )


def _judge(typed: ir.Table, checks: list[Check], dataset: Dataset) -> ir.Table:
    """The typed values of each row, a boolean per check, the `reason` that keeps it out, and whether it is `removed` as a repeat.

    What the row looked like stays behind: it is joined again, by the ordinal, for the rows that are kept out.
    """
    rows = typed.mutate(**{f"check_{at}": check.failed.fill_null(False) for at, check in enumerate(checks)})
    reasons = [(rows[f"check_{at}"], check.name) for at, check in enumerate(checks) if check.outcome == "rejected"]
    rows = rows.mutate(reason=ibis.cases(*reasons, else_=ibis.null("string")), removed=False)
    if dataset.duplicates == "drop":
        rows = rows.mutate(removed=rows.reason.isnull() & _follows(rows, CELLS))
    if isinstance(dataset, ProfileDataset):
        again = rows.reason.isnull() & ~rows.removed & _follows(rows, "customer_id")
        rows = rows.mutate(reason=again.ifelse(REPEATED_ID, rows.reason))
    return rows.drop(SOURCE, ROW, FAULT, LINE, CELLS)


def _follows(rows: ir.Table, column: str) -> ir.BooleanValue:
    """Whether an earlier row that was fit to be kept holds the same in `column`."""
    return ibis.row_number().over(group_by=[rows[column], rows.reason, rows.removed], order_by=rows[ORDINAL]) > 0


def _count(rows: ir.Table) -> Counts:
    counted = rows.aggregate(read=rows.count(), rejected=rows.reason.count(), duplicates=rows.removed.sum().fill_null(0)).execute().iloc[0]
    read, rejected, duplicates = int(counted["read"]), int(counted["rejected"]), int(counted["duplicates"])
    return Counts(read=read, kept=read - rejected - duplicates, rejected=rejected, duplicates=duplicates)


def _findings(rows: ir.Table, raw: ir.Table, checks: list[Check], counts: Counts, dataset: Dataset) -> list[Finding]:
    """Every check with its rows: those kept out are counted once, under the first reason that fits."""
    conditions: list[tuple[str, str, ir.BooleanValue, str | None]] = []
    for at, check in enumerate(checks):
        failed = rows.reason == check.name if check.outcome == "rejected" else rows[f"check_{at}"]
        conditions.append((check.name, check.outcome, failed, check.shows))
    if isinstance(dataset, ProfileDataset):
        conditions.append((REPEATED_ID, "rejected", rows.reason == REPEATED_ID, dataset.customer_id))
    if dataset.duplicates == "drop":
        conditions.append((REPEATED_ROW, "removed", rows.removed, None))
    measures: dict[str, ir.Value] = {}
    for at, (_, _, failed, _) in enumerate(conditions):
        measures[f"rows_{at}"] = failed.fill_null(False).sum()
        measures[f"first_{at}"] = rows[ORDINAL].min(where=failed)
    measured = rows.aggregate(**measures).execute().iloc[0]
    firsts = {at: int(measured[f"first_{at}"]) for at in range(len(conditions)) if measured[f"rows_{at}"]}
    shown = _shown(raw, set(firsts.values()))
    findings = []
    for at, (name, outcome, _, shows) in enumerate(conditions):
        count = int(measured[f"rows_{at}"])
        findings.append(Finding(name, outcome, count, count / counts.read, _example(shown[firsts[at]], shows) if count else ""))
    if dataset.duplicates == "keep":
        # By 64-bit hashes: the rows themselves would be the largest thing that a build ever holds.
        repeats = counts.read - int(raw[CELLS].hash().nunique().execute())
        findings.append(Finding(REPEATED_ROW, "warned", repeats, repeats / counts.read, ""))
    return findings


def _shown(raw: ir.Table, ordinals: set[int]) -> dict[int, dict[str, Any]]:
    """The few rows that the report quotes, by ordinal."""
    if not ordinals:
        return {}
    found = raw.filter(raw[ORDINAL].isin(sorted(ordinals))).to_pyarrow().to_pylist()
    return {row[ORDINAL]: row for row in found}


def _example(row: dict[str, Any], shows: str | None) -> str:
    place = f"{row[SOURCE]}, row {row[ROW]}"
    return place if shows is None else f"{place}: {row[CELLS][shows] or 'nothing'}"


def _header_findings(staged: Staged) -> list[Finding]:
    return [
        Finding("a column is understood under another name", "normalised", 0, 0.0, ", ".join(staged.renamed)),
        Finding("a column is not used", "warned", 0, 0.0, ", ".join(staged.extra)),
    ]


def _refuse_unreadable(findings: list[Finding], checks: list[Check], file: str) -> None:
    for check in checks:
        finding = next(found for found in findings if found.check == check.name)
        if check.unreadable and finding.share > MOST_UNREADABLE:
            raise InputError(
                f"{file}: {check.name} in {finding.rows:,} rows, {finding.share:.1%} of them (first: {finding.example}). "
                "Correct the column, or declare how it is written in datasets.toml."
            )
