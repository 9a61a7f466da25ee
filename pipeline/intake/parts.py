"""What files of order lines came to, kept on disk beside the runs: a later build reads only those that are in no part yet.

<dataset>/<name>/part.json       what is known of some files; its SHA-256 is the name of the folder
<dataset>/<name>/<table>.parquet what is merged with that of other files; part.json has their hashes
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.artifacts import sha256
from pipeline.intake.findings import Outcome, Remark, Tally
from pipeline.intake.source import Source
from pipeline.intake.staged import Staged

TABLES = ("orders", "whose", "different", "rejected")
_RECORD = "part.json"


@dataclass(frozen=True)
class Cache:
    """Where parts of a dataset are kept.

    Attributes:
        folder: Is made when it is needed.
        depends: Hash of everything that a part depends on beside its files and their shape.
        anew: Whether those that are there are left alone.
    """

    folder: Path
    depends: str
    anew: bool = False


@dataclass(frozen=True)
class SeenFile:
    """A file as its reader found it.

    Attributes:
        name: Its name, without the way to it.
        sha256: Of its bytes.
        place: Among the files of the dataset, when it was read: its ordinals begin there.
        columns: What each of its columns is called.
        types: Of parquet, the Arrow type of each, as text; empty for what is read as text.
        renamed: As `Staged` has it, and so are `extra`, `remarks` and `epoch`.
    """

    name: str
    sha256: str
    place: int
    columns: tuple[str, ...]
    types: tuple[str, ...]
    renamed: tuple[str, ...]
    extra: tuple[str, ...]
    remarks: tuple[Remark, ...]
    epoch: str | None

    @classmethod
    def of(cls, source: Source, staged: Staged, place: int) -> "SeenFile":
        """A file that was just staged."""
        types = staged.in_place[0].types if staged.in_place else ()
        about = (staged.renamed, staged.extra, staged.remarks, staged.epoch)
        return cls(source.path.name, source.sha256, place, staged.columns, types, *about)

    def staged(self) -> Staged:
        """All that was staged of it but its rows."""
        return Staged(self.name, [], self.columns, self.renamed, self.extra, self.remarks, self.epoch)


@dataclass(frozen=True)
class SeenRule:
    """A check as it was applied; what `report.Rule` says."""

    name: str
    outcome: Outcome
    shows: str | None
    unreadable: bool


@dataclass(frozen=True)
class Part:
    """What some files of a dataset came to, but for its `TABLES`.

    Attributes:
        depends: As `Cache` has it.
        shape: What `shape_of` said of all files of the dataset.
        types: The type of each column of all files, as ibis writes it.
        files: In the order of their places.
        rules: The checks.
        by_reason: As `report.Tallies` has them, without customers.
        by_check: The same.
        quoted: What `report.quoted` returns.
        last_day: Of the last purchase; None without any.
        span: The first and the last second of its times, since 1970; None without any.
        dated: How many rows with a time differ.
        sha256: Of each of its tables.
    """

    depends: str
    shape: str
    types: dict[str, str]
    files: tuple[SeenFile, ...]
    rules: tuple[SeenRule, ...]
    by_reason: tuple[tuple[str | None, Tally], ...]
    by_check: dict[str, Tally]
    quoted: dict[int, dict[str, Any]]
    last_day: date | None
    span: tuple[int, int] | None
    dated: int
    sha256: dict[str, str]


@dataclass(frozen=True)
class Kept:
    """A part on disk, and where its files stand among those of the dataset now, which is in the same order."""

    folder: Path
    part: Part
    places: tuple[int, ...]

    def table(self, name: str) -> Path:
        """Where one of `TABLES` is."""
        return self.folder / f"{name}.parquet"

    @property
    def moved(self) -> dict[int, int]:
        """Place then to place now, of the files."""
        return {file.place: now for file, now in zip(self.part.files, self.places, strict=True)}


_PART = TypeAdapter(Part)


def known(cache: Cache) -> dict[Path, Part]:
    """The parts that are there by their folders: those whose records are whole and depend on the same."""
    found = {} if cache.anew else {path.parent: _read(path) for path in sorted(cache.folder.glob(f"*/{_RECORD}"))}
    return {folder: part for folder, part in found.items() if part and part.depends == cache.depends}


def _read(path: Path) -> Part | None:
    content = path.read_bytes()
    # What was altered is made again, like what was never made.
    return _PART.validate_json(content) if hashlib.sha256(content).hexdigest() == path.parent.name else None


def shape_of(files: Iterable[SeenFile], whole: Staged) -> str:
    """Hash of what the values of a row depend on beside the row: which columns all files have together, and in which types."""
    kinds = sorted({(file.columns, file.types) for file in files})
    return hashlib.sha256(json.dumps([whole.columns, kinds, whole.epoch]).encode()).hexdigest()


def usable(parts: Mapping[Path, Part], shape: str, files: Sequence[SeenFile]) -> list[Kept]:
    """Parts of that shape, undamaged, whose files are all among `files`, in the same order; no file is in two of them."""
    free: list[tuple[str, str] | None] = [(file.name, file.sha256) for file in files]
    found = []
    for folder, part in parts.items():
        places = _places(part, free)
        if part.shape == shape and places is not None and _undamaged(folder, part):
            found.append(Kept(folder, part, places))
            for place in places:
                free[place] = None
    return found


def _places(part: Part, free: Sequence[tuple[str, str] | None]) -> tuple[int, ...] | None:
    """Where the files of a part are among those that no other part has; None where one is missing, or before one that it came after."""
    places: list[int] = []
    for file in part.files:
        after = places[-1] + 1 if places else 0
        place = next((at for at in range(after, len(free)) if free[at] == (file.name, file.sha256)), None)
        if place is None:
            return None
        places.append(place)
    return tuple(places)


def _undamaged(folder: Path, part: Part) -> bool:
    paths = {folder / f"{name}.parquet": expected for name, expected in part.sha256.items()}
    return all(path.is_file() and sha256(path) == expected for path, expected in paths.items())


def keep(part: Part, made: Path, cache: Cache) -> Kept:
    """Put a part that was made in a folder on the same disk where later builds find it, in one step."""
    content = _PART.dump_json(part)
    (made / _RECORD).write_bytes(content)
    folder = cache.folder / hashlib.sha256(content).hexdigest()
    cache.folder.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    made.rename(folder)
    return Kept(folder, part, tuple(file.place for file in part.files))
