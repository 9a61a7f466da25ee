"""What some files of a dataset come to, and several such parts as one: the same as of all files at once."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend

from pipeline import engine
from pipeline.intake import report, rows
from pipeline.intake.admission import Judged, kept_out
from pipeline.intake.findings import Tally
from pipeline.intake.parts import Kept
from pipeline.intake.report import Tallies
from pipeline.intake.staged import HASH, ORDINAL, PLACE, Staged

# Whose rows they are can be said only of all files together.
_ADDED = ("rows", "first", "minor")


@dataclass(frozen=True)
class Counted:
    """Some rows, counted: the fields of `parts.Part` that are called the same."""

    tallies: Tallies
    quoted: dict[int, dict[str, Any]]
    span: tuple[int, int] | None
    dated: int


def count(connection: SQLBackend, staged: Staged, judged: Judged, work: Path, folder: Path) -> Counted:
    """Count rows that were judged, and write what is to be merged.

    Args:
        connection: Where they are.
        staged: The rows.
        judged: What `admission.judge` returned of them.
        work: Where it left the rest.
        folder: Gets the tables `whose`, `different` and `rejected`.
    """
    found = judged.rows
    flags = report.counted_checks(judged.checks)
    engine.materialise(connection, found.select("customer_id", "reason", *flags).distinct(), folder / "whose.parquet")
    engine.materialise(connection, kept_out(connection, staged, work), folder / "rejected.parquet")
    hashes = found.select(HASH, dated=found.time.notnull()).distinct()
    hashes = engine.materialise(connection, hashes, folder / "different.parquet")
    tallies = report.tally(found, judged.checks, _ADDED)
    ends = {"low": found.time.min(), "high": found.time.max()}
    seconds = {name: time.truncate("s").epoch_seconds() for name, time in ends.items()}
    low, high = found.aggregate(**seconds).to_pyarrow().to_pylist()[0].values()
    return Counted(
        tallies,
        report.quoted(rows.of_text(connection, staged), tallies),
        None if low is None else (low, high),
        int(hashes.dated.sum().fill_null(0).to_pyarrow().as_py()),
    )


def tallies(connection: SQLBackend, parts: Sequence[Kept]) -> Tallies:
    """The tallies of all parts together."""
    whose = report.tally(of_all(connection, parts, "whose"), parts[0].part.rules, ("customers",))
    by_reason: dict[str | None, Tally] = {}
    by_check: dict[str, Tally] = {}
    for kept in parts:
        for reason, found in kept.part.by_reason:
            by_reason[reason] = _added(by_reason.get(reason, Tally()), found, kept)
        for check, found in kept.part.by_check.items():
            by_check[check] = _added(by_check.get(check, Tally()), found, kept)
    return Tallies(
        {reason: replace(found, customers=whose.by_reason[reason].customers) for reason, found in by_reason.items()},
        {check: replace(found, customers=whose.by_check[check].customers) for check, found in by_check.items()},
    )


def quoted(parts: Iterable[Kept]) -> dict[int, dict[str, Any]]:
    """The rows that the report quotes, by their ordinals now."""
    return {_now(ordinal, kept): row for kept in parts for ordinal, row in kept.part.quoted.items()}


def different(connection: SQLBackend, parts: Sequence[Kept]) -> int:
    """How many rows differ: those of equal times are compared, and rows without a time with each other."""
    undated = of_all(connection, parts, "different").filter(lambda row: ~row.dated)
    found = int(undated[HASH].nunique().to_pyarrow().as_py())
    for together in _overlapping(parts):
        if len(together) == 1:
            found += together[0].part.dated
        else:
            dated = of_all(connection, together, "different").filter(lambda row: row.dated)
            found += int(dated[HASH].nunique().to_pyarrow().as_py())
    return found


def rejected(connection: SQLBackend, parts: Sequence[Kept]) -> ir.Table:
    """The rows kept out, as `admission.kept_out` has them."""
    stayed = [kept for kept in parts if all(then == now for then, now in kept.moved.items())]
    tables = [of_all(connection, stayed, "rejected")] if stayed else []
    for kept in parts:
        if kept not in stayed:
            table = of_all(connection, [kept], "rejected")
            place = table[ORDINAL] // PLACE
            moved = ibis.cases(*((place == then, (now - then) * PLACE) for then, now in kept.moved.items()), else_=0)
            tables.append(table.mutate(**{ORDINAL: table[ORDINAL] + moved}))
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _overlapping(parts: Sequence[Kept]) -> list[list[Kept]]:
    """Parts with times, those together whose spans of time have a second in common, directly or by way of others."""
    spans = [(kept.part.span, kept) for kept in parts if kept.part.span]
    groups: list[list[Kept]] = []
    latest = -math.inf
    for (low, high), kept in sorted(spans, key=lambda found: found[0]):
        if groups and low <= latest:
            groups[-1].append(kept)
        else:
            groups.append([kept])
        latest = max(latest, high)
    return groups


def _added(found: Tally, more: Tally, kept: Kept) -> Tally:
    firsts = [first for first in (found.first, None if more.first is None else _now(more.first, kept)) if first is not None]
    minors = [minor for minor in (found.minor, more.minor) if minor is not None]
    return Tally(found.rows + more.rows, min(firsts, default=None), minor=sum(minors) if minors else None)


def _now(ordinal: int, kept: Kept) -> int:
    place, row = divmod(ordinal, PLACE)
    return kept.moved[place] * PLACE + row


def of_all(connection: SQLBackend, parts: Sequence[Kept], table: str) -> ir.Table:
    """The rows that one of `parts.TABLES` has in all parts."""
    return engine.open_parquet(connection, *(kept.table(table) for kept in parts))
