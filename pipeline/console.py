"""What the command line shows: progress, summaries and failures."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm
from rich.table import Table

from pipeline import labels
from pipeline.artifacts import BUILD_COMMAND
from pipeline.intake.findings import Counts, Finding
from pipeline.manifest import Manifest
from pipeline.meter import STAGES

if TYPE_CHECKING:
    from pipeline.build import Outcome
    from pipeline.scoring import Group, Scored

# A file or a pipe has no width: wide enough for every table.
_out = Console(highlight=False, width=None if Console().is_terminal else 140)
_errors = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one message."""
    _out.print(text, markup=False, soft_wrap=True)


def fail(text: str) -> None:
    """Print why nothing was done."""
    _errors.print(text, markup=False, soft_wrap=True)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str, str], None]]:
    """Show stages as they begin: a line per dataset on a terminal, plain lines with seconds elsewhere; `quiet`: not at all."""
    if quiet:
        yield lambda dataset, stage: None
        return
    started = perf_counter()
    if not _out.is_terminal:
        yield lambda dataset, stage: say(f"{perf_counter() - started:5.1f} s  {dataset}: {stage}")
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[dataset]:12}"),
        BarColumn(20),
        TextColumn("{task.description:10}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_out, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(dataset: str, stage: str) -> None:
            if dataset not in tasks:
                tasks[dataset] = bars.add_task(stage, dataset=dataset, total=len(STAGES))
            # A stage met a second time does not move the bar back.
            done = max(STAGES.index(stage), bars.tasks[tasks[dataset]].completed)
            bars.update(tasks[dataset], description=stage, completed=done)

        yield report


def show_outcome(outcome: "Outcome", raw: Path) -> None:
    """The closing summary of a build."""
    run, built = outcome.run, outcome.built
    if not built:
        say(f"Nothing has changed since run {run.manifest.run_id}. Nothing was published; --force builds all the same.")
        return
    headings = ("dataset", "customers", "personas", "silhouette", "Davies-\nBouldin", "rows", "rejected", "seconds")
    table = Table(*headings, box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, record in run.manifest.datasets.items():
        table.add_row(
            f"{name} (demo)" if record.demo else name,
            f"{record.customers:,}",
            str(record.personas),
            f"{record.scores.silhouette:.4f}",
            f"{record.scores.davies_bouldin:.4f}",
            f"{record.rows.read:,}",
            f"{record.rows.rejected:,}",
            f"{sum(record.seconds.values()):.1f}" if name in built else "unchanged",
        )
    _out.print(table)
    say(f"{'Wrote' if outcome.held_back else 'Published'} run {run.manifest.run_id} in {run.manifest.seconds:.1f} s.")
    for name, record in run.manifest.datasets.items():
        if record.demo and name in built:
            say(f"{name}: made-up data. For your own, put {raw / record.settings['file']} there and run `{BUILD_COMMAND}`.")


def why_held_back(manifest: Manifest) -> str:
    """What readers are spared, and what to do about it."""
    reasons = "".join(f"  {reason}\n" for reason in manifest.held_back)
    return (
        f"Run {manifest.run_id} is held back: it differs much from run {manifest.previous}, which stays current.\n{reasons}"
        f"If that is right, run `python -m pipeline use {manifest.run_id}`, or `{BUILD_COMMAND} --accept`. "
        "If not, mend the file and build again."
    )


def show_beginning(block: str, rows: Sequence[Sequence[str]]) -> None:
    """A block of the catalogue, and the first rows as they are read under it."""
    say(block)
    table = Table(*map(escape, rows[0]), box=SIMPLE_HEAD)
    for row in rows[1:]:
        table.add_row(*map(escape, row))
    _out.print(table)


def agreed(question: str) -> bool:
    """Ask on a terminal; without one the answer is no."""
    return _out.is_terminal and Confirm.ask(question, console=_out, default=True)


def show_quality(file: Path, counts: Counts, findings: Sequence[Finding]) -> None:
    """The data-quality report of one file: what was found, then the row law."""
    found = [finding for finding in findings if finding.rows or finding.example]
    if found:
        _out.print(_quality_table(found))
    went = f"{counts.kept:,} kept + {counts.rejected:,} rejected + {counts.duplicates:,} removed as duplicates"
    say(f"{file.name}: {counts.read:,} rows read = {went}.")
    say(f"{len(findings) - len(found)} of {len(findings)} checks found nothing.")


def _quality_table(found: Sequence[Finding]) -> Table:
    """One row per finding; whose rows they are and what they come to, where any finding says so."""
    columns = {
        "check": [escape(finding.check) for finding in found],
        "outcome": [finding.outcome for finding in found],
        "rows": [f"{finding.rows:,}" for finding in found],
        "share": [f"{finding.share:.2%}" for finding in found],
        "customers": ["" if finding.customers is None else f"{finding.customers:,}" for finding in found],
        "revenue": ["" if finding.revenue is None else f"{finding.revenue:,.2f}" for finding in found],
        "first": [escape(finding.example) for finding in found],
    }
    columns = {name: values for name, values in columns.items() if any(values)}
    table = Table(*columns, box=SIMPLE_HEAD)
    for column in table.columns:
        if column.header in ("rows", "share", "customers", "revenue"):
            column.justify = "right"
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def quality_as_json(file: Path, counts: Counts, findings: Sequence[Finding]) -> str:
    """The same for programs: {"file", "rows": {read, kept, rejected, duplicates}, "checks": [the fields of a `Finding`]}."""
    return json.dumps({"file": file.name, "rows": asdict(counts), "checks": [asdict(finding) for finding in findings]}, ensure_ascii=False)


def show_scored(scored: "Scored", groups: "Sequence[Group]", out: Path) -> None:
    """Where the customers of a file were placed."""
    table = Table("persona", "customers", "share", "new", "moved here", box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for group in groups:
        table.add_row(group.persona, f"{group.customers:,}", f"{group.share:.1%}", f"{group.new:,}", f"{group.moved:,}")
    _out.print(table)
    total, new = sum(group.customers for group in groups), sum(group.new for group in groups)
    counted = f", recency counted to {scored.as_of}" if scored.as_of else ""
    say(f"{total:,} customers placed by run {scored.run_id}{counted}: {total - new:,} known, {new:,} new.")
    say(f"Written to {out}.")
    if scored.record.demo:
        say("The clusters are those of made-up data.")


def show_runs(runs: Sequence[Manifest], current: str | None, said: labels.Labels) -> None:
    """Published runs, oldest first, which of them readers open, what they are called, and which are to be kept."""
    if not runs:
        say(f"No run is published. Run `{BUILD_COMMAND}`.")
        return
    # One that was held back and then switched to is the run before of those built since.
    seen = {run.previous for run in runs}
    columns = {
        "": [_mark(run, current, seen) for run in runs],
        "run": [run.run_id for run in runs],
        "name": [escape(labels.of(said, run.run_id).name) for run in runs],
        "kept": ["pinned" if labels.of(said, run.run_id).pinned else "" for run in runs],
        "built (UTC)": [f"{run.created_at:%Y-%m-%d %H:%M}" for run in runs],
        "datasets": [", ".join(f"{name}{' (demo)' if record.demo else ''}" for name, record in run.datasets.items()) for run in runs],
    }
    columns = {heading: cells for heading, cells in columns.items() if any(cells) or not heading}
    table = Table(*columns, box=SIMPLE_HEAD)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    _out.print(table)


def _mark(run: Manifest, current: str | None, seen: set[str | None]) -> str:
    if run.run_id == current:
        return "current"
    return "held back" if run.held_back and run.run_id not in seen else ""
