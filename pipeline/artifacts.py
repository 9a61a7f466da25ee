"""Published runs on disk: read here, written by `publishing`, switched to in one step, never changed afterwards.

CURRENT                          the run id that readers open
PUBLISHING                       held by the build that is at work; names the run it is about to publish
labels.json                      what people call runs, and which they want to keep (LABELLING is held by whoever changes it)
campaigns/                       see `campaigns`: builds and switches leave them alone
runs/<run_id>/manifest.json      and <dataset>/<table>.parquet
runs/.<run_id>                   the same, being written
.work                            scratch files of the build that is at work
parts/<dataset>/<part>           what files of order lines came to: spares a later build their reading, and may be removed at any time
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ArtifactError, UnknownRunError, first_line
from pipeline.manifest import DatasetRecord, Manifest

if TYPE_CHECKING:
    from pipeline.schema import Table

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

    def refuse_damage(self, dataset: str) -> None:
        """Compare every table of a dataset with the hash that the manifest holds.

        Raises:
            ArtifactError: Naming the first table that is missing or altered.
        """
        if damage := self.damage(dataset):
            raise ArtifactError(f"{damage}. Go back with `python -m pipeline use RUN`, or run `{BUILD_COMMAND}`.")

    def refuse_other_version(self, dataset: str, *only: str) -> None:
        """Insist that the tables of a dataset, or the `only` ones, have the columns that this version publishes.

        Raises:
            ArtifactError: Naming the first that another version published.
        """
        # Whoever only asks which run there is, or whether anything has changed, need not wait for it.
        import pyarrow as pa
        import pyarrow.parquet as pq

        for name, table in tables(self.manifest.datasets[dataset]).items():
            if only and name not in only:
                continue
            path = self.table(dataset, name)
            try:
                table.check(pq.read_schema(path))
            except (OSError, ValueError, pa.ArrowException) as error:
                raise ArtifactError(f"{path}: was published by another version ({error}). Run `{BUILD_COMMAND}`.") from None

    def is_damaged(self) -> bool:
        """Whether readers would refuse it."""
        return any(self.damage(name) for name in self.manifest.datasets)

    def verify(self) -> None:
        """Compare every table with the hash that the manifest holds.

        Raises:
            ArtifactError: Naming the first table that is missing or altered.
        """
        for dataset in self.manifest.datasets:
            self.refuse_damage(dataset)


def tables(record: DatasetRecord) -> "dict[str, Table]":
    """What is published of a dataset."""
    from pipeline import schema

    return schema.tables(record.kind, record.features, record.file_columns)


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


def current_id(root: Path) -> str | None:
    """What `CURRENT` names, readable or not; None where there is none."""
    pointer = root / "CURRENT"
    return pointer.read_text(encoding="utf-8", errors="replace").strip() if pointer.is_file() else None


def switch(root: Path, run_id: str) -> None:
    """Have `CURRENT` name a run that is there and whole, in one step."""
    new = root / "CURRENT.new"
    new.write_text(f"{run_id}\n", encoding="utf-8")
    sync(new)
    new.replace(root / "CURRENT")
    sync(root)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk: a machine that fails loses nothing of it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
