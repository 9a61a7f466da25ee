"""A file written beside its place and put there in one step: readers see the old one or the new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import InputError


@contextmanager
def replacing(target: Path, *, remedy: str) -> Iterator[Path]:
    """A path to write to; what is there when the block ends without a failure takes the place of `target`.

    Raises:
        InputError: With the remedy, if the folder does not allow it; what was there stays.
    """
    begun = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield begun
        begun.replace(target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror}). {remedy}") from error
    finally:
        begun.unlink(missing_ok=True)
