"""Files that were sent, each read by a process of its own that is watched until it ends."""

import asyncio
import logging
from asyncio.subprocess import Process
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from pipeline.errors import ClienteleError
from pipeline.job_folder import DONE, FAILED, FAULT, RESULT, WORKING, read
from webapp import child, metrics
from webapp.jobs import WORKING_SECONDS, Job

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What is to be made of a file.

    Attributes:
        dataset: Whose customers it is about.
        module: What is run; after `arguments` it is given the file and the job's folder.
        arguments: Of it.
        keep: Keeps what came of it for longer than jobs are kept; None where that is all.
        campaign: Whose outcomes it holds; empty for none.
    """

    dataset: str
    module: str
    arguments: Sequence[object]
    keep: Callable[[dict[str, Any]], None] | None = None
    campaign: str = ""


async def begin(reading: Reading, job: Job, turn: int) -> Coroutine[Any, Any, None]:
    """Start a process that reads a job's file, and holds the descriptor `turn` for as long as it lives; what waits for its end."""
    arguments = (*reading.arguments, job.sent, job.folder)
    process = await child.start(reading.module, *arguments, keeps=turn, more={"TMPDIR": str(job.work)})
    return _watch(process, job, reading)


async def _watch(process: Process, job: Job, reading: Reading) -> None:
    """Wait for the end, and say so where the process could not any more."""
    try:
        how = await child.ended(process, WORKING_SECONDS)
    except asyncio.CancelledError:
        job.remove()
        metrics.UPLOADS.labels("stopped").inc()
        raise
    job.clear()
    if reading.keep and process.returncode == 0 and job.status["state"] == WORKING:
        await run_in_threadpool(_keep, job, reading.keep)
    if job.status["state"] == WORKING:
        _log.error("reading a file ended without a word, with exit code %s", process.returncode)
        job.tell(FAILED, f"Reading it was stopped {how}. Send a smaller file.")
    if fault := read(job.folder / FAULT):
        _log.error("reading a file for %s failed", job.dataset, extra={"fault": fault["fault"]})
    metrics.UPLOADS.labels(job.status["state"]).inc()


def _keep(job: Job, keep: Callable[[dict[str, Any]], None]) -> None:
    """Keep what came of a file, and say that it is done."""
    try:
        keep(read(job.folder / RESULT) or {})
    except (ClienteleError, OSError) as error:
        _log.exception("what came of a file could not be kept")
        why = str(error) if isinstance(error, ClienteleError) else error.strerror
        job.tell(FAILED, f"The result could not be kept: {why}")
    else:
        job.tell(DONE)
