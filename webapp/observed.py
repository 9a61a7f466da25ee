"""Outside of all else: each request gets its id, and is written down and counted once it is answered."""

import logging
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp import metrics, request_id
from webapp.labels import method_of, route_of
from webapp.store import Store

# What other servers write for somebody who left before an answer began.
_LEFT = 499
_log = logging.getLogger(__name__)


class Observed:
    """Writes down and counts what the application inside answers, and when it stops."""

    def __init__(self, app: ASGIApp, store: Store, *, clock: Callable[[], float] = time.perf_counter) -> None:
        """Surround `app`; `store` knows which datasets there are, `clock` counts seconds."""
        self._app, self._store, self._clock = app, store, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live for as long as the server does."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        made, begun, status, sent = request_id.begin(), self._clock(), _LEFT, 0
        # Now: what is inside changes the scope.
        method, route = method_of(scope["method"]), route_of(scope["path"], self._store.datasets)

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = made
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            status = 500 if status == _LEFT else status
            metrics.FAULTS.inc()
            raise  # whoever runs the server writes the fault down, and ends the connection
        finally:
            seconds = self._clock() - begun
            metrics.answered(method, route, status, seconds)
            _say(method, route, status, seconds, sent)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = self._clock()

        async def watched(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                seconds = self._clock() - begun
                _log.info(
                    "stopped after serving for %.1f s", seconds, extra={"fields": {"message": "stopped", "seconds": round(seconds, 1)}}
                )
            await send(message)

        await self._app(scope, receive, watched)


def _say(method: str, route: str, status: int, seconds: float, sent: int) -> None:
    milliseconds = round(seconds * 1000, 1)
    fields = {"method": method, "route": route, "status": status, "milliseconds": milliseconds, "bytes": sent}
    _log.info("%s  %s  %s  %.0f ms", method, route, status, milliseconds, extra={"fields": fields})
