"""The lookup as an ASGI application: made anew for each run, and no more of Gradio than it needs."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress

import gradio as gr
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from webapp.access import visitor
from webapp.lookup.blocks import blocks, seen
from webapp.lookup.look import LOOK
from webapp.lookup.page import dress
from webapp.security import allow_nonce
from webapp.snapshot import Snapshot
from webapp.store import NoRunError, Store
from webapp.theme import Theme

_PATH = "/lookup"
# A question is an id and some names.
_MOST_BYTES = 16_384
_READ = ("/assets/", "/static/")
_HASHED = "/assets/"
# Around every answer Gradio loads matplotlib, so that it would open no window: a third of a second and 30 MB for what draws nothing here.
gr.utils.MatplotlibBackendMananger = nullcontext  # type: ignore[misc, assignment] # for mypy a class stays what it is
# Gradio notes in one place of the process what is being made: two at a time would end up in each other.
_MAKING = threading.Lock()


class Lookup:
    """Mount it at `/lookup`."""

    def __init__(self, store: Store, *, home: bool = True, searched: Callable[[str], bool] = lambda text: True) -> None:
        """Answer from `store`; `home` says whether the application is there to link to.

        `searched` is told of what is looked up, and says whether it may be.
        """
        self._store, self._home, self._searched = store, home, searched
        self._made: tuple[str, ASGIApp] | None = None
        self._seen: dict[str, str] = {}
        # Without a run it is made for the first request that finds one.
        with suppress(NoRunError):
            self.current()

    def current(self) -> tuple[Snapshot, ASGIApp]:
        """The run that is published now, and the Gradio application for it.

        Raises:
            NoRunError: If nothing is published.
        """
        snapshot = self._store.snapshot()
        with _MAKING:
            if self._made is None or self._made[0] != snapshot.run_id:
                shown = seen(snapshot)
                gone = {name: title for name, title in self._seen.items() if name not in shown}
                self._made = snapshot.run_id, asyncio.run(self._make(gone))
                self._seen |= shown
            return snapshot, self._made[1]

    async def _make(self, gone: dict[str, str]) -> ASGIApp:
        # Nothing is waited for, but without a running loop Gradio opens four, and leaves them open.
        return _application(blocks(self._store, home=self._home, gone=gone, searched=self._searched))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not _needed(scope["method"], path):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        snapshot, gradio = await run_in_threadpool(self.current)
        if path == "/":
            await self._page(snapshot, gradio, scope, receive, send)
        else:
            # Gradio would let the pages of any other site read the answer.
            await gradio(_without(scope, b"origin"), receive, _keeping(send) if path.startswith(_HASHED) else send)

    async def _page(self, snapshot: Snapshot, gradio: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        chosen = request.cookies.get("theme")
        theme: Theme | None = "dark" if chosen == "dark" else "light" if chosen == "light" else None
        if "__theme" in request.query_params:
            theme = None
        html = await _body(gradio, {**_without(scope, b"origin", b"accept-encoding"), "method": "GET"}, receive)
        who = visitor.current().name
        dressed = dress(html.decode(), snapshot, nonce=allow_nonce(scope), theme=theme, home=self._home, who=who)
        await HTMLResponse(dressed, headers={"Cache-Control": "no-store"})(scope, receive, send)


def _application(page: gr.Blocks) -> ASGIApp:
    """Gradio's application, which is always the last mount of the server it is mounted on."""
    server = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        page,
        _PATH,
        theme=LOOK,
        ssr_mode=False,
        footer_links=[],
        show_error=False,
        run_history=False,
        # No file of this machine is shown by address, and none is taken.
        allowed_paths=[],
        max_file_size=0,
    )
    mounted = server.routes[-1]
    assert isinstance(mounted, Mount)
    # Its lifespan starts the queue, which no event uses: it is left out.
    return RequestBodyLimitMiddleware(mounted.app, _MOST_BYTES)


def _needed(method: str, path: str) -> bool:
    """Whether the page asks for this: uploads, proxies and the rest of Gradio stay closed."""
    if method == "POST":
        return path == "/gradio_api/run/predict"
    return method in {"GET", "HEAD"} and (path in {"/", "/theme.css"} or path.startswith(_READ))


def _without(scope: Scope, *names: bytes) -> Scope:
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in names]}


def _keeping(send: Send) -> Send:
    """Lets browsers keep files whose names change with their content."""

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
        await send(message)

    return keep


async def _body(app: ASGIApp, scope: Scope, receive: Receive) -> bytes:
    """What an application answers, all of it."""
    parts: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"Gradio answered its own page with {message['status']}")
        parts.append(message.get("body", b""))

    await app(scope, receive, collect)
    return b"".join(parts)
