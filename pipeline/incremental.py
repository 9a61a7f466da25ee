"""Order lines of several files, of which only those are read that no part is kept of: the same as if all were read."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import measuring
from pipeline.artifacts import sha256
from pipeline.engines import Engine
from pipeline.intake.source import Source, Sources
from pipeline.measuring import Measured
from pipeline.meter import Meter, Report
from pipeline.settings import Dataset, TransactionsDataset

# The engine is loaded inside the functions: as in `measuring`.
if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    from ibis.backends.sql import SQLBackend

    from pipeline.intake.findings import Counts, Finding
    from pipeline.intake.fresh import Fresh, Plan
    from pipeline.intake.parts import Cache, Kept


@dataclass(frozen=True)
class _Asked:
    """What parts are made by."""

    dataset: TransactionsDataset
    as_of: date | None
    plan: "Plan"
    types: "Mapping[str, dt.DataType]"
    cache: "Cache"


def applies(dataset: Dataset, sources: Sources, engine: Engine) -> bool:
    """Whether parts can be kept of a dataset: order lines of a folder or a pattern, where no row is removed for what another file holds."""
    several = sources.path != sources.files[0].path
    return isinstance(dataset, TransactionsDataset) and several and engine == "duckdb" and dataset.duplicates == "keep"


def measure(
    report: Report, name: str, dataset: TransactionsDataset, files: Sequence[Source], work: Path, as_of: date | None, cache: "Cache"
) -> Measured:
    """Do what `measuring.measure` does, and keep what was found out of each file for later builds.

    Args:
        report: Hears of the stages.
        name: The dataset's.
        dataset: Its settings.
        files: In their order.
        work: Folder for everything in between, which is made, on the disk of the cache.
        as_of: The day that recency is counted to; None for the day after the last order.
        cache: Where parts are kept.

    Raises:
        InputError: If the files do not allow it.
    """
    from pipeline.intake import fresh, reading

    meter = Meter(name, report)
    with meter.stage("reading"):
        work.mkdir(parents=True)
        plan = fresh.plan(files, reading.layout_of(dataset), cache, work)
    # Only now, that the files have been taken apart and their memory is free again.
    from pipeline import buyers, engine
    from pipeline.features import transactions
    from pipeline.intake import partial

    with measuring.connected(plan.rows(plan.fresh) if plan.fresh else plan.whole, work, "duckdb") as connection:
        with meter.stage("checking"):
            kept = _parts(connection, plan, dataset, as_of, work, cache)
            customers, counts, findings = _together(connection, kept, plan, dataset)
            kept_out = work / "rejected.parquet"
            engine.materialise(connection, partial.rejected(connection, kept), kept_out)
        with meter.stage("features"):
            day = buyers.last_day(max((one.part.last_day for one in kept if one.part.last_day), default=None), plan.whole, counts)
            counted_to = as_of or transactions.default_as_of(day)
            orders = transactions.in_floats(transactions.added_up(partial.of_all(connection, kept, "orders")))
            buyers.write(connection, orders, dataset, counted_to, work)
            measured = work / "customers.parquet"
            findings += buyers.findings(customers, measured)
    folders = tuple(one.folder for one in kept)
    return Measured(plan.whole, counts, findings, counted_to, measured, {}, meter.seconds, kept_out, folders)


def _parts(
    connection: "SQLBackend", plan: "Plan", dataset: TransactionsDataset, as_of: date | None, work: Path, cache: "Cache"
) -> "list[Kept]":
    """Those that were kept, and those made of the other files."""
    import ibis

    from pipeline.intake import rows

    if plan.kept:
        types = {name: ibis.dtype(text) for name, text in plan.kept[0].part.types.items()}
    else:
        types = rows.types_of(connection, plan.rows(plan.fresh))
    asked = _Asked(dataset, as_of, plan, types, cache)
    made = [_made(connection, bundle, asked, work / f"part-{at:05}") for at, bundle in enumerate(plan.bundles())]
    return sorted([*plan.kept, *made], key=lambda one: one.places)


def _made(connection: "SQLBackend", bundle: "list[Fresh]", asked: _Asked, folder: Path) -> "Kept":
    """What some files come to, kept."""
    from pipeline import engine
    from pipeline.features import transactions
    from pipeline.intake import admission, partial
    from pipeline.intake.parts import TABLES, Part, SeenRule, keep

    scratch, staged = folder.with_name(f"{folder.name}-work"), asked.plan.rows(bundle)
    for made in (folder, scratch):
        made.mkdir()
    limit = asked.as_of.isoformat() if asked.as_of else None
    judged = admission.judge(connection, staged, asked.dataset, work=scratch, as_of=limit, types=asked.types)
    counted = partial.count(connection, staged, judged, scratch, folder)
    lines = transactions.sales(admission.kept_of(judged.rows), asked.dataset)
    engine.materialise(connection, transactions.partial_orders(lines), folder / "orders.parquet")
    last_day = transactions.last_day(lines)
    shutil.rmtree(scratch)
    for file in bundle:
        # What is kept outlives this build: it has to be of the bytes that it is kept by.
        file.source.refuse_other_content()
    return keep(
        Part(
            depends=asked.cache.depends,
            shape=asked.plan.shape,
            types={name: str(held) for name, held in asked.types.items()},
            files=tuple(file.seen for file in bundle),
            rules=tuple(SeenRule(check.name, check.outcome, check.shows, check.unreadable) for check in judged.checks),
            by_reason=tuple(counted.tallies.by_reason.items()),
            by_check=counted.tallies.by_check,
            quoted=counted.quoted,
            last_day=last_day,
            span=counted.span,
            dated=counted.dated,
            sha256={name: sha256(folder / f"{name}.parquet") for name in TABLES},
        ),
        folder,
        asked.cache,
    )


def _together(
    connection: "SQLBackend", kept: "Sequence[Kept]", plan: "Plan", dataset: TransactionsDataset
) -> "tuple[int, Counts, list[Finding]]":
    """Of all parts: how many customers have usable lines, the row law, the data-quality report.

    Raises:
        InputError: If a column cannot be read, or no row is left.
    """
    from pipeline.intake import partial, report
    from pipeline.intake.findings import Tally

    tallies, quoted, rules = partial.tallies(connection, kept), partial.quoted(kept), kept[0].part.rules
    findings = report.findings(quoted, rules, tallies, plan.whole, dataset, partial.different(connection, kept))
    report.refuse(quoted, rules, tallies, findings, plan.whole.file)
    return tallies.by_reason.get(None, Tally()).customers or 0, tallies.counts(), findings
