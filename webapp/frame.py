"""What surrounds all parts of the server: headers, health, and a page of its own while no run can be shown."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp import health, notice
from webapp.observed import Observed
from webapp.security import SecurityHeaders
from webapp.store import NoRunError, Store


class Frame(FastAPI):
    """A server without parts: add routes to it, and mounts after them."""

    def __init__(
        self,
        store: Store,
        *,
        script_hashes: Callable[[], Iterable[str]] = tuple,
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    ) -> None:
        """Make the server; `script_hashes` names the inline scripts of its pages, `lifespan` surrounds its life.

        A run that is there is opened now.
        """
        # The parts make no API for others: nothing is described, and no addresses are taken for it.
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
        self._store, self._script_hashes = store, script_hashes
        self.add_middleware(RunGate, store=store)
        self.add_exception_handler(Exception, _failed)
        self.include_router(health.router(store))
        with suppress(NoRunError):  # the store says why, and so does every answer
            store.snapshot()

    def build_middleware_stack(self) -> ASGIApp:
        """The usual stack, and the headers and the log outside of it: what answers errors stands inside too."""
        return Observed(SecurityHeaders(super().build_middleware_stack(), script_hashes=self._script_hashes), self._store)


class RunGate:
    """Answers every page itself while there is no run, and lets requests through once there is one."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        """Stand before `app`."""
        self._app, self._store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] not in health.WITHOUT_RUN:
            try:
                # A new run is checked file by file: other requests go on meanwhile.
                await run_in_threadpool(self._store.snapshot)
            except NoRunError as error:
                await notice.no_run(str(error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to a fault; the server logs it with its traceback."""
    return notice.failed()
