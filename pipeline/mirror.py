"""A folder on this machine that mirrors the runs of an address, each compared with the hashes of its manifest before it is there.

CURRENT, runs/     as in every folder of runs, labels.json too
.pulling           a run that is being fetched
PULLING            held while the mirror is changed
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from pipeline import artifacts, labels, locking
from pipeline.address import cache, shown
from pipeline.artifacts import BUILD_COMMAND, Run
from pipeline.errors import ArtifactError, InputError, first_line
from pipeline.labels import Change, Labels
from pipeline.manifest import Manifest
from pipeline.replacing import replacing
from pipeline.storage import Storage

# What becomes the name of a file or folder here must not lead anywhere else.
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_REMEDY = f"Go back with `python -m pipeline use RUN`, or run `{BUILD_COMMAND} --force`."
_ANOTHER_CACHE = "Set CLIENTELE_CACHE to a folder that can."
_UNWRITABLE = f"{{folder}}: cannot be written ({{error}}). {_ANOTHER_CACHE}"


class Mirror:
    """The runs of one address in one folder. Any number of processes may have the same.

    Attributes:
        name: The address as it may be printed.
        folder: A folder of runs for everything that knows folders only.
    """

    def __init__(self, address: str, folder: Path) -> None:
        """Mirror what is published at `address`; nothing is asked of it yet."""
        self.name, self.folder = shown(address), folder
        self._address = address
        self._pulled: str | None = None

    @cached_property
    def storage(self) -> Storage:
        """What is at the address."""
        return Storage(self._address)

    def named(self) -> str | None:
        """The run that `CURRENT` names at the address; None if nothing was published there.

        Raises:
            StorageError: If that cannot be found out.
            ArtifactError: If it names no run.
        """
        content = self.storage.read("CURRENT")
        if content is None:
            return None
        return self._checked(content.decode(errors="replace").strip(), "CURRENT")

    def pull(self, *, before: bool = False) -> str | None:
        """Have the folder's `CURRENT` name the same run as the address's, with that run in it; what is not needed any more is removed.

        Args:
            before: Have the run before it as well, if it is still there.

        Returns:
            The run; None if nothing was published, and the folder stays as it is.

        Raises:
            StorageError: If the storage cannot be reached; the folder stays as it is.
            ArtifactError: If a run differs from its manifest; it is not put into the folder.
            InputError: If the folder cannot be written.
        """
        named = self.named()
        if named is None:
            return None
        if named == self._pulled == artifacts.current_id(self.folder):
            if self._labels_there() != self._labels_here():
                with self.held():
                    self._bring_labels()
            return named
        with self.held():
            # Asked again: while the others were waited for, another run may have been published.
            named = self.named()
            if named is None:
                return None
            run, last = self.fetch(named), artifacts.current_id(self.folder)
            if last != named:
                artifacts.switch(self.folder, named)
            self._bring_labels()
            self._keep_only({named, last, run.manifest.previous, artifacts.run_ids(self.folder)[-1]})
            self._pulled = named
            if before and run.manifest.previous and self.has(run.manifest.previous):
                with suppress(ArtifactError):  # damaged: there is nothing to compare with, and the current run is whole
                    self.fetch(run.manifest.previous)
        return named

    def has(self, run_id: str) -> bool:
        """Whether a run is at the address: its manifest is put there last."""
        return _NAME.fullmatch(run_id) is not None and self.storage.read(f"runs/{run_id}/manifest.json") is not None

    def fetch(self, run_id: str) -> Run:
        """Have a run in the folder, whole; the mirror must be held.

        Raises:
            StorageError: If the storage cannot be reached.
            ArtifactError: If the run is not at the address, or differs from its manifest.
        """
        if there := _whole(self.folder, run_id):
            return there
        manifest = self.manifest(run_id)
        begun = self.folder / ".pulling"
        try:
            tables = [f"{dataset}/{table}.parquet" for dataset, record in manifest.datasets.items() for table in record.tables]
            for name in (*manifest.datasets, *(table for record in manifest.datasets.values() for table in record.tables)):
                self._checked(name, f"the manifest of run {run_id}")
            self.storage.download([f"runs/{run_id}/{table}" for table in tables], begun)
            fetched = Run(begun / "runs" / run_id, manifest)
            (fetched.folder / "manifest.json").write_text(manifest.sealed(), encoding="utf-8")
            self._refuse_damage(fetched)
            final = self.folder / "runs" / run_id
            shutil.rmtree(final, ignore_errors=True)
            fetched.folder.rename(final)
        finally:
            shutil.rmtree(begun, ignore_errors=True)
        return Run(final, manifest)

    def manifest(self, run_id: str) -> Manifest:
        """What a run at the address says of itself.

        Raises:
            StorageError: If the storage cannot be reached.
            ArtifactError: If there is no such run, or its manifest cannot be read.
        """
        content = self.storage.read(f"runs/{run_id}/manifest.json")
        if content is None:
            raise ArtifactError(f"Run {run_id} at {self.name} has no manifest. {_REMEDY}")
        manifest = self._parsed(content)
        if manifest.run_id != run_id:
            raise ArtifactError(f"The manifest of run {run_id} at {self.name} is that of run {manifest.run_id}. {_REMEDY}")
        return manifest

    def manifests(self) -> list[Manifest]:
        """What all runs at the address say of themselves, oldest first.

        Raises:
            StorageError: If the storage cannot be reached.
            ArtifactError: If a manifest cannot be read.
        """
        # A run without one is being put there, or its upload was broken off.
        found = self.storage.read_each([f"runs/{run_id}/manifest.json" for run_id in self.storage.folders("runs")])
        return sorted(map(self._parsed, found), key=lambda manifest: manifest.run_id)

    def labels(self) -> Labels:
        """What is said of the runs at the address.

        Raises:
            StorageError: If the storage cannot be reached.
            ArtifactError: If it cannot be understood.
        """
        content = self.storage.read(labels.FILE)
        return {} if content is None else labels.parsed(content, f"{self.name}/{labels.FILE}")

    def label(self, run_id: str, change: Change) -> None:
        """Change what is said of a run at the address; of two who do so at once on different machines the last one counts.

        Raises:
            StorageError: If the storage cannot be reached.
            ArtifactError: If what is said there cannot be understood.
            InputError: If the folder cannot be written.
        """
        with self.held():
            said = self.labels()
            self.storage.write(labels.FILE, labels.written({**said, run_id: change(labels.of(said, run_id))}))
            self._bring_labels()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep all others from changing the mirror; they wait.

        Raises:
            InputError: If the folder cannot be written.
        """
        own_cache(self._address)
        try:
            (self.folder / "runs").mkdir(parents=True, exist_ok=True)
            with locking.held(self.folder / "PULLING"):
                yield
        except OSError as error:
            raise InputError(_UNWRITABLE.format(folder=self.folder, error=error)) from error

    def _parsed(self, content: bytes) -> Manifest:
        try:
            return Manifest.model_validate_json(content)
        except (ValueError, ArtifactError) as error:
            raise ArtifactError(f"A manifest at {self.name} cannot be read ({first_line(error)}). {_REMEDY}") from None

    def _refuse_damage(self, run: Run) -> None:
        for dataset, record in run.manifest.datasets.items():
            for table in record.tables:
                if run.damage(dataset, table):
                    where = f"Run {run.manifest.run_id} at {self.name}: {dataset}/{table}.parquet"
                    raise ArtifactError(f"{where} is not what its manifest says, so the run is not used. {_REMEDY}")

    def _bring_labels(self) -> None:
        """Have the folder's labels say what those of the address do, whatever that is: readers are told what is wrong with it.

        The mirror must be held: of two who bring them, the one who asked first would write last.
        """
        path, found = self.folder / labels.FILE, self._labels_there()
        if found is None:
            path.unlink(missing_ok=True)
        elif found != self._labels_here():
            with replacing(path, remedy=_ANOTHER_CACHE) as begun:
                begun.write_bytes(found)

    def _labels_there(self) -> bytes | None:
        return next(iter(self.storage.read_each([labels.FILE])), None)

    def _labels_here(self) -> bytes | None:
        try:
            return (self.folder / labels.FILE).read_bytes()
        except FileNotFoundError:
            return None

    def _keep_only(self, needed: set[str | None]) -> None:
        try:
            kept = {run_id for run_id, label in labels.read(self.folder).items() if label.pinned}
        except ArtifactError:
            return  # nothing goes while nobody knows what is pinned
        for run_id in set(artifacts.run_ids(self.folder)) - needed - kept:
            shutil.rmtree(self.folder / "runs" / run_id)

    def _checked(self, name: str, where: str) -> str:
        if not _NAME.fullmatch(name):
            raise ArtifactError(
                f"{self.name}: {where} holds {name[:80]!r}, which is no name. Go back with `python -m pipeline use RUN`, or remove it."
            )
        return name


def own_cache(address: str) -> Path:
    """Where what is known of an address is kept: a folder that nobody else can look into.

    Raises:
        InputError: If it cannot be made, or is somebody else's.
    """
    folder = cache(address)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = folder.lstat()
    except OSError as error:
        raise InputError(_UNWRITABLE.format(folder=folder, error=error.strerror)) from None
    if there.st_uid != os.getuid() or not stat.S_ISDIR(there.st_mode) or there.st_mode & 0o077:
        raise InputError(f"{folder} is not a folder of this user's alone. Remove it, or set CLIENTELE_CACHE to another folder.")
    return folder


def _whole(root: Path, run_id: str) -> Run | None:
    """A run that is there and undamaged."""
    if run_id not in artifacts.run_ids(root):
        return None
    try:
        run = artifacts.open_run(root, run_id)
    except ArtifactError:
        return None  # it is fetched again
    return None if run.is_damaged() else run
