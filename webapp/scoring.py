"""Files in the browser: one comes in a stream, a process of its own reads it, and its progress can be asked for.

POST /scoring/{dataset}               customers to be scored, as multipart/form-data: 202 and the job's id; 413 beyond the limit, 429 while
                                      another is read
POST /scoring/campaigns/{id}          outcomes of a campaign, the same way
GET  /scoring/jobs/{id}               its status
GET  /scoring/results/{id}/{file}     what came of it
"""

import asyncio
import logging
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from pipeline.campaigns import Campaigns
from pipeline.errors import BusyError, ClienteleError
from pipeline.job_folder import DONE
from webapp import child, metrics, readers
from webapp.access import visitor
from webapp.jobs import FILES, Job, Jobs
from webapp.media import disposition, type_of
from webapp.readers import Reading
from webapp.settings import Settings
from webapp.store import Store

# What surrounds the file in its form.
_FORM_BYTES = 16_384
# A sender who dawdles would keep all others from their turn.
_SENDING_SECONDS = 5 * 60
_SWEEPING_SECONDS = 60
_AGAIN_SECONDS = 0.2
# Of a name. Most systems allow 255 bytes for it, and what is taken out of a file is called after it.
_LONGEST_NAME, _LONGEST_ENDING = 120, 12
_NO_STORE = {"Cache-Control": "no-store"}
# Of a file that was not taken, by the status of the answer.
_OUTCOMES = {413: "too_large", 429: "busy"}
_log = logging.getLogger(__name__)


