"""The data-quality report worked out: how many rows each check concerns, the first of them, and the row law."""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from pipeline.errors import InputError
from pipeline.intake.checks import Check
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, Staged, cell
from pipeline.settings import Dataset, ProfileDataset

# Reasons that come of comparing rows, beside those of the checks.
REPEATED_ID = "the customer id stands in an earlier row"
REPEATED_ROW = "the row repeats an earlier one exactly"

# A column of which more than this cannot be understood is the wrong column, or is written in an undeclared way.
MOST_UNREADABLE = 0.05
# Characters of a value that the report repeats.
LONGEST_QUOTED = 80


@dataclass(frozen=True)
class Tally:
    """How many rows, the ordinal of the first, whose customers' they are, and what they come to in minor units."""

    rows: int = 0
    first: int | None = None
    customers: int | None = None
    minor: int | None = None


@dataclass(frozen=True)
class Tallies:
    """Every row counted.

    Attributes:
        by_reason: Each row once, under the reason that keeps it out; None for those kept.
        by_check: For checks that do not keep rows out, and for those of values that cannot be understood, every row that fails.
    """

    by_reason: dict[str | None, Tally]
    by_check: dict[str, Tally]

    def counts(self) -> Counts:
        """The row law."""
        read = sum(tally.rows for tally in self.by_reason.values())
        kept, duplicates = (self.by_reason.get(reason, Tally()).rows for reason in (None, REPEATED_ROW))
        return Counts(read=read, kept=kept, rejected=read - kept - duplicates, duplicates=duplicates)


def tally(rows: ir.Table, checks: list[Check]) -> Tallies:
    """Count rows, which hold `ORDINAL`, `customer_id`, `reason`, a boolean `check_N` per check, and `amount_minor` for order lines."""
    grouped = rows.group_by("reason").aggregate(**_measures(rows, None))
    by_reason = {row.pop("reason"): Tally(**row) for row in grouped.to_pyarrow().to_pylist()}
    counted = {f"check_{at}": check.name for at, check in enumerate(checks) if check.outcome != "rejected" or check.unreadable}
    measures = {f"{column} {name}": measure for column in counted for name, measure in _measures(rows, rows[column]).items()}
    measured = rows.aggregate(**measures).to_pyarrow().to_pylist()[0] if measures else {}
    by_check = {
        check: Tally(**{name.removeprefix(f"{column} "): value for name, value in measured.items() if name.startswith(f"{column} ")})
        for column, check in counted.items()
    }
    return Tallies(by_reason, by_check)


def _measures(rows: ir.Table, where: ir.BooleanValue | None) -> dict[str, ir.Value]:
    """The parts of a `Tally`."""
    measures = {
        "rows": rows.count(where=where),
        "first": rows[ORDINAL].min(where=where),
        "customers": rows.customer_id.nunique(where=where),
    }
    # A decimal: in 64 bits the sum of lines that are kept out for their size might not fit.
    return measures | ({"minor": rows.amount_minor.cast("decimal(38, 0)").sum(where=where)} if "amount_minor" in rows.columns else {})


def different(rows: ir.Table, staged: Staged) -> int:
    """How many rows differ, by 64-bit hashes: the rows themselves would be the largest thing that a build ever holds."""
    # The text of rows that could not be taken apart tells them apart.
    values = {name: rows[cell(name)] for name in staged.columns} | {LINE: rows[LINE]}
    return int(ibis.struct(values).hash().nunique().to_pyarrow().as_py())


def findings(
    texts: ir.Table, checks: list[Check], tallies: Tallies, staged: Staged, dataset: Dataset, different: int | None
) -> list[Finding]:
    """The report: every check in the order of checking, then repeats, then the header.

    Args:
        texts: The rows, for the values that are quoted.
        checks: As they were applied.
        tallies: What came of them.
        staged: What was understood of the header.
        dataset: Its settings.
        different: How many rows differ; None where repeats have been removed.
    """
    read = tallies.counts().read
    lines = [(check.name, str(check.outcome), _of(check, tallies), check.shows) for check in checks]
    if isinstance(dataset, ProfileDataset):
        lines.append((REPEATED_ID, "rejected", tallies.by_reason.get(REPEATED_ID, Tally()), dataset.customer_id))
    if different is None:
        lines.append((REPEATED_ROW, "removed", tallies.by_reason.get(REPEATED_ROW, Tally()), None))
    else:
        lines.append((REPEATED_ROW, "warned", Tally(read - different), None))
    quoted = _quoted(texts, {found.first for _, _, found, _ in lines if found.first is not None})
    report = []
    for name, outcome, found, shows in lines:
        example = "" if found.first is None else _example(quoted[found.first], shows)
        report.append(Finding(name, outcome, found.rows, found.rows / max(read, 1), example, *_affected(found, dataset)))
    report += [Finding(found.check, found.outcome, found.rows, found.rows / max(read, 1), found.example) for found in staged.remarks]
    report.append(Finding("a column is understood under another name", "normalised", 0, 0.0, ", ".join(staged.renamed)))
    report.append(Finding("a column is not used", "warned", 0, 0.0, ", ".join(staged.extra)))
    return report


def refuse(texts: ir.Table, checks: list[Check], tallies: Tallies, report: list[Finding], file: str) -> None:
    """Refuse a file that was not understood.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    counts = tallies.counts()
    for check in checks:
        failed = tallies.by_check.get(check.name, Tally())
        if check.unreadable and failed.first is not None and failed.rows > MOST_UNREADABLE * counts.read:
            example = _example(_quoted(texts, {failed.first})[failed.first], check.shows)
            raise InputError(
                f"{file}: {check.name} in {failed.rows:,} rows, {failed.rows / counts.read:.1%} of them (first: {example}). "
                "Correct the column, or declare how it is written in datasets.toml."
            )
    if counts.kept == 0:
        worst = max((found for found in report if found.outcome == "rejected"), key=lambda found: found.rows)
        raise InputError(
            f"{file}: none of its {counts.read:,} rows can be used. In {worst.rows:,}, {worst.check} "
            f"(first: {worst.example}). Correct the file, or its columns in datasets.toml."
        )


def _affected(found: Tally, dataset: Dataset) -> tuple[int | None, float | None]:
    """Customers and revenue of a `Finding`; nothing where no row is concerned."""
    if not found.rows or found.minor is None or isinstance(dataset, ProfileDataset):
        return found.customers if found.rows else None, None
    return found.customers, float(found.minor) / dataset.minor_units


def _of(check: Check, tallies: Tallies) -> Tally:
    kept_out = check.outcome == "rejected"
    return tallies.by_reason.get(check.name, Tally()) if kept_out else tallies.by_check[check.name]


def _quoted(texts: ir.Table, ordinals: set[int]) -> dict[int, dict[str, Any]]:
    """The few rows that the report quotes, by ordinal."""
    if not ordinals:
        return {}
    return {row[ORDINAL]: row for row in texts.filter(texts[ORDINAL].isin(sorted(ordinals))).to_pyarrow().to_pylist()}


def _example(row: dict[str, Any], shows: str | None) -> str:
    place = f"{row[SOURCE]}, row {row[ROW]}"
    if shows is None:
        return place
    value = " ".join((row[shows if shows == FAULT else cell(shows)] or "").split()) or "nothing"
    return f"{place}: {value[:LONGEST_QUOTED]}"
