"""Scoring in the browser: a file comes in a stream, a process of its own reads it, and its progress can be asked for.

POST /scoring/{dataset}          the file, as multipart/form-data: 202 and the job's id; 413 beyond the limit, 429 while another is read
GET  /scoring/jobs/{id}          its status
GET  /scoring/jobs/{id}/{file}   its results
"""

import asyncio
import logging
import re
import shutil
import sys
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from webapp.jobs import FILES, BusyError, Job, Jobs
from webapp.security import refuse_other_sites
from webapp.settings import Settings
from webapp.store import Store

# What surrounds the file in its form.
_FORM_BYTES = 16_384
_LONGEST_NAME, _LONGEST_ENDING = 120, 10
# Pages come first: the child and its own yield to them.
_NICENESS = 10
_NO_STORE = {"Cache-Control": "no-store"}
_log = logging.getLogger(__name__)


def scoring(store: Store, settings: Settings, jobs: Jobs) -> Starlette:
    """The application to mount at /scoring."""
    scorer = _Scorer(store, settings, jobs)
    limited = [Middleware(RequestBodyLimitMiddleware, max_body_size=settings.upload_bytes + _FORM_BYTES)]
    return Starlette(
        routes=[
            Route("/{dataset}", scorer.receive, methods=["POST"], middleware=limited),
            Route("/jobs/{id}", scorer.status),
            Route("/jobs/{id}/{file}", scorer.file),
        ],
        exception_handlers={HTTPException: _explained},
    )


class _Scorer:
    """Answers the three routes."""

    def __init__(self, store: Store, settings: Settings, jobs: Jobs) -> None:
        self._store, self._settings, self._jobs = store, settings, jobs
        self._running: set[asyncio.Task[None]] = set()

    async def receive(self, request: Request) -> Response:
        """Take a file and begin to score it."""
        refuse_other_sites(request)
        dataset = request.path_params["dataset"]
        snapshot = self._store.snapshot()
        if dataset not in snapshot.datasets:
            raise HTTPException(404, f"No dataset is called {dataset!r}. There are: {', '.join(snapshot.datasets)}.")
        try:
            with self._jobs.turn() as turn:
                job, path = await self._stored(request, dataset)
                process = await self._started(snapshot.run_id, dataset, path, job, turn)
        except BusyError:
            raise HTTPException(429, "Another file is being read. Try again in a minute.", {"Retry-After": "30"}) from None
        task = asyncio.create_task(self._watched(process, job))
        # A task that nobody holds may be collected before it ends.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return JSONResponse({"id": job.id}, 202, _NO_STORE)

    async def status(self, request: Request) -> Response:
        """How far a job is."""
        return JSONResponse(self._job(request).status, headers=_NO_STORE)

    async def file(self, request: Request) -> Response:
        """One of its results."""
        job, name = self._job(request), request.path_params["file"]
        path = job.folder / name
        if name not in FILES or job.result is None or not path.is_file():
            raise HTTPException(404, f"There is no {name}. There are: {', '.join(FILES)}, once the file is scored.")
        of = f"{job.about['dataset']}-{PurePosixPath(job.about['file']).stem}-{name}"
        named = f"attachment; filename*=UTF-8''{quote(of, safe='')}"
        return FileResponse(path, media_type=FILES[name], headers={**_NO_STORE, "Content-Disposition": named})

    def _job(self, request: Request) -> Job:
        job = self._jobs.find(request.path_params["id"])
        if job is None:
            raise HTTPException(404, "This result is no longer kept. Send the file again.")
        return job

    async def _stored(self, request: Request, dataset: str) -> tuple[Job, Path]:
        """The file under its own name, alone in a folder; what the form held it in is gone."""
        async with request.form(max_files=1, max_fields=1) as form:
            sent = form.get("file")
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise HTTPException(400, "The form holds no file. Send one as the field 'file'.")
            if (sent.size or 0) > self._settings.upload_bytes:
                raise HTTPException(413)
            job = self._jobs.begin(dataset, _plain(sent.filename))
            folder = job.folder / "sent"
            folder.mkdir(mode=0o700)
            path = folder / job.about["file"]
            await run_in_threadpool(_copy, sent, path)
        return job, path

    async def _started(self, run_id: str, dataset: str, path: Path, job: Job, turn: int) -> asyncio.subprocess.Process:
        arguments = [self._settings.artifacts, run_id, dataset, path, job.folder]
        return await asyncio.create_subprocess_exec(
            "nice", "-n", str(_NICENESS), sys.executable, "-m", "pipeline.scoring_job", *map(str, arguments), pass_fds=(turn,)
        )  # fmt: skip

    async def _watched(self, process: asyncio.subprocess.Process, job: Job) -> None:
        """Wait for the end, and say so where the process could not any more."""
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            job.remove()
            raise
        shutil.rmtree(job.folder / "sent", ignore_errors=True)
        if job.status["state"] == "working":
            _log.error("scoring ended with exit code %s and without a word", code)
            job.tell("failed", "Reading it was stopped by the system, most likely for want of memory. Send a smaller file.")


def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code, {**(error.headers or {}), **_NO_STORE})


def _plain(name: str) -> str:
    """The last part of a name as a browser sends it, short, and without what folders and terminals read otherwise."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[\x00-\x1f\x7f]", "", last).lstrip(".") or "file"
    path = PurePosixPath(kept)
    return f"{path.stem[:_LONGEST_NAME]}{path.suffix[:_LONGEST_ENDING]}"


def _copy(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(sent.file, out)