class Scoring:
    """What stands at /scoring.

    Attributes:
        app: Answers its routes.
    """

    def __init__(self, store: Store, settings: Settings, jobs: Jobs, campaigns: Campaigns, *, patience: float = 20.0) -> None:
        """Score by the current run of `store`; `patience` is for how many seconds a file waits for its turn."""
        self._patience = patience
        self._store, self._settings, self._jobs, self._campaigns = store, settings, jobs, campaigns
        self._watching = child.Watching()
        self._trouble = ""
        limited = [Middleware(RequestBodyLimitMiddleware, max_body_size=settings.upload_bytes + _FORM_BYTES)]
        self.app = Starlette(
            routes=[
                Route("/{dataset}", self._score, methods=["POST"], middleware=limited),
                Route("/campaigns/{campaign}", self._conclude, methods=["POST"], middleware=limited),
                Route("/jobs/{id}", self._status),
                Route("/results/{id}/{file}", self._file),
            ],
            exception_handlers={HTTPException: _explained},
        )

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """For as long as the server is: results are removed when their time is over, and nothing is read any more after the end.

        Without a folder for jobs the pages go on; whoever sends a file is told.
        """
        await self._swept()
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])
            await self._watching.end()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEPING_SECONDS)
            await self._swept()

    async def _swept(self) -> None:
        """Remove what is too old; what keeps it from being removed is logged once."""
        trouble = ""
        try:
            await run_in_threadpool(self._jobs.sweep)
        except OSError as error:
            trouble = str(error)
        if trouble and trouble != self._trouble:
            _log.warning("no files can be scored in the browser, and none removed: %s", trouble)
        self._trouble = trouble

    async def _score(self, request: Request) -> Response:
        """Take a file and begin to score it."""
        if not self._settings.upload_bytes:
            raise HTTPException(404, "No files are taken here. Whoever runs this can: python -m pipeline score.")
        dataset = request.path_params["dataset"]
        snapshot = await run_in_threadpool(self._store.snapshot)
        if dataset not in snapshot.datasets:
            raise HTTPException(404, f"No dataset is called {dataset!r}. There are: {', '.join(snapshot.datasets)}.")
        arguments = (self._settings.artifacts, snapshot.run_id, dataset)
        return await self._received(request, Reading(dataset, "pipeline.scoring_job", arguments))

    async def _conclude(self, request: Request) -> Response:
        """Take the outcomes of a campaign and begin to read them."""
        if not self._settings.upload_bytes:
            raise HTTPException(404, "No files are taken here. Whoever runs this can allow it: CLIENTELE_UPLOAD_MB.")
        reading = await run_in_threadpool(self._outcomes_of, request.path_params["campaign"])
        return await self._received(request, reading)

    def _outcomes_of(self, campaign_id: str) -> Reading:
        """How outcomes of a campaign are read, and kept with it."""
        try:
            campaign = self._campaigns.find(campaign_id)
            if campaign is None:
                raise HTTPException(404, f"There is no campaign {campaign_id!r}.")
            assignment = self._campaigns.assignment(campaign)
        except ClienteleError as error:
            raise HTTPException(503, str(error)) from None

        sender = visitor.current().name

        def keep(result: dict[str, Any]) -> None:
            told = {"sent_at": datetime.now(UTC).isoformat(timespec="seconds"), "sent_by": sender}
            self._campaigns.conclude(campaign, {**result, **told})

        arguments = (campaign.model_dump_json(), assignment)
        return Reading(campaign.dataset, "pipeline.outcome_job", arguments, keep, campaign.id)

    async def _received(self, request: Request, reading: Reading) -> Response:
        """Take a file and begin to read it."""
        try:
            with ExitStack() as stack:
                turn = await self._turn(stack)
                job = await self._begun(request, reading, turn)
        except BusyError:
            raise HTTPException(429, "Another file is being read. Try again in a minute.", {"Retry-After": "30"}) from None
        except ClientDisconnect:
            metrics.UPLOADS.labels("not_taken").inc()
            return Response(status_code=400)  # nobody is there any more to read it
        except TimeoutError:
            raise HTTPException(408, f"Sending the file took longer than {_SENDING_SECONDS // 60} minutes.") from None
        except OSError as error:
            _log.exception("a file could not be taken")
            # Without the words of the system it is one of ours, which names folders: those are for the log.
            why = error.strerror or "it has no folder for it that it can use"
            raise HTTPException(503, f"The server could not take the file: {why}. Try again later.") from None
        return JSONResponse({"id": job.id}, 202, _NO_STORE)

    async def _turn(self, stack: ExitStack) -> int:
        """The right to score one file, waited for a while: most are read in seconds.

        Raises:
            BusyError: If another file was being scored all the while.
        """
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return stack.enter_context(self._jobs.turn())
            except BusyError:
                if asyncio.get_running_loop().time() >= until:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _status(self, request: Request) -> Response:
        """How far a job is."""
        return JSONResponse(self._job(request).status, headers=_NO_STORE)

    async def _file(self, request: Request) -> Response:
        """One of its results."""
        job, name = self._job(request), request.path_params["file"]
        if name not in job.files or job.status["state"] != DONE:
            raise HTTPException(404, f"There is no {name}. There are: {', '.join(FILES)}, once the file is scored.")
        of = f"{job.dataset}-{PurePosixPath(job.file).stem}-{name}"
        return FileResponse(job.folder / name, media_type=type_of(name), headers={**_NO_STORE, "Content-Disposition": disposition(of)})

    def _job(self, request: Request) -> Job:
        job = self._jobs.find(request.path_params["id"])
        if job is None:
            raise HTTPException(404, "This result is no longer kept. Send the file again.")
        return job

    async def _begun(self, request: Request, reading: Reading, turn: int) -> Job:
        """The file under its own name, alone in a folder, and a process that reads it; what the form held it in is gone."""
        async with asyncio.timeout(_SENDING_SECONDS):
            form = await request.form(max_files=1, max_fields=1)
        try:
            sent = form.get("file")
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise HTTPException(400, "The form holds no file. Send one as the field 'file'.")
            if (sent.size or 0) > self._settings.upload_bytes:
                raise HTTPException(413)
            job = self._jobs.begin(reading.dataset, _plain(sent.filename), reading.campaign)
            try:
                await run_in_threadpool(_copy, sent, job.sent)
                self._watching.add(await readers.begin(reading, job, turn))
            except BaseException:
                job.remove()
                raise
            return job
        finally:
            await form.close()


def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.method == "POST":
        metrics.UPLOADS.labels(_OUTCOMES.get(error.status_code, "not_taken")).inc()
    return JSONResponse({"message": error.detail}, error.status_code, {**(error.headers or {}), **_NO_STORE})


def _plain(name: str) -> str:
    """The last part of a name as a browser sends it, short, and without what folders and terminals read otherwise."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(filter(str.isprintable, last)).lstrip(".") or "file"
    path = PurePosixPath(kept)
    return _cut(path.stem, _LONGEST_NAME) + _cut(path.suffix, _LONGEST_ENDING)


def _cut(text: str, most: int) -> str:
    """The beginning of a text, in bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")


def _copy(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(sent.file, out)
