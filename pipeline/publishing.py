"""Runs written and switched to: one build at a time holds the folder, and what it writes becomes a run all at once, or not at all."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline import locking
from pipeline.artifacts import Run, current_id, open_run, refuse_unknown, switch, sync
from pipeline.errors import InputError
from pipeline.manifest import Manifest


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
            sync(path)
        sync(written)

    def _among_runs(self, manifest: Manifest) -> Run:
        final = self._root / "runs" / manifest.run_id
        self.folder(manifest.run_id).rename(final)
        sync(final.parent)
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


@contextmanager
def _locked(root: Path) -> Iterator[int]:
    busy = f"Another build is at work in {root}. Wait until it is done."
    with ExitStack() as stack:
        try:
            (root / "runs").mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(locking.held(root / "PUBLISHING", busy=busy, mode=0o644))
        except OSError as error:
            raise InputError(
                f"{root}: cannot be written ({error.strerror}). Set CLIENTELE_ARTIFACTS, or --out, to a folder that can."
            ) from None
        try:
            yield lock
        except Exception as error:  # of whatever was writing: engines, parquet and the system each say it in their way
            if not _is_full(error):
                raise
            raise InputError(
                f"{root}: the disk is full. Nothing was published, and readers stay with the run that they have. "
                "Make room there, or set CLIENTELE_ARTIFACTS, or --out, to a folder on a larger disk."
            ) from None


def _is_full(error: Exception) -> bool:
    """Whether a failure came of a full disk, or of a quota."""
    numbers = (errno.ENOSPC, errno.EDQUOT)
    # DuckDB tells it in words alone, and so does what is made of its errors.
    return (isinstance(error, OSError) and error.errno in numbers) or any(os.strerror(number) in str(error) for number in numbers)


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
