"""Asking a server that lets everybody on this machine in."""

from typing import Any

from starlette.testclient import TestClient
from starlette.types import ASGIApp

from webapp.access.reception import Reception
from webapp.access.settings import AccessSettings

HOME = "http://127.0.0.1:8050"


def client_of(app: ASGIApp, **options: Any) -> TestClient:
    """Asks from this machine, by a name of this machine."""
    return TestClient(app, **{"base_url": HOME, "client": ("127.0.0.1", 50_000), **options})


def open_house() -> Reception:
    """Nobody has to say who they are."""
    return Reception(AccessSettings())
