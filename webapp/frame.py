"""What surrounds all parts of the server: headers, health, and a page of its own while no run can be shown."""

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp import notice
from webapp.access.gate import Gate
from webapp.access.login import Login
from webapp.access.reception import Reception
from webapp.access.rules import LOGIN, LOGIN_BACK, LOGIN_PROVIDER, LOGOUT
from webapp.security import SecurityHeaders
from webapp.store import NoRunError, Store

_log = logging.getLogger(__name__)
# Also while nothing can be shown.
_WITHOUT_RUN = ("/healthz", "/readyz", LOGIN, LOGIN_PROVIDER, LOGIN_BACK, LOGOUT)


class Frame(FastAPI):
    """A server without parts: add routes to it, and mounts after them."""

    def __init__(
        self,
        store: Store,
        *,
        reception: Reception,
        script_hashes: Callable[[], Iterable[str]] = tuple,
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    ) -> None:
        """Make the server.

        `reception` knows who may come in, `script_hashes` the inline scripts of its pages, and `lifespan` surrounds its life.
        A run that is there is opened now, and what keeps it from being shown is logged.
        """
        # The parts make no API for others: nothing is described, and no addresses are taken for it.
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
        self._script_hashes, self._reception = script_hashes, reception
        self.add_middleware(WithRun, store=store)
        self.add_exception_handler(Exception, _failed)
        self.add_api_route("/healthz", _alive, methods=["GET", "HEAD"])
        self.add_api_route("/readyz", _readiness(store), methods=["GET", "HEAD"])
        self.router.routes += _ways_in(reception)
        try:
            store.snapshot()
        except NoRunError as error:
            _log.warning("%s", error)

    def build_middleware_stack(self) -> ASGIApp:
        """What the server is for those whom it was made for."""
        return self.behind(self._reception)

    def behind(self, reception: Reception) -> ASGIApp:
        """The usual stack with the gate before it, and the headers outside of both: what answers errors, or refuses, bears them too."""
        guarded = Gate(super().build_middleware_stack(), reception)
        return SecurityHeaders(guarded, script_hashes=self._script_hashes, is_https=reception.settings.origin.startswith("https:"))


class WithRun:
    """Answers every page itself while there is no run, and lets requests through once there is one."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        """Stand before `app`."""
        self._app, self._store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] not in _WITHOUT_RUN:
            try:
                # A new run is checked file by file: other requests go on meanwhile.
                await run_in_threadpool(self._store.snapshot)
            except NoRunError as error:
                await notice.no_run(str(error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _ways_in(reception: Reception) -> list[Route]:
    login = Login(reception)
    if reception.settings.provider is None:
        return login.routes
    # Loaded only where it is used.
    from webapp.access.oidc import ProviderLogin

    return [*ProviderLogin(reception, reception.settings.provider, login).routes, *login.routes]


def _alive() -> Response:
    return PlainTextResponse("ok\n")


def _readiness(store: Store) -> Callable[[], Response]:
    def ready() -> Response:
        try:
            run_id = store.snapshot().run_id
        except NoRunError as error:
            return PlainTextResponse(f"{error}\n", 503)
        # An older run is shown while the newest cannot be: ready, and worth saying.
        return PlainTextResponse(f"ready: run {run_id}\n{store.problem}".rstrip() + "\n")

    return ready


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to a fault; the server logs it with its traceback."""
    return notice.failed()
