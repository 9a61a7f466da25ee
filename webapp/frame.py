"""What surrounds all parts of the server: headers, health, and a page of its own while no run can be shown."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp import health, notice
from webapp.access.gate import Gate
from webapp.access.login import Login
from webapp.access.reception import Reception
from webapp.access.rules import LOGIN, LOGIN_BACK, LOGIN_PROVIDER, LOGOUT
from webapp.observed import Observed
from webapp.security import SecurityHeaders
from webapp.store import NoRunError, Store

# Also while nothing can be shown.
_WITHOUT_RUN = (*health.WITHOUT_RUN, LOGIN, LOGIN_PROVIDER, LOGIN_BACK, LOGOUT)


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
        A run that is there is opened now.
        """
        # The parts make no API for others: nothing is described, and no addresses are taken for it.
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
        self._store, self._reception, self._script_hashes = store, reception, script_hashes
        self.add_middleware(WithRun, store=store)
        self.add_exception_handler(Exception, _failed)
        self.include_router(health.router(store))
        self.router.routes += _ways_in(reception)
        with suppress(NoRunError):  # the store says why, and so does every answer
            store.snapshot()

    def build_middleware_stack(self) -> ASGIApp:
        """What the server is for those whom it was made for."""
        return self.behind(self._reception)

    def behind(self, reception: Reception) -> ASGIApp:
        """The usual stack; the gate before it; the headers, and what is written down, around both: refusals are answers too."""
        guarded = Gate(super().build_middleware_stack(), reception)
        is_https = reception.settings.origin.startswith("https:")
        return Observed(SecurityHeaders(guarded, script_hashes=self._script_hashes, is_https=is_https), self._store)


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


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to a fault; the server logs it with its traceback."""
    return notice.failed()
