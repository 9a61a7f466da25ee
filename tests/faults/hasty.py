"""The product, started as usual, with a clock by which two seconds pass in a twentieth of one: it sees a run soon after it is published."""

import time

from webapp.server import create_server
from webapp.serving import address, serve
from webapp.settings import Settings

HASTE = 40

if __name__ == "__main__":
    host, port = address(port=8050)
    serve(create_server(Settings.from_environment(), clock=lambda: HASTE * time.monotonic()), "Clientele", host=host, port=port)
