"""Running a server from the command line: the address once it answers, and a clean end."""

import logging
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from webapp.access.settings import SettingsError

# Accepted requests have this long to finish after SIGTERM.
FINISHING_SECONDS = 8
_log = logging.getLogger(__name__)


def address(*, port: int) -> tuple[str, int]:
    """Where to listen: `HOST` and `PORT`, or this machine alone and `port`.

    Raises:
        SettingsError: If `PORT` is not a number of a port.
    """
    text = os.environ.get("PORT") or str(port)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORT is {text!r}. Set it to a number from 1 to 65535, or leave it out.")
    return os.environ.get("HOST") or "127.0.0.1", int(text)


def serve(app: ASGIApp, name: str, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl+C, and end the process with 0 then."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # its records go where all others do
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=FINISHING_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    server = _Server(config, f"{name}: http://{host}:{port}")
    server.run()
    if not server.started:
        sys.exit(1)


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _log.info("%s", self._announcement)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # A thread that works on past the time for finishing cannot be stopped: the process ends with it.
        signal.alarm(FINISHING_SECONDS + 1)
        super().handle_exit(sig, frame)
