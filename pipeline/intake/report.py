"""The data-quality report worked out: how many rows each check concerns, the first of them, and the row law."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from pipeline.errors import InputError
from pipeline.intake.findings import Counts, Finding, Outcome, Tally
from pipeline.intake.staged import FAULT, HASH, LINE, ORDINAL, ROW, SOURCE, Staged, cell
from pipeline.settings import Dataset, ProfileDataset

# Reasons that come of comparing rows, beside those of the checks.
REPEATED_ID = "the customer id stands in an earlier row"
REPEATED_ROW = "the row repeats an earlier one exactly"

# A column of which more than this cannot be understood is the wrong column, or is written in an undeclared way.
MOST_UNREADABLE = 0.05
# Characters of a value that the report repeats.
LONGEST_QUOTED = 80


# The parts of a `Tally`.
MEASURES = ("rows", "first", "customers", "minor")


class Rule(Protocol):
    """What the report has to know of a check: all but the expression."""

    @property
    def name(self) -> str:
        """What is wrong, in words."""

    @property
    def outcome(self) -> Outcome:
        """What becomes of such a row."""

    @property
    def shows(self) -> str | None:
        """The column whose value is quoted, or `FAULT`."""

    @property
    def unreadable(self) -> bool:
        """Whether the value could not be understood."""


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

    def firsts(self) -> set[int]:
        """The ordinals of first rows, but for that of the rows that are kept."""
        kept_out = [found for reason, found in self.by_reason.items() if reason is not None]
        return {found.first for found in (*kept_out, *self.by_check.values()) if found.first is not None}


def counted_checks(rules: Sequence[Rule]) -> dict[str, str]:
    """Column of the judged rows to check, of those checks that `Tallies.by_check` has."""
    return {f"check_{at}": rule.name for at, rule in enumerate(rules) if rule.outcome != "rejected" or rule.unreadable}


def tally(rows: ir.Table, rules: Sequence[Rule], of: Sequence[str] = MEASURES) -> Tallies:
    """Count rows, which hold `ORDINAL`, `customer_id`, `reason`, a boolean `check_N` per check, and `amount_minor` for order lines.

    Args:
        rows: The rows; only those columns are needed that `of` needs.
        rules: The checks.
        of: Which of `MEASURES`.
    """
    grouped = rows.group_by("reason").aggregate(**_measures(rows, None, of))
    by_reason = {row.pop("reason"): _tally(row) for row in grouped.to_pyarrow().to_pylist()}
    counted = counted_checks(rules)
    measures = {f"{column} {name}": measure for column in counted for name, measure in _measures(rows, rows[column], of).items()}
    measured = rows.aggregate(**measures).to_pyarrow().to_pylist()[0] if measures else {}
    by_check = {
        check: _tally({name.removeprefix(f"{column} "): value for name, value in measured.items() if name.startswith(f"{column} ")})
        for column, check in counted.items()
    }
    return Tallies(by_reason, by_check)


def _tally(measured: dict[str, Any]) -> Tally:
    # What engines add up as decimals are whole numbers here.
    return Tally(**{name: None if value is None else int(value) for name, value in measured.items()})  # type: ignore[arg-type] # rows are never None


def _measures(rows: ir.Table, where: ir.BooleanValue | None, of: Sequence[str]) -> dict[str, ir.Value]:
    measures = {
        "rows": lambda: rows.count(where=where),
        "first": lambda: rows[ORDINAL].min(where=where),
        "customers": lambda: rows.customer_id.nunique(where=where),
        # A decimal: in 64 bits the sum of lines that are kept out for their size might not fit.
        "minor": lambda: rows.amount_minor.cast("decimal(38, 0)").sum(where=where),
    }
    return {name: measures[name]() for name in of if name != "minor" or "amount_minor" in rows.columns}


def different(judged: ir.Table) -> int:
    """How many rows differ, by their hashes."""
    return int(judged[HASH].nunique().to_pyarrow().as_py())


def hashed(rows: ir.Table, staged: Staged) -> ir.IntegerValue:
    """64 bits that tell rows apart: the rows themselves would be the largest thing that a build ever holds."""
    # The text of rows that could not be taken apart tells them apart.
    values = {name: rows[cell(name)] for name in staged.columns} | {LINE: rows[LINE]}
    return ibis.struct(values).hash()


def findings(
    quoted: Mapping[int, dict[str, Any]],
    rules: Sequence[Rule],
    tallies: Tallies,
    staged: Staged,
    dataset: Dataset,
    different: int | None,
) -> list[Finding]:
    """The report: every check in the order of checking, then repeats, then the header.

    Args:
        quoted: What `quoted` returns.
        rules: The checks, as they were applied.
        tallies: What came of them.
        staged: What was understood of the header.
        dataset: Its settings.
        different: How many rows differ; None where repeats have been removed.
    """
    read = tallies.counts().read
    lines = [(rule.name, str(rule.outcome), _of(rule, tallies), rule.shows) for rule in rules]
    if isinstance(dataset, ProfileDataset):
        lines.append((REPEATED_ID, "rejected", tallies.by_reason.get(REPEATED_ID, Tally()), dataset.customer_id))
    if different is None:
        lines.append((REPEATED_ROW, "removed", tallies.by_reason.get(REPEATED_ROW, Tally()), None))
    else:
        lines.append((REPEATED_ROW, "warned", Tally(read - different), None))
    report = []
    for name, outcome, found, shows in lines:
        example = "" if found.first is None else _example(quoted[found.first], shows)
        report.append(Finding(name, outcome, found.rows, found.rows / max(read, 1), example, *_affected(found, dataset)))
    report += [Finding(found.check, found.outcome, found.rows, found.rows / max(read, 1), found.example) for found in staged.remarks]
    report.append(Finding("a column is understood under another name", "normalised", 0, 0.0, ", ".join(staged.renamed)))
    report.append(Finding("a column is not used", "warned", 0, 0.0, ", ".join(staged.extra)))
    return report


def refuse(quoted: Mapping[int, dict[str, Any]], rules: Sequence[Rule], tallies: Tallies, report: list[Finding], file: str) -> None:
    """Refuse a file that was not understood.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    counts = tallies.counts()
    for rule in rules:
        failed = tallies.by_check.get(rule.name, Tally())
        if rule.unreadable and failed.first is not None and failed.rows > MOST_UNREADABLE * counts.read:
            example = _example(quoted[failed.first], rule.shows)
            raise InputError(
                f"{file}: {rule.name} in {failed.rows:,} rows, {failed.rows / counts.read:.1%} of them (first: {example}). "
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


def _of(rule: Rule, tallies: Tallies) -> Tally:
    kept_out = rule.outcome == "rejected"
    return tallies.by_reason.get(rule.name, Tally()) if kept_out else tallies.by_check[rule.name]


def quoted(texts: ir.Table, tallies: Tallies) -> dict[int, dict[str, Any]]:
    """The few rows that the report quotes, by ordinal."""
    ordinals = sorted(tallies.firsts())
    return {row[ORDINAL]: row for row in texts.filter(texts[ORDINAL].isin(ordinals)).to_pyarrow().to_pylist()} if ordinals else {}


def _example(row: dict[str, Any], shows: str | None) -> str:
    place = f"{row[SOURCE]}, row {row[ROW]}"
    if shows is None:
        return place
    value = " ".join((row[shows if shows == FAULT else cell(shows)] or "").split()) or "nothing"
    return f"{place}: {value[:LONGEST_QUOTED]}"
