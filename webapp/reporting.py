"""The report of the run that is shown, made in the browser: once per run, in a process of its own, and kept beside.

POST /reports/{run}              have it made: 202, and 404 once another run is shown
GET  /reports/jobs/{run}         how far it is, and which of its files are there
GET  /reports/files/{run}/{file}     one of them
"""

import asyncio
import hashlib
import logging
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from pipeline import __version__, locking
from pipeline.artifacts import Run
from pipeline.errors import BusyError
from pipeline.job_folder import DONE, FAILED, FAULT, PDF, STATUS, WORKBOOK, WORKING, read, tell
from webapp import child, private
from webapp.media import disposition, type_of
from webapp.store import NoRunError, Store

FILES = (PDF, WORKBOOK)
# A million customers take half a minute; on a machine that does other things as well it may be several times as long.
WORKING_SECONDS = 5 * 60
# Reports of so many runs are kept: whoever switches back and forth need not wait again.
_KEPT = 4
_NO_STORE = {"Cache-Control": "no-store"}
_BUSY = "The report is being made."
_STOPPED = "Making it was stopped. Ask for it again."
_log = logging.getLogger(__name__)


class Reporting:
    """What stands at /reports.

    Attributes:
        app: Answers its three routes.
    """

    def __init__(self, store: Store, root: Path | None = None) -> None:
        """Report on the current run of `store`; keep reports in a folder of `root`, which is by default this user's own."""
        self._store, self._root = store, root
        self._watching = child.Watching()
        self.app = Starlette(
            routes=[
                Route("/{run}", self._begin, methods=["POST"]),
                Route("/jobs/{run}", self._status),
                Route("/files/{run}/{file}", self._file),
            ],
            exception_handlers={HTTPException: _explained},
        )

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """For as long as the server is: nothing is made any more after the end."""
        try:
            yield
        finally:
            await self._watching.end()

    async def _begin(self, request: Request) -> Response:
        """Have it made, unless it is there or being made."""
        run = await run_in_threadpool(self._run, request)
        try:
            folder = await run_in_threadpool(self._folder, run)
            with locking.held(folder / "MAKING", busy=_BUSY) as turn:
                if _state(folder) != DONE:
                    # What failed before is in the log already.
                    (folder / FAULT).unlink(missing_ok=True)
                    tell(folder, WORKING)
                    runs, run_id = run.folder.parents[1], run.manifest.run_id
                    process = await child.start("pipeline.report_job", runs, run_id, folder, keeps=turn)
                    self._watching.add(_watched(process, folder))
        except BusyError:
            pass  # somebody else asked for it already
        except OSError as error:
            _log.exception("a report could not be begun")
            why = error.strerror or "it has no folder for it that it can use"
            raise HTTPException(503, f"The server could not make the report: {why}. Try again later.") from None
        return JSONResponse({"run": run.manifest.run_id}, 202, _NO_STORE)

    async def _status(self, request: Request) -> Response:
        """How far it is."""
        run = await run_in_threadpool(self._run, request)
        return JSONResponse(await run_in_threadpool(self._told, run), headers=_NO_STORE)

    async def _file(self, request: Request) -> Response:
        """One of its files."""
        run = await run_in_threadpool(self._run, request)
        name, folder = request.path_params["file"], self._place(run)
        if name not in FILES or not (folder / name).is_file():
            raise HTTPException(404, f"There is no {name}. There are: {', '.join(FILES)}, once the report is made.")
        named = {"Content-Disposition": disposition(f"clientele-{run.manifest.created_at:%Y%m%d}-{name}")}
        return FileResponse(folder / name, media_type=type_of(name), headers={**_NO_STORE, **named})

    def _run(self, request: Request) -> Run:
        """The run that is shown, if it is the one that is asked for."""
        try:
            run = self._store.snapshot().run
        except NoRunError as error:
            raise HTTPException(503, str(error)) from None
        if run.manifest.run_id != request.path_params["run"]:
            raise HTTPException(404, "Another run is shown by now. Reload the page.")
        return run

    def _told(self, run: Run) -> dict[str, Any]:
        folder = self._place(run)
        status: dict[str, Any] = read(folder / STATUS) or {"state": FAILED, "stage": "", "message": _STOPPED}
        if status["state"] == WORKING and _is_free(folder):
            # Whoever was making it may have had the last word since.
            status = read(folder / STATUS) or status
            if status["state"] == WORKING:
                status = {"state": FAILED, "stage": "", "message": _STOPPED}
        return {**status, "files": [name for name in FILES if (folder / name).is_file()]}

    def _folder(self, run: Run) -> Path:
        """Where its report is, or will be; those of runs that were asked for longest ago are removed."""
        folder = self._place(run)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.touch()
        others = sorted((path for path in folder.parent.iterdir() if path != folder), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[_KEPT - 1 :]:
            if _is_free(path):
                shutil.rmtree(path, ignore_errors=True)
        return folder

    def _place(self, run: Run) -> Path:
        """By what the run holds and who reports: runs of different places may have one id, and a newer version reports otherwise."""
        known = (run.folder / "manifest.json").read_bytes() + __version__.encode()
        return private.folder(self._root) / "reports" / hashlib.sha256(known).hexdigest()[:32]


async def _watched(process: Process, folder: Path) -> None:
    """Wait for the end, and say so where the process could not any more."""
    try:
        how = await child.ended(process, WORKING_SECONDS)
    except asyncio.CancelledError:
        tell(folder, FAILED, message=_STOPPED)
        raise
    if _state(folder) == WORKING:
        _log.error("a report ended without a word, with exit code %s", process.returncode)
        tell(folder, FAILED, message=f"Making it was stopped {how}. `python -m pipeline report` has no such limit.")
    if fault := read(folder / FAULT):
        _log.error("a report failed", extra={"fault": fault["fault"]})


def _state(folder: Path) -> str:
    """How it stands; failed where nobody ever began."""
    return str((read(folder / STATUS) or {"state": FAILED})["state"])


def _is_free(folder: Path) -> bool:
    """Whether nobody is making it."""
    try:
        with locking.held(folder / "MAKING", busy=_BUSY):
            return True
    except BusyError:
        return False


def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code, _NO_STORE)
