"""The gate before the whole product: every route there is, Gradio's own among them, asked for by somebody who did not sign in."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.webapp.access.house import LOCAL, ORIGIN
from webapp.access.reception import Reception
from webapp.access.rules import FORM, JSON, PARTS
from webapp.arriving import Arriving
from webapp.frame import Frame

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/login/provider"),
    ("GET", "/login/back"),
}
PARAMETER = re.compile(r"\{[^}]+\}|<[^>]+>")
# Of Gradio, whose routes are known by these: the others of it change from version to version.
GRADIO = {
    "config",
    "queue/join",
    "queue/data",
    "upload",
    "file={path_or_url:path}",
    "heartbeat/{session_hash}",
    "cancel",
    "theme.css",
    "info",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def routes_of(app: Any, prefix: str = "") -> Iterator[str]:
    """All addresses of an application and of those inside of it, as they were declared."""
    if isinstance(app, Arriving):
        app = app._made.result(timeout=60).current()[1]
    inner = getattr(app, "wsgi_app", None) or getattr(app, "app", None)
    if isinstance(inner, flask.Flask):
        yield from (f"{prefix}{rule.rule}" for rule in inner.url_map.iter_rules())
        return
    routes = getattr(app, "routes", None)
    if routes is None:
        assert inner is not None, f"{app!r} has neither routes nor an application inside"
        yield from routes_of(inner, prefix)
        return
    for route in routes:
        address = prefix + getattr(route, "path", "")
        if hasattr(route, "endpoint"):
            yield address
        elif router := getattr(route, "original_router", None):  # included, and without a beginning of its own
            yield from routes_of(router, prefix)
        else:
            yield from routes_of(route.app, address)


@pytest.fixture(scope="module")
def addresses(server: FastAPI, client: TestClient) -> list[str]:
    """Every address of the product, with something in the place of its parameters."""
    return sorted({PARAMETER.sub("x", address) or "/" for address in routes_of(server)})


@pytest.fixture(scope="module")
def stranger(server: Frame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Somebody who did not sign in, before the product with accounts."""
    reception = Reception(LOCAL, folder=tmp_path_factory.mktemp("visitors"))
    yield TestClient(server.behind(reception), base_url=ORIGIN, client=("192.0.2.1", 1), follow_redirects=False)
    reception.close()


def test_the_walk_reaches_every_part(server: FastAPI, client: TestClient, addresses: list[str]) -> None:
    declared = set(routes_of(server))
    assert {"/healthz", "/download/{dataset}/{file}", "/runs/{run}", "/runs/label/{run}"} <= declared
    assert {"/scoring/{dataset}", "/scoring/results/{id}/{file}"} <= declared
    assert {"/", "/<path:path>", "/_dash-update-component", "/_dash-layout", "/_dash-dependencies"} <= declared
    gradio = {address.removeprefix("/lookup").removeprefix("/gradio_api").strip("/") for address in declared if "/lookup" in address}
    assert gradio >= GRADIO, GRADIO - gradio
    assert len(addresses) > 60


def test_nothing_is_open_but_signing_in_and_health(addresses: list[str], stranger: TestClient, refused: Callable[[str, int], None]) -> None:
    found = set()
    for address in addresses:
        for method in METHODS:
            for taken in (FORM, JSON, PARTS) if method != "GET" else ("",):
                answer = stranger.request(method, address, headers={"Content-Type": taken} if taken else {}, content=b"")
                if answer.status_code not in {401, 405, 415}:
                    found.add((method, address))
                else:
                    assert len(answer.content) < 100
    assert found == OPEN
    refused("requests of strangers for what is not open", (1 + 3 * (len(METHODS) - 1)) * len(addresses) - 3 * len(OPEN))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://clientele.example.evil.example", "http://clientele.example"])
def test_no_route_takes_anything_from_another_site(
    addresses: list[str], stranger: TestClient, origin: str, refused: Callable[[str, int], None]
) -> None:
    refused("requests of hostile origins", 4 * len(addresses))
    for address in addresses:
        for taken in (FORM, JSON, PARTS, "text/plain"):
            answer = stranger.post(address, headers={"Content-Type": taken, "Origin": origin})
            assert answer.status_code == 403, address


@pytest.mark.parametrize(
    "path",
    [
        "/lookup/gradio_api/file=/etc/passwd",
        "/lookup/file=/etc/passwd",
        "/lookup/gradio_api/proxy=https://evil.example",
        "/lookup/gradio_api/upload",
        "/lookup/gradio_api/config",
        "/lookup/config",
        "/lookup/gradio_api/queue/data?session_hash=x",
        "/lookup/gradio_api/heartbeat/x",
        "/lookup/gradio_api/info",
        "/lookup/gradio_api/stream/x/0/0/0",
    ],
)
def test_gradios_own_doors_stay_closed_to_those_who_are_in(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 405


def test_no_walk_out_of_the_folders_of_files(client: TestClient) -> None:
    for path in ("/assets/../settings.py", "/assets/%2e%2e/settings.py", "/lookup/assets/..%2f..%2fblocks.py", "/assets/%2fetc/passwd"):
        answer = client.get(path)
        assert answer.status_code in {200, 307, 308, 403, 404}
        assert "SettingsError" not in answer.text
        assert "root:" not in answer.text


def test_the_file_that_this_is_about_is_there() -> None:
    assert (Path(__file__).parents[3] / "webapp" / "settings.py").read_text(encoding="utf-8").count("SettingsError") > 0
