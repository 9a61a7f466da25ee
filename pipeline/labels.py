"""What people call runs, and which they want to keep: beside the runs, in `labels.json`, for runs never change.

Nothing here removes a run. Whoever does, by hand or with a tool, leaves those that are pinned.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pipeline import locking
from pipeline.errors import ArtifactError, InputError
from pipeline.replacing import replacing

FILE = "labels.json"
# Characters of a name.
LONGEST = 60


@dataclass(frozen=True)
class Label:
    """What is said of one run.

    Attributes:
        name: What people call it; empty for nothing.
        pinned: Whether it is to be kept, and listed first.
    """

    name: str = ""
    pinned: bool = False


Labels = Mapping[str, Label]
Change = Callable[[Label], Label]
_NONE = Label()
_FORM = TypeAdapter(dict[str, Label])


def named(name: str) -> Change:
    """A change of the name; an empty one takes the name away.

    Raises:
        InputError: If it is too long, or holds what cannot be seen.
    """
    name = " ".join(name.split())
    if len(name) > LONGEST:
        raise InputError(f"A run's name has at most {LONGEST} characters; this one has {len(name)}. Shorten it.")
    if not name.isprintable():
        raise InputError(f"A run's name holds visible characters only; {name!r} does not. Leave them out.")
    return lambda label: replace(label, name=name)


def pinned(is_pinned: bool) -> Change:
    """A change of whether a run is kept."""
    return lambda label: replace(label, pinned=is_pinned)


def of(labels: Labels, run_id: str) -> Label:
    """What is said of a run; nothing where it has no label."""
    return labels.get(run_id, _NONE)


def read(root: Path) -> Labels:
    """Run id to its label, of the runs in a folder that have one.

    Raises:
        ArtifactError: If what is written there cannot be understood.
    """
    path = root / FILE
    return parsed(path.read_bytes(), str(path)) if path.is_file() else {}


def change(root: Path, run_id: str, made: Change) -> None:
    """Change what is said of a run in a folder; others who change labels wait, and readers see the old ones or the new.

    Raises:
        ArtifactError: If what is written there cannot be understood.
        InputError: If the folder cannot be written.
    """
    path = root / FILE
    try:
        with locking.held(root / "LABELLING"):
            said = read(root)
            content = written({**said, run_id: made(of(said, run_id))})
            with replacing(path, remedy="Make the folder writable.") as begun:
                begun.write_bytes(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}). Make the folder writable.") from error


def parsed(content: bytes, where: str) -> Labels:
    """Labels as a file has them.

    Raises:
        ArtifactError: If the file holds something else.
    """
    try:
        return _FORM.validate_json(content)
    except ValidationError as error:
        fault = error.errors()[0]
        said = ": ".join([*map(str, fault["loc"]), fault["msg"]])
        raise ArtifactError(f"{where}: cannot be read ({said}). Mend it, or remove it: no run is named or pinned then.") from None


def written(labels: Labels) -> bytes:
    """Labels for a file; those that say nothing are left out."""
    return _FORM.dump_json({run_id: label for run_id, label in sorted(labels.items()) if label != _NONE}, indent=2) + b"\n"
