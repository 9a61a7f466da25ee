"""Work for somebody who waits elsewhere, in a process of its own: its progress and its end are told in a folder, see `job_folder`."""

import os
from collections.abc import Callable
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


def limit_to_upload() -> None:
    """Hold this process to the memory that a file which somebody sent may take: it holds all its customers."""
    limit_memory(upload(0).memory)


def run(folder: Path, read: Callable[[Report], T], write: Callable[[T], None], *, no_room: str, is_all: bool = True) -> int:
    """Do the work, and say in `folder` how far it is and how it ended; the exit code is that of the command line.

    Args:
        folder: Where all is told.
        read: Finds out what there is to write, and refuses what is at fault.
        write: Leaves that in the folder.
        no_room: What is said where memory does not suffice.
        is_all: Whether it is done then; else whoever started this has something left to do, and the last word.
    """

    def tell(_: str, stage: str) -> None:
        job_folder.tell(folder, WORKING, stage=stage)

    try:
        try:
            found = read(tell)
        except ClienteleError as error:
            job_folder.tell(folder, REFUSED if isinstance(error, InputError) else FAILED, message=str(error))
            return error.exit_code
        write(found)
    except MemoryError:
        job_folder.tell(folder, REFUSED, message=no_room)
        return InputError.exit_code
    except Exception as error:  # noqa: BLE001 # whoever waits is told in any case, and the server's log has the rest
        job_folder.put(folder / FAULT, {"fault": faults.told(error)})
        job_folder.tell(folder, FAILED, message="The fault is ours and stands in the log.")
        return 1
    if is_all:
        job_folder.tell(folder, DONE)
    return 0


def run_on(file: Path, folder: Path, read: Callable[[Report, Limits], T], write: Callable[[T], None], *, is_all: bool = True) -> int:
    """The same of a file that somebody sent, which is removed once it is read; `read` hears what it may take."""

    def taken(report: Report) -> T:
        try:
            return read(report, upload(file.stat().st_size))
        finally:
            file.unlink(missing_ok=True)

    no_room = f"{file.name}: there is no room for all its customers at once. Split it into smaller files."
    return run(folder, taken, write, no_room=no_room, is_all=is_all)
