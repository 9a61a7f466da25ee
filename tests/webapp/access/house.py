"""A server that people have to sign in to, with small pages, and what is asked of it."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask, request
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.webapp.handmade import publish
from webapp import switching
from webapp.access import accounts, visitor
from webapp.access.reception import Reception
from webapp.access.settings import AccessSettings
from webapp.downloads import router
from webapp.labelling import labelling
from webapp.server import assemble
from webapp.store import Store

ORIGIN = "https://clientele.example"
SECRET = "PdPp6yaDvXgSJTkR8RLG1mCqkWZ2fN0aBhQ7uEwYx3I"
PASSWORDS = {"ann": "seven green lamps sing", "max": "nine brown boats sleep"}
# Cheap to check: what checking costs is no matter of most tests.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROLES: dict[str, visitor.Role] = {"ann": "analyst", "max": "manager"}
ACCOUNTS = [accounts.Account(name, role, CHEAP.hash(PASSWORDS[name])) for name, role in ROLES.items()]
LOCAL = AccessSettings("local", ORIGIN, SECRET, "\n".join(account.line for account in ACCOUNTS))


class Now:
    """Seconds since 1970 that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds


def pages() -> Flask:
    """Stands in for the pages: answers anything with its path, and who asks."""
    app = Flask("pages", static_folder=None)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def show(path: str) -> str:
        asking = visitor.current()
        return f"{request.method} /{path} for {asking.name or 'anybody'}, {asking.role}"

    return app


@dataclass
class House:
    """The server, what it is made of, and the lines of its trail."""

    app: ASGIApp
    reception: Reception
    now: Now
    lines: list[str] = field(default_factory=list)

    @property
    def trail(self) -> list[dict[str, Any]]:
        """The trail."""
        return [json.loads(line) for line in self.lines]

    def visit(self, address: str = "192.0.2.1", **headers: str) -> TestClient:
        """Somebody at an address, who did not sign in yet."""
        return TestClient(self.app, base_url=ORIGIN, client=(address, 50_000), follow_redirects=False, headers=headers)

    def sign_in(self, name: str, password: str | None = None, *, client: TestClient | None = None, after: str = "/") -> TestClient:
        """Somebody who signed in."""
        client = client or self.visit()
        answer = attempt(client, name, PASSWORDS[name] if password is None else password, after)
        assert (answer.status_code, answer.headers["location"]) == (303, after)
        return client


def attempt(client: TestClient, name: str, password: str, after: str = "/", **headers: str) -> Response:
    """Send the form of signing in."""
    return client.post("/login", data={"name": name, "password": password, "next": after}, headers=headers)


def build(home: Path, settings: AccessSettings = LOCAL, *, folder: Path | None = None, runs: Path | None = None) -> House:
    """A house in a folder, on a small run or those in `runs`; `folder` is what another remembers of visitors."""
    if runs is None:
        runs = home / "runs"
        publish(runs)
    now, lines, store = Now(), [], Store(runs)
    reception = Reception(replace(settings), folder=folder or home / "visitors", clock=now, write=lines.append, run_id=lambda: store.shown)
    switches = switching.router(str(runs), switched=store.refresh)
    mounts = {"/runs/label": labelling(str(runs))}
    app = assemble(store, pages(), reception=reception, routers=[router(store), switches], mounts=mounts)
    return House(app, reception, now, lines)
