"""A run named or pinned: POST /runs/label/{run}, as `python -m pipeline name` and `pin` do it."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline import labels, remote
from pipeline.errors import ClienteleError, InputError, UnknownRunError
from pipeline.storage import StorageError
from webapp import notice

# Of a form; a name that is too long for a run fits into it, and is told so.
_MOST_BYTES = 10_000


def labelling(place: str) -> Starlette:
    """What stands at /runs/label, for the runs that are published in a folder or at an address."""

    async def label(request: Request) -> Response:
        """Change what the form says of the run: `name`, or `pinned`, which is "yes" or anything else."""
        async with request.form(max_files=0, max_fields=3) as form:
            found = dict(form)
        try:
            for change in _changes(found):
                await run_in_threadpool(remote.label, place, request.path_params["run"], change)
        except ClienteleError as error:
            return notice.refused(str(error), _status(error))
        return RedirectResponse("/data", 303)

    limited = [Middleware(RequestBodyLimitMiddleware, max_body_size=_MOST_BYTES)]
    routes = [Route("/{run}", label, methods=["POST"], middleware=limited)]
    return Starlette(routes=routes, exception_handlers={HTTPException: _explained})


def _changes(form: Mapping[str, Any]) -> list[labels.Change]:
    changes = [labels.named(str(form["name"]))] if "name" in form else []
    changes += [labels.pinned(form["pinned"] == "yes")] if "pinned" in form else []
    if not changes:
        raise InputError("Nothing was to be changed. Send a name, or whether the run is pinned.")
    return changes


def _status(error: ClienteleError) -> int:
    """Whose turn it is: of whoever sent the form, or of whoever looks after the runs."""
    if isinstance(error, UnknownRunError):
        return 404
    if isinstance(error, StorageError):
        return 503
    return 400 if isinstance(error, InputError) else 409


def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return notice.refused(error.detail, error.status_code)
