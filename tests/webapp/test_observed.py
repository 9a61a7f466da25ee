"""Each request: its id, its line, and what is counted of it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from flask import Flask
from starlette.testclient import TestClient

from tests.webapp.asking import client_of, open_house
from tests.webapp.conftest import Clock
from tests.webapp.handmade import publish
from webapp import metrics, request_id, server
from webapp.frame import Frame
from webapp.store import Store


@pytest.fixture
def app(tmp_path: Any) -> Frame:
    """A server of a few addresses; one of them fails."""
    publish(tmp_path)
    frame = Frame(Store(tmp_path), reception=open_house())

    def fail() -> None:
        logging.getLogger("webapp.part").warning("about to fail")
        raise ValueError("customer 17850")

    def parts() -> Iterator[bytes]:
        yield b"12345"
        yield b"678"

    frame.add_api_route("/customers/{name}", lambda name: PlainTextResponse(request_id.current()))
    frame.add_api_route("/download/{name}", lambda name: StreamingResponse(parts()))
    frame.add_api_route("/shop", fail)
    return frame


@pytest.fixture
def client(app: Frame, caplog: pytest.LogCaptureFixture) -> Iterator[TestClient]:
    caplog.set_level(logging.INFO, "webapp")
    with client_of(app, raise_server_exceptions=False) as client:
        caplog.clear()
        yield client


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What was written down of requests."""
    return lambda: [vars(record)["fields"] for record in caplog.records if "route" in vars(record).get("fields", {})]


def counted(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0


def test_a_request_is_one_line_that_names_no_customer(
    client: TestClient, lines: Callable[[], list[dict[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/customers/17850?note=17850")
    (line,) = lines()
    assert line.pop("milliseconds") > 0
    assert line == {"method": "GET", "route": "/customers/*", "status": 200, "bytes": 16}
    assert [message.rpartition("  ")[0] for message in caplog.messages] == ["GET  /customers/*  200"]
    assert "17850" not in caplog.text


def test_the_id_is_ours_and_the_answer_bears_it(client: TestClient) -> None:
    answers = [client.get("/customers/1", headers={"X-Request-Id": "theirs"}) for _ in range(2)]
    ids = [answer.headers.get_list("x-request-id") for answer in answers]
    assert ids == [[answer.text] for answer in answers]
    assert len({answer.text for answer in answers} - {"theirs", "-"}) == 2


def test_bytes_of_all_parts_are_counted(client: TestClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    client.get("/download/x")
    assert lines()[0]["bytes"] == 8


def test_a_fault_is_counted_and_answered_with_its_id(client: TestClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    before = counted("clientele_faults_total"), counted("clientele_requests_total", method="GET", route="/shop", status="5xx")
    answer = client.get("/shop")
    assert (answer.status_code, len(answer.headers["x-request-id"])) == (500, 16)
    after = counted("clientele_faults_total"), counted("clientele_requests_total", method="GET", route="/shop", status="5xx")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]
    assert [line["status"] for line in lines()] == [500]


def test_records_written_meanwhile_have_the_id(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(request_id.current())

    keep = Keep()
    logging.getLogger("webapp.part").addHandler(keep)
    try:
        made = client.get("/shop").headers["x-request-id"]
    finally:
        logging.getLogger("webapp.part").removeHandler(keep)
    assert seen == [made]


def test_the_id_reaches_the_threads_of_the_pages_and_their_faults_leave_no_address_behind(
    tmp_path: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    publish(tmp_path)
    pages = Flask("pages", static_folder=None)
    pages.add_url_rule("/<path:path>", "show", lambda path: request_id.current())
    client = client_of(server.assemble(Store(tmp_path, clock=clock), pages, reception=open_house()))
    answer = client.get("/customers/shop/17850")
    assert (answer.text, "17850" in caplog.text) == (answer.headers["x-request-id"], False)


@pytest.mark.slow
def test_a_fault_of_a_callback_is_counted_once_and_its_address_is_not_written_down(
    server: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp import routes

    def fail(*_: Any) -> None:
        raise ValueError("customer 17850")

    monkeypatch.setattr(routes, "layout", fail)
    body = {
        "output": "..page.children...page-title.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "page-title", "property": "data"}],
        "inputs": [{"id": "address", "property": "pathname", "value": "/nowhere"}, {"id": "theme", "property": "data", "value": "light"}],
        "state": [{"id": "address", "property": "search", "value": "?q=17850"}],
        "changedPropIds": ["address.pathname"],
    }
    before = counted("clientele_faults_total")
    answer = client_of(server, raise_server_exceptions=False).post("/_dash-update-component", json=body)
    assert answer.status_code == 500
    assert counted("clientele_faults_total") - before == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_end_is_one_line_with_seconds(app: Frame, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "webapp")
    with client_of(app):
        assert [message for message in caplog.messages if "stopped" in message] == []
    (said,) = [vars(record)["fields"] for record in caplog.records if "stopped" in record.getMessage()]
    assert said["message"] == "stopped"
    assert said["seconds"] >= 0
