"""Published runs on disk: written aside, switched to in one step, never changed afterwards.

CURRENT                          the run id that readers open
PUBLISHING                       held by the build that is at work; names the run it is about to publish
labels.json                      what people call runs, and which they want to keep (LABELLING is held by whoever changes it)
runs/<run_id>/manifest.json      and <dataset>/<table>.parquet
runs/.<run_id>                   the same, being written
.work                            scratch files of the build that is at work
parts/<dataset>/<part>           what files of order lines came to: spares a later build their reading, and may be removed at any time
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ArtifactError, BusyError, InputError, UnknownRunError, first_line
from pipeline.manifest import Manifest

BUILD_COMMAND = "python -m pipeline build"


@dataclass(frozen=True)
class Run:
    """A published run, open for reading."""

    folder: Path
    manifest: Manifest

    def table(self, dataset: str, table: str) -> Path:
        """Where a table's parquet is."""
        return self.folder / dataset / f"{table}.parquet"

    def damage(self, dataset: str, only: str | None = None) -> str | None:
        """The first table of a dataset, or the `only` one, that differs from its hash in the manifest, in words; None when all agree."""
        for table, expected in self.manifest.datasets[dataset].tables.items():
            if only not in (None, table):
                continue
            path = self.table(dataset, table)
            if not path.is_file():
                return f"{path}: the table is missing"
            if sha256(path) != expected.sha256:
                return f"{path}: the table was altered after it was published"
        return None

    def is_damaged(self) -> bool:
        """Whether readers would refuse it."""
        return any(self.damage(name) for name in self.manifest.datasets)

    def verify(self) -> None:
        """Compare every table with the hash that the manifest holds.

        Raises:
            ArtifactError: Naming the first table that is missing or altered.
        """
        for dataset in self.manifest.datasets:
            if damage := self.damage(dataset):
                raise ArtifactError(f"{damage}. Go back with `python -m pipeline use RUN`, or run `{BUILD_COMMAND}`.")


class Publication:
    """One build's hold on the artifacts folder: what it writes becomes a run all at once, or not at all."""

    def __init__(self, root: Path, lock: int) -> None:
        """Hold `root`; `lock` is the descriptor of its locked file."""
        self._root, self._lock = root, lock
        self._parts: dict[str, set[Path]] = {}
        self.work = root / ".work"
        self.work.mkdir()

    def folder(self, run_id: str) -> Path:
        """Where the run is written until it is published."""
        return self._root / "runs" / f".{run_id}"

    def carry(self, run_id: str, run: Run, dataset: str) -> None:
        """Take over a dataset of another run, unchanged."""
        shutil.copytree(run.folder / dataset, self.folder(run_id) / dataset)

    def parts(self, dataset: str) -> Path:
        """Where parts of a dataset's files are kept for later builds."""
        return self._root / "parts" / dataset

    def used(self, dataset: str, parts: Iterable[Path]) -> None:
        """Say which parts a dataset was built of: once the run is published, it has no others."""
        self._parts[dataset] = {*parts}

    def publish(self, manifest: Manifest) -> Run:
        """Make the written run the current one: files to disk, one rename, one switch. Parts that it did not use are removed."""
        self._to_disk(manifest)
        # From here to the switch the lock names the run, so that a build killed in between leaves a trace of it.
        os.pwrite(self._lock, manifest.run_id.encode(), 0)
        os.fsync(self._lock)
        run = self._among_runs(manifest)
        switch(self._root, manifest.run_id)
        os.ftruncate(self._lock, 0)
        self._remove_unused(manifest)
        return run

    def hold_back(self, manifest: Manifest) -> Run:
        """Put the written run beside the current one, which stays current: files to disk, one rename."""
        self._to_disk(manifest)
        return self._among_runs(manifest)

    def _remove_unused(self, manifest: Manifest) -> None:
        # Of a dataset that was taken over, those stay that it was built of.
        built = {folder: self._parts.get(folder.name, set()) for folder in (self._root / "parts").glob("*")}
        for folder, used in built.items():
            if folder.name in self._parts or folder.name not in manifest.datasets:
                for part in {*folder.iterdir()} - used:
                    shutil.rmtree(part)
                if not used:
                    folder.rmdir()

    def _to_disk(self, manifest: Manifest) -> None:
        written = self.folder(manifest.run_id)
        (written / "manifest.json").write_text(manifest.sealed(), encoding="utf-8")
        for path in written.rglob("*"):
            _sync(path)
        _sync(written)

    def _among_runs(self, manifest: Manifest) -> Run:
        final = self._root / "runs" / manifest.run_id
        self.folder(manifest.run_id).rename(final)
        _sync(final.parent)
        return Run(final, manifest)


@contextmanager
def publication(root: Path) -> Iterator[Publication]:
    """Hold the artifacts folder for one build, clearing what a killed one left.

    Raises:
        BusyError: If another build holds it.
        InputError: If it cannot be written, or its disk is full.
    """
    with _locked(root) as lock:
        _sweep(root, lock)
        held = Publication(root, lock)
        try:
            yield held
        finally:
            _sweep(root, lock)


