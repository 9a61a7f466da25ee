"""From the catalogue to a published run: which datasets are built anew, in which order, and what is recorded."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from pipeline import __version__, artifacts, beside, incremental, measuring, publishing, wanted
from pipeline.intake.parts import Cache
from pipeline.intake.source import Sources, open_all
from pipeline.manifest import DatasetRecord, Manifest
from pipeline.meter import Meter, Report, peak_memory
from pipeline.settings import Dataset
from pipeline.wanted import Input, Request

if TYPE_CHECKING:
    from pipeline.intake.findings import Finding
    from pipeline.measuring import Measured

_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Outcome:
    """What came of a build.

    Attributes:
        run: The current run, or the one that was held back from becoming it.
        built: Which of its datasets were built anew; none: there was nothing to do.
        held_back: Whether readers stay with the run before, because this one differs much from it.
    """

    run: artifacts.Run
    built: tuple[str, ...]
    held_back: bool = False


def build(request: Request, *, created_at: datetime, report: Report) -> Outcome:
    """Build what has changed and publish a run, or hold it back if it differs much from the one that readers have open.

    Args:
        request: What to build.
        created_at: The moment of the build, UTC; names the run and enters nothing else.
        report: Called with a dataset and the stage that begins.

    Raises:
        InputError: If a file or a setting is at fault; what was published stays.
        BusyError: If another build is at work.
    """
    started = perf_counter()
    with publishing.publication(request.out) as publication:
        previous = wanted.previous(request)
        inputs = wanted.inputs(request)
        carried = wanted.carried(request, previous)
        stale = [name for name, item in inputs.items() if request.force or not wanted.is_current(name, item, previous, quick=request.quick)]
        if previous and not stale and set(previous.manifest.datasets) == {*inputs, *carried}:
            return Outcome(previous, ())
        if waiting := wanted.waiting(request, previous, inputs, carried):
            return Outcome(waiting, (), held_back=True)
        run_id = _run_id(created_at, inputs, artifacts.run_ids(request.out))
        records = {name: previous.manifest.datasets[name] for name in {*carried, *inputs} - {*stale} if previous}
        for name in records:
            if previous:
                publication.carry(run_id, previous, name)
        built, changes = _segment_all(request, publication, {name: inputs[name] for name in stale}, run_id, previous, report)
        records |= built
        held_back = () if request.accept else tuple(f"{name}: {change.check}: {change.example}" for name, change in changes)
        manifest = Manifest(
            run_id=run_id,
            created_at=created_at,
            version=__version__,
            libraries=wanted.libraries(),
            seconds=round(perf_counter() - started, 3),
            peak_memory_bytes=peak_memory(),
            datasets={name: records[name] for name in request.catalogue if name in records},
            previous=previous.manifest.run_id if previous else None,
            held_back=held_back,
        )
        run = publication.hold_back(manifest) if held_back else publication.publish(manifest)
        return Outcome(run, tuple(stale), held_back=bool(held_back))


def _segment_all(
    request: Request,
    publication: publishing.Publication,
    inputs: dict[str, Input],
    run_id: str,
    previous: artifacts.Run | None,
    report: Report,
) -> tuple[dict[str, DatasetRecord], "list[tuple[str, Finding]]"]:
    """Every stale dataset: the engine reads and measures in a process beside this one, which does the numerics.

    Returns:
        What is recorded of each; and each change, with its dataset, that is too much for readers to be switched unasked.
    """
    meters = {name: Meter(name, report) for name in inputs}
    sources = _sources(inputs, publication.work)
    order = list(sources)
    # The map needs one core for seconds; what it does not need runs on the other.
    with beside.child(report, request.limits) as child, ThreadPoolExecutor(max_workers=1) as aside, ExitStack() as meanwhile:
        measurements = {name: _measured(request, inputs[name].dataset, sources[name], publication, child) for name in order}
        # Loaded only now: seconds that the reading uses, and that a build with nothing to do is spared.
        from pipeline import clustering, embedding, grouping, recording, segmentation
        from pipeline.examining import Segmented, examine, model_of

        # Throughout: the limit is one of the process, and the map must not depend on whether something else is clustered at that moment.
        meanwhile.enter_context(clustering.one_thread())
        prepared, folder = aside.submit(embedding.prepare), publication.folder(run_id)
        segmented, rows = {}, {}
        for name in order:
            dataset, work, meter = inputs[name].dataset, publication.work / name, meters[name]
            measured = beside.result(measurements[name], sources[name].path)
            sources[name].refuse_change()
            publication.used(name, measured.parts)
            with meter.stage("clusters"):
                before = model_of(previous, name)
                grouped = grouping.group(dataset, measured.customers, before, child=child, work=work, exact=request.exact)
            # Only now: the engine does one thing after another, and clusters of many customers need it.
            rows[name] = _rows(request, dataset, measured, work, folder / name, child)
            placed = segmentation.place(dataset, grouped, aside=aside, meter=meter)
            segmented[name] = Segmented(dataset, measured, placed, work, folder / name, meter)
        prepared.result()
        examined = {} if request.quick else examine(segmented, previous, child=child, engine=request.engine)
        done = [recording.Done(inputs[name], sources[name], segmented[name], rows[name], examined.get(name)) for name in order]
        return recording.write_all(done, previous, folder)


def _sources(inputs: dict[str, Input], work: Path) -> dict[str, Sources]:
    """The files of each dataset, the largest first: it is taken apart while the engine is not loaded yet, and takes longest to place."""
    found = {name: item.sources or _made_up(item.dataset, work) for name, item in inputs.items()}
    return dict(sorted(found.items(), key=lambda one: one[1].size, reverse=True))


def _measured(
    request: Request, dataset: Dataset, sources: Sources, publication: publishing.Publication, child: beside.Child
) -> "beside.Work[Measured]":
    """Begin to read and measure one dataset."""
    work = publication.work / dataset.name
    if incremental.applies(dataset, sources, request.engine):
        cache = Cache(publication.parts(dataset.name), wanted.parts_depend_on(dataset, request.as_of), anew=request.force)
        return child.submit(incremental.measure, dataset.name, dataset, sources.files, work, request.as_of, cache)
    return child.submit(measuring.measure, dataset.name, dataset, sources.paths, work, request.as_of, None, request.engine)


def _rows(
    request: Request, dataset: Dataset, measured: "Measured", work: Path, folder: Path, child: beside.Child
) -> "beside.Work[measuring.Written]":
    """Begin to write its tables of rows."""
    asked = (measured.staged, work, folder, measuring.row_tables(dataset), request.engine, measured.kept_out)
    return child.submit(measuring.write_rows, dataset.name, dataset, *asked)


def _made_up(dataset: Dataset, work: Path) -> Sources:
    from pipeline import demo

    folder = work / "demo"
    folder.mkdir(exist_ok=True)
    return open_all(demo.write(dataset, folder))


def _run_id(created_at: datetime, inputs: dict[str, Input], there: Sequence[str]) -> str:
    """Sorts behind the runs that are there, whatever the clock says: of the same second, or of one that was set back."""
    content = hashlib.sha256("".join(item.fingerprint for item in inputs.values()).encode() + created_at.isoformat().encode())
    stamp, newest = f"{created_at:{_STAMP}}", there[-1].partition("-")[0] if there else ""
    if stamp <= newest:
        with suppress(ValueError):  # a folder that no build has named
            stamp = f"{datetime.fromisoformat(newest) + timedelta(seconds=1):{_STAMP}}"
    return f"{stamp}-{content.hexdigest()[:8]}"
