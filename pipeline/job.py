"""Work on a file that somebody sent, in a process of its own: its progress and its end are told in a folder, see `job_folder`."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline import faults, job_folder
from pipeline.errors import ClienteleError, InputError
from pipeline.job_folder import DONE, FAILED, FAULT, REFUSED, WORKING
from pipeline.limits import Limits, limit_memory, upload
from pipeline.meter import Report

T = TypeVar("T")

# Whoever waits for a page comes first.
_NICENESS = 10


def yield_to_others() -> None:
    """Have this process leave room for whoever waits for a page, and its files to nobody else."""
    os.umask(0o077)
    os.nice(_NICENESS)
    limit_memory(upload(0).memory)  # of this process too: it holds all customers of the file


def run(file: Path, folder: Path, read: Callable[[Report, Limits], T], write: Callable[[T], None], *, is_all: bool = True) -> int:
    """Read a file, which is then removed, and write what came of it; the exit code is that of the command line.

    Args:
        file: What was sent.
        folder: Where all is told.
        read: Makes something of the file, and refuses it where it is at fault.
        write: Leaves that in the folder.
        is_all: Whether it is done then; else whoever started this has something left to do, and the last word.
    """
    try:
        try:
            found = read(partial(_working, folder), upload(file.stat().st_size))
        except ClienteleError as error:
            job_folder.tell(folder, REFUSED if isinstance(error, InputError) else FAILED, message=str(error))
            return error.exit_code
        finally:
            file.unlink(missing_ok=True)
        write(found)
    except MemoryError:
        job_folder.tell(
            folder, REFUSED, message=f"{file.name}: there is no room for all its customers at once. Split it into smaller files."
        )
        return InputError.exit_code
    except Exception as error:  # noqa: BLE001 # whoever waits is told in any case, and the server's log has the rest
        job_folder.put(folder / FAULT, {"fault": faults.told(error)})
        job_folder.tell(folder, FAILED, message="The fault is ours and stands in the log.")
        return 1
    if is_all:
        job_folder.tell(folder, DONE)
    return 0


def _working(folder: Path, _: str, stage: str) -> None:
    job_folder.tell(folder, WORKING, stage=stage)