def current(root: Path) -> Run | None:
    """The run that readers open; None when nothing was ever published.

    Raises:
        ArtifactError: If what `CURRENT` names cannot be read.
    """
    named = current_id(root)
    return None if named is None else open_run(root, named)


def open_run(root: Path, run_id: str) -> Run:
    """Open one run.

    Raises:
        ArtifactError: If it is not there, or its manifest cannot be read.
    """
    folder = root / "runs" / run_id
    try:
        return Run(folder, Manifest.model_validate_json((folder / "manifest.json").read_bytes()))
    except (OSError, ValueError, ArtifactError) as error:
        # ValueError: the manifest is not valid, or the id is no name that a folder can have. ArtifactError: it was altered.
        there = run_ids(root)
        remedy = f"Go back with `python -m pipeline use RUN`, or run `{BUILD_COMMAND}`" if {*there} - {run_id} else f"Run `{BUILD_COMMAND}`"
        said = f"Run {run_id!r} in {root} cannot be opened ({first_line(error)}). Runs there: {', '.join(there) or 'none'}. {remedy}."
        raise ArtifactError(said) from None


def run_ids(root: Path) -> list[str]:
    """Complete runs, those held back among them, oldest first."""
    return sorted(path.name for path in (root / "runs").glob("[!.]*") if path.is_dir())


def waiting(root: Path, current: Run, fingerprints: dict[str, str]) -> Run | None:
    """The newest run, if it was held back from the readers of `current` and holds datasets of just these fingerprints."""
    try:
        newest = open_run(root, run_ids(root)[-1])
    except ArtifactError:
        return None  # it can be built again
    held = newest.manifest
    same = {name: record.fingerprint for name, record in held.datasets.items()} == fingerprints
    return newest if held.held_back and held.previous == current.manifest.run_id and same and not newest.is_damaged() else None


def use(root: Path, run_id: str) -> Run:
    """Switch readers to another published run, once its hashes are verified.

    Raises:
        UnknownRunError: If there is no such run.
        InputError: If the disk is full.
        ArtifactError: If it is damaged.
        BusyError: If a build is at work.
    """
    refuse_unknown(root, run_id)
    run = open_run(root, run_id)
    run.verify()
    with _locked(root):
        switch(root, run_id)
    return run


def refuse_unknown(root: Path, run_id: str) -> None:
    """Insist that there is such a run.

    Raises:
        UnknownRunError: Naming those that there are.
    """
    there = run_ids(root)
    if run_id not in there:
        raise unknown(run_id, there)


def unknown(run_id: str, there: Iterable[str]) -> UnknownRunError:
    """What is raised where no run is called so."""
    return UnknownRunError(f"No run is called {run_id!r}. There are: {', '.join(there) or 'none'}.")


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(root: Path) -> Iterator[int]:
    try:
        (root / "runs").mkdir(parents=True, exist_ok=True)
        lock = os.open(root / "PUBLISHING", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(
            f"{root}: cannot be written ({error.strerror}). Set CLIENTELE_ARTIFACTS, or --out, to a folder that can."
        ) from None
    try:
        _seize(lock, root)
        yield lock
    except Exception as error:  # of whatever was writing: engines, parquet and the system each say it in their way
        if not _is_full(error):
            raise
        raise InputError(
            f"{root}: the disk is full. Nothing was published, and readers stay with the run that they have. "
            "Make room there, or set CLIENTELE_ARTIFACTS, or --out, to a folder on a larger disk."
        ) from None
    finally:
        os.close(lock)


def _is_full(error: Exception) -> bool:
    """Whether a failure came of a full disk, or of a quota."""
    numbers = (errno.ENOSPC, errno.EDQUOT)
    # DuckDB tells it in words alone, and so does what is made of its errors.
    return (isinstance(error, OSError) and error.errno in numbers) or any(os.strerror(number) in str(error) for number in numbers)


def _seize(lock: int, root: Path) -> None:
    try:
        # The system lets go of the lock when the process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(f"Another build is at work in {root}. Wait until it is done.") from None


def _sweep(root: Path, lock: int) -> None:
    """Remove scratch files, runs half written, and a run that was renamed but never switched to."""
    for leftover in (root / ".work", root / "CURRENT.new", *(root / "runs").glob(".*")):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)
    named = os.pread(lock, 1024, 0).decode()
    if named and current_id(root) != named:
        shutil.rmtree(root / "runs" / named, ignore_errors=True)
    os.ftruncate(lock, 0)


def current_id(root: Path) -> str | None:
    """What `CURRENT` names, readable or not; None where there is none."""
    pointer = root / "CURRENT"
    return pointer.read_text(encoding="utf-8", errors="replace").strip() if pointer.is_file() else None


def switch(root: Path, run_id: str) -> None:
    """Have `CURRENT` name a run that is there and whole, in one step."""
    new = root / "CURRENT.new"
    new.write_text(f"{run_id}\n", encoding="utf-8")
    _sync(new)
    new.replace(root / "CURRENT")
    _sync(root)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
