"""A right that one process at a time has: to whatever a file stands for."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import BusyError


@contextmanager
def held(path: Path, *, busy: str = "", mode: int = 0o600) -> Iterator[int]:
    """Hold a file, which is made if need be; wait for it, or be refused with `busy`.

    Yields:
        A descriptor that keeps it for as long as any process has it open.

    Raises:
        BusyError: If another has it and nobody is to wait.
        OSError: If the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode)
    try:
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise BusyError(busy) from None
        yield descriptor
    finally:
        os.close(descriptor)
