"""What a build is asked for, and what of it is stale."""

import hashlib
import importlib.metadata
import json
import platform
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from pipeline import artifacts, beside
from pipeline.address import is_address, shown
from pipeline.catalogue import Catalogue, pick
from pipeline.engines import Engine
from pipeline.errors import ArtifactError, InputError
from pipeline.intake.source import Sources, find
from pipeline.limits import CATALOGUE, Limits
from pipeline.settings import Dataset

# What the figures depend on beside our own code.
_LIBRARIES = ("duckdb", "fastexcel", "ibis-framework", "numpy", "numba", "pandas", "pyarrow", "scikit-learn", "scipy", "umap-learn")


# Of more customers, clusters begin on a summary.
EXACT = 200_000


@dataclass(frozen=True)
class Request:
    """What to build.

    Attributes:
        raw: Folder of the catalogue's files.
        out: Folder of published runs.
        only: One dataset; the others are taken over from the current run.
        demo: Made-up data for every dataset, even where its file is there.
        as_of: The day that recency is counted to; None for the day after the last order.
        force: Build even what has not changed.
        quick: Leave out how far the segments can be trusted, and why.
        accept: Publish even what differs much from the current run.
        limits: What reading and measuring may take of the machine.
        engine: What checks and measures; the tables are the same by either.
        exact: The most customers who are clustered one by one.
    """

    catalogue: Catalogue
    raw: Path
    out: Path
    only: str | None = None
    demo: bool = False
    as_of: date | None = None
    force: bool = False
    quick: bool = False
    accept: bool = False
    limits: Limits = CATALOGUE
    engine: Engine = "duckdb"
    exact: int = EXACT


@dataclass(frozen=True)
class Input:
    """A dataset to build, where it is read from, and a hash of everything that its tables depend on."""

    dataset: Dataset
    sources: Sources | None  # None: made-up data
    fingerprint: str


def inputs(request: Request) -> dict[str, Input]:
    """What is built, with a fingerprint of everything its tables depend on."""
    wanted = {request.only: pick(request.catalogue, request.only)} if request.only else request.catalogue
    inputs = {}
    for name, dataset in wanted.items():
        # Only a file that is absent is made up for; one that cannot be read is an error.
        sources = None if request.demo else _sources(request, dataset)
        depends = [_code(), libraries(), dataset.model_dump(mode="json"), sources.hashes if sources else "demo", str(request.as_of)]
        inputs[name] = Input(dataset, sources, hashlib.sha256(json.dumps(depends).encode()).hexdigest())
    return inputs


def _sources(request: Request, dataset: Dataset) -> Sources | None:
    """The files of a dataset, on this machine or at an address."""
    if not is_address(dataset.file):
        return find(request.raw / dataset.file)
    if request.engine != "spark":
        raise InputError(f"{shown(dataset.file)}: what is at an address is read by Spark alone. Build with --engine spark.")
    from pipeline.intake import distant

    path = Path(PurePosixPath(dataset.file).name)
    with tempfile.TemporaryDirectory() as folder, beside.child(_unheard, request.limits) as child:
        return Sources(path, beside.result(child.submit(distant.listed, dataset.file, Path(folder)), path))


def _unheard(dataset: str, stage: str) -> None:
    """To ask which files there are is no stage."""


def previous(request: Request) -> artifacts.Run | None:
    """The current run; a damaged one does not stop the build that would replace it."""
    try:
        return artifacts.current(request.out)
    except ArtifactError:
        if request.only:
            raise
        return None


def carried(request: Request, previous: artifacts.Run | None) -> list[str]:
    """Datasets taken over without a look at their files: those that `only` leaves out.

    Raises:
        InputError: If one of them is damaged.
    """
    if not (request.only and previous):
        return []
    carried = [name for name in request.catalogue if name != request.only and name in previous.manifest.datasets]
    for name in carried:
        if damage := previous.damage(name):
            raise InputError(f"{damage}, so it cannot be taken over. Build without --only.")
    return carried


def waiting(request: Request, previous: artifacts.Run | None, inputs: dict[str, Input], carried: list[str]) -> artifacts.Run | None:
    """A run that was held back, if this build would only make and hold back the same."""
    if previous is None or request.force or request.accept:
        return None
    wanted = {name: previous.manifest.datasets[name].fingerprint for name in carried} | {name: inputs[name].fingerprint for name in inputs}
    held = artifacts.waiting(request.out, previous, wanted)
    return held if held and (request.quick or all(held.manifest.datasets[name].trust for name in inputs)) else None


def is_current(name: str, item: Input, previous: artifacts.Run | None, *, quick: bool) -> bool:
    """Whether the run that readers have open holds just what would be built, undamaged."""
    if previous is None or name not in previous.manifest.datasets:
        return False
    record = previous.manifest.datasets[name]
    whole = quick or record.trust is not None
    return whole and record.fingerprint == item.fingerprint and previous.damage(name) is None


def libraries() -> dict[str, str]:
    """Name to version, of what the figures depend on beside our own code."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _LIBRARIES}


def parts_depend_on(dataset: Dataset, as_of: date | None) -> str:
    """Hash of everything, beside its files, that the rows of a dataset are understood and added up by."""
    # What is done with customers once they are counted.
    later = {"title", "k", "lower_k", "scaling", "seed", "personas", "features", "frequency"}
    depends = [_code(), libraries(), dataset.model_dump(mode="json", exclude=later), str(as_of)]
    return hashlib.sha256(json.dumps(depends).encode()).hexdigest()


def _code() -> str:
    """Hash of this package: after an upgrade, what it would build differently is built again."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
