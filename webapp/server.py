"""The server: one process for the pages (Dash), the lookup (Gradio), the files, and health.

`app` is what gunicorn runs: `gunicorn webapp.server:app -k uvicorn_worker.UvicornWorker`.
"""

import gc
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from webapp import logs
from webapp.access.reception import Reception
from webapp.arriving import Arriving
from webapp.frame import Frame
from webapp.jobs import Jobs
from webapp.settings import Settings
from webapp.store import Store

Beside = Callable[[], AbstractAsyncContextManager[None]]


def create_server(
    settings: Settings, *, jobs: Jobs | None = None, reports: Path | None = None, clock: Callable[[], float] = time.monotonic
) -> FastAPI:
    """The whole product on the runs that `settings` names.

    It starts without a run, and shows one as soon as it is published. Make one per process: Dash keeps callbacks in a module.

    Args:
        settings: What the environment says.
        jobs: The files that were sent to be scored.
        reports: The folder that reports are kept in; by default one of this user's.
        clock: Counts the seconds between two looks for a new run.
    """
    from pipeline.campaigns import Campaigns
    from webapp import switching
    from webapp.audiences import Audiences
    from webapp.dash_app import create_app
    from webapp.downloads import router
    from webapp.files import compress_ahead
    from webapp.following import follow
    from webapp.giving_back import giving_back
    from webapp.labelling import labelling
    from webapp.reporting import Reporting
    from webapp.scoring import Scoring
    from webapp.views.prepared import prepare

    place = settings.address or str(settings.artifacts)
    store, jobs = Store(settings.artifacts, clock=clock, prepare=prepare), jobs or Jobs()
    reception = Reception(settings.access, run_id=lambda: store.shown)
    campaigns = Campaigns(settings.artifacts, settings.address)
    pages = create_app(store, settings, jobs, campaigns, searched=reception.searched)
    scoring, reporting = Scoring(store, settings, jobs, campaigns), Reporting(store, reports)
    alive = (follow(store, settings), scoring.alive, reporting.alive, giving_back)
    return assemble(
        store,
        pages.server,
        reception=reception,
        script_hashes=pages.csp_hashes,
        routers=[router(store), switching.router(place, switched=store.refresh)],
        mounts={
            "/scoring": scoring.app,
            "/reports": reporting.app,
            "/audiences": Audiences(store, campaigns).app,
            "/runs/label": labelling(place),
        },
        beside=partial(_beside, alive, partial(compress_ahead, pages.server, store.arrived)),
    )


@asynccontextmanager
async def _beside(alive: Sequence[Beside], begun: Callable[[], object]) -> AsyncIterator[None]:
    """Several that go on for as long as the server lives, and what is done once all of them have begun."""
    async with AsyncExitStack() as stack:
        for part in alive:
            await stack.enter_async_context(part())
        begun()
        yield


def assemble(
    store: Store,
    pages: Callable[..., Iterable[bytes]],
    *,
    reception: Reception,
    script_hashes: Callable[[], Iterable[str]] = tuple,
    routers: Sequence[APIRouter] = (),
    mounts: Mapping[str, ASGIApp] = MappingProxyType({}),
    beside: Beside = nullcontext,
) -> FastAPI:
    """Put the parts together.

    Args:
        store: The runs.
        pages: A WSGI application that answers all that nothing else does.
        reception: Who may come in.
        script_hashes: The inline scripts of those pages, asked for with each response.
        routers: Routes that come before.
        mounts: Applications that come before, by how their addresses begin.
        beside: What goes on for as long as the server lives.
    """
    lookup = Arriving(lambda: _lookup(store, reception))

    @asynccontextmanager
    async def started(_: FastAPI) -> AsyncIterator[None]:
        lookup.start()
        async with beside():
            yield

    server = Frame(store, reception=reception, script_hashes=script_hashes, lifespan=started)
    for router in routers:
        server.include_router(router)
    for path, app in mounts.items():
        server.mount(path, app)
    server.add_api_route("/lookup", _with_slash, methods=["GET", "HEAD"])
    server.mount("/lookup", lookup)
    # Python runs one thread at a time: more of them would only take longer, each and all.
    server.mount("/", WSGIMiddleware(pages, workers=2))  # type: ignore[arg-type] # it has types of its own for the same
    return server


def _lookup(store: Store, reception: Reception) -> ASGIApp:
    from webapp.lookup.mount import Lookup

    lookup = Lookup(store, searched=reception.searched)
    # The last to be loaded. All of it stays for good, and the collector of garbage need not go through it again and again.
    gc.collect()
    gc.freeze()
    return lookup


def _with_slash() -> RedirectResponse:
    return RedirectResponse("/lookup/", 308)


def __getattr__(name: str) -> Any:
    """Make `app` when it is asked for: importing this module opens nothing."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    logs.configure()
    globals()["app"] = app = create_server(Settings.from_environment())
    return app
