"""A run named or pinned: POST /runs/label/{run}, as `python -m pipeline name` and `pin` do it."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from pipeline import labels, remote
from pipeline.errors import ClienteleError, InputError, UnknownRunError
from webapp import notice

# Of a form: a name is at most 60 characters, each up to 12 bytes.
_MOST_BYTES = 4_096


def router(place: str) -> APIRouter:
    """The route, for the runs that are published in a folder or at an address."""
    routes = APIRouter()

    @routes.post("/runs/label/{run}", include_in_schema=False)
    async def label(run: str, request: Request) -> Response:
        """Change what the form says of the run: `name`, or `pinned`, which is "yes" or anything else."""
        try:
            changes = _changes(await _form(request))
            for change in changes:
                await run_in_threadpool(remote.label, place, run, change)
        except UnknownRunError as error:
            return notice.refused(str(error), 404)
        except InputError as error:
            return notice.refused(str(error), 400)
        except ClienteleError as error:
            return notice.refused(str(error), 409)
        return RedirectResponse("/data", 303)

    return routes


def _changes(form: dict[str, str]) -> list[labels.Change]:
    changes = [labels.named(form["name"])] if "name" in form else []
    changes += [labels.pinned(form["pinned"] == "yes")] if "pinned" in form else []
    if not changes:
        raise InputError("Nothing was to be changed. Send a name, or whether the run is pinned.")
    return changes


async def _form(request: Request) -> dict[str, str]:
    """The fields that were sent.

    Raises:
        InputError: If they are more than a form of ours ever holds.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise InputError(f"A form for a run holds at most {_MOST_BYTES:,} bytes. Use a shorter name.")
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
