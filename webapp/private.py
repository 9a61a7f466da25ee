"""A folder of this user's that nobody else can look into, and what may be done there by one at a time."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class BusyError(Exception):
    """Somebody else is doing that."""


def folder(path: Path | None = None) -> Path:
    """The folder, made if need be; by default one of this user's among the system's temporary ones.

    Raises:
        PermissionError: If somebody else made it: they could read what is put there, or have it be a link to files that are not theirs.
        OSError: If it cannot be made.
    """
    path = path or Path(tempfile.gettempdir()) / f"clientele-{os.getuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    there = path.lstat()
    if there.st_uid != os.getuid() or not stat.S_ISDIR(there.st_mode):
        raise PermissionError(f"{path} is not a folder of this user's. Remove it, or set TMPDIR to another folder.")
    if stat.S_IMODE(there.st_mode) != 0o700:
        path.chmod(0o700)  # it was there already, and is this user's: whoever made it may have let others in
    return path


@contextmanager
def held(path: Path) -> Iterator[int]:
    """The right that a file stands for: a descriptor that keeps it for as long as anybody has it open.

    Raises:
        BusyError: If somebody else has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError from None
        yield descriptor
    finally:
        os.close(descriptor)
