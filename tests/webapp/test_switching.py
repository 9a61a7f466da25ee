from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline import artifacts, publishing, remote
from pipeline.address import readers_folder
from tests.buckets import Bucket
from tests.webapp import handmade
from tests.webapp.asking import client_of, open_house
from tests.webapp.handmade import publish
from webapp import switching
from webapp.access.rules import FORM
from webapp.frame import Frame
from webapp.store import Store

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two runs, the second of which is shown."""
    for run_id in (FIRST, SECOND):
        publish(tmp_path / "runs", run_id)
    return tmp_path / "runs"


def serving(folder: Path, place: str) -> TestClient:
    store = Store(folder)
    app = Frame(store, reception=open_house())
    app.include_router(switching.router(place, switched=store.refresh))
    return client_of(app, follow_redirects=False)


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    with serving(root, str(root)) as client:
        yield client


def switch(client: TestClient, run_id: str) -> tuple[int, str]:
    """Status, and where it leads or what it says."""
    answer = client.post(f"/runs/{run_id}", headers={"Content-Type": FORM})
    return answer.status_code, answer.headers.get("location") or answer.text


def test_another_run_is_shown_and_the_page_of_runs_comes_next(client: TestClient, root: Path) -> None:
    assert switch(client, FIRST) == (303, "/data")
    # The very next answer is made of it.
    assert (artifacts.current_id(root), client.get("/run").text) == (FIRST, FIRST)
    assert switch(client, SECOND) == (303, "/data")
    assert (artifacts.current_id(root), client.get("/run").text) == (SECOND, SECOND)


@pytest.mark.parametrize("run_id", ["20240312T120000Z-00000003", "..", "%2e%2e", ".hidden"])
def test_a_run_that_is_not_there_is_not_shown_and_those_there_are_named(client: TestClient, root: Path, run_id: str) -> None:
    status, said = switch(client, run_id)
    assert status in {404, 405}
    assert artifacts.current_id(root) == SECOND
    if run_id[0] == "2":
        assert f"No run is called &#x27;{run_id}&#x27;. There are: {FIRST}, {SECOND}." in said


def test_a_damaged_run_is_not_shown_and_its_table_is_named(client: TestClient, root: Path) -> None:
    artifacts.open_run(root, FIRST).table("gym", "customers").write_bytes(b"altered")
    status, said = switch(client, FIRST)
    assert (status, artifacts.current_id(root)) == (409, SECOND)
    assert "gym/customers.parquet: the table was altered after it was published" in said


def test_while_a_build_is_at_work_nothing_is_switched(client: TestClient, root: Path) -> None:
    with publishing.publication(root):
        status, said = switch(client, FIRST)
    assert (status, artifacts.current_id(root)) == (409, SECOND)
    assert f"Another build is at work in {root}. Wait until it is done." in said
    assert switch(client, FIRST)[0] == 303


def test_looking_at_the_address_switches_nothing(client: TestClient, root: Path) -> None:
    assert client.get(f"/runs/{FIRST}").status_code == 405
    assert artifacts.current_id(root) == SECOND


class TestAtAnAddress:
    @pytest.fixture
    def client(self, bucket: Bucket) -> Iterator[TestClient]:
        for run_id in (FIRST, SECOND):
            with remote.building(bucket.address, only=None, say=print) as building:
                building.bring(handmade.publish(building.folder, run_id), held_back=False)
        remote.current(bucket.address)  # what a server fetches before it serves
        with serving(readers_folder(bucket.address), bucket.address) as client:
            yield client

    def test_all_readers_are_switched_and_these_have_it_at_once(self, client: TestClient, bucket: Bucket) -> None:
        assert switch(client, FIRST) == (303, "/data")
        assert bucket.read("CURRENT") == f"{FIRST}\n".encode()
        assert artifacts.current_id(readers_folder(bucket.address)) == FIRST

    def test_a_damaged_run_is_not_shown(self, client: TestClient, bucket: Bucket) -> None:
        bucket.flip(f"runs/{FIRST}/shop/customers.parquet")
        assert switch(client, FIRST)[0] == 409
        assert bucket.read("CURRENT") == f"{SECOND}\n".encode()

    def test_a_run_that_is_not_there_is_not_shown(self, client: TestClient) -> None:
        status, said = switch(client, "20240312T120000Z-00000003")
        assert (status, f"There are: {FIRST}, {SECOND}." in said) == (404, True)
