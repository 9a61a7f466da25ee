"""The whole server, made once: Dash keeps its callbacks in a module, and a second application would lose them."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.build import Outcome, build
from pipeline.catalogue import Catalogue
from pipeline.wanted import Request
from tests.conftest import CREATED_AT, silent
from tests.webapp.asking import client_of
from webapp.jobs import Jobs
from webapp.server import create_server
from webapp.settings import Settings
from webapp.store import Store


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def trusted_run(shipped: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Both datasets made up, with how far their segments can be trusted, which takes three times as long."""
    out = tmp_path_factory.mktemp("trusted")
    return build(Request(shipped, out / "no-raw", out, demo=True), created_at=CREATED_AT, report=silent)


@pytest.fixture(scope="session")
def store(demo_run: Outcome) -> Store:
    """The store on made-up data."""
    return Store(demo_run.run.folder.parents[1])


@pytest.fixture(scope="session")
def server(demo_run: Outcome, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Pages, lookup, downloads, scoring and reports on made-up data."""
    jobs, reports = Jobs(tmp_path_factory.mktemp("scoring") / "jobs"), tmp_path_factory.mktemp("reporting") / "reports"
    return create_server(Settings(artifacts=demo_run.run.folder.parents[1]), jobs=jobs, reports=reports)


@pytest.fixture(scope="session")
def client(server: FastAPI) -> Iterator[TestClient]:
    """Asks the whole server; a redirect is an answer."""
    with client_of(server, follow_redirects=False) as client:
        # The lookup is loaded in a thread. Libraries silence warnings there for a moment, and so does pytest between two tests: the one
        # would undo what the other did, if the first test were over before.
        assert client.get("/lookup/").status_code == 200
        yield client
