"""A part of the server that takes long to load: it is made beside, while the other parts already answer."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

from starlette.types import ASGIApp, Receive, Scope, Send


class Arriving:
    """An ASGI application that is made in a thread of its own; requests for it wait until it is there."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        """Stand in for what `make` returns. Nothing is made before `start`, or the first request."""
        self._make = make
        self._made: Future[ASGIApp] = Future()
        self._starting = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Begin to make it, once. A fault is shown at once, and again to every request."""
        with self._starting:
            if not self._started:
                self._started = True
                # Waited for at the end: Python stops a daemon wherever it is, which in the midst of a library aborts the process.
                threading.Thread(target=self._run, name="arriving", daemon=False).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        self.start()
        # Shielded: who leaves must not take it away from the others.
        app = await asyncio.shield(asyncio.wrap_future(self._made))
        await app(scope, receive, send)

    def _run(self) -> None:
        try:
            self._made.set_result(self._make())
        except BaseException as error:
            self._made.set_exception(error)
            raise
