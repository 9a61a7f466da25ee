from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from pipeline import labels, remote
from pipeline.address import readers_folder
from pipeline.labels import Label
from pipeline.storage import StorageError
from tests.buckets import Bucket
from tests.webapp import handmade
from tests.webapp.asking import client_of, open_house
from tests.webapp.handmade import publish
from webapp.access.rules import FORM
from webapp.frame import Frame
from webapp.labelling import labelling
from webapp.store import Store

RUN = "20240310T120000Z-00000001"


def serving(folder: Path, place: str) -> TestClient:
    app = Frame(Store(folder), reception=open_house())
    app.mount("/runs/label", labelling(place))
    return client_of(app, follow_redirects=False)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    publish(tmp_path, RUN)
    with serving(tmp_path, str(tmp_path)) as client:
        yield client


def send(client: TestClient, run_id: str = RUN, **form: str) -> tuple[int, str]:
    """Status, and where it leads or what it says."""
    answer = client.post(f"/runs/label/{run_id}", headers={"Content-Type": FORM}, content=urlencode(form))
    return answer.status_code, answer.headers.get("location") or answer.text


def test_a_form_changes_what_it_names_and_the_page_of_runs_comes_next(client: TestClient, tmp_path: Path) -> None:
    assert send(client, name="before & after é") == (303, "/data")
    assert send(client, pinned="yes") == (303, "/data")
    assert labels.read(tmp_path) == {RUN: Label("before & after é", pinned=True)}
    assert send(client, pinned="no", name="") == (303, "/data")
    assert labels.read(tmp_path) == {}


def test_a_form_that_says_nothing_is_refused(client: TestClient) -> None:
    status, said = send(client)
    assert (status, "Nothing was to be changed." in said) == (400, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 61, "has at most 60 characters; this one has 61"),
        ("a\x00", "visible characters only"),
        ("x" * 5_000, "has at most 60 characters; this one has 5000"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_reason(client: TestClient, tmp_path: Path, name: str, said: str) -> None:
    status, answer = send(client, name=name)
    assert (status, said in answer) == (400, True)
    assert labels.read(tmp_path) == {}


def test_a_form_that_no_browser_sends_is_not_read(client: TestClient, tmp_path: Path) -> None:
    assert send(client, name="x" * 10_000)[0] == 413
    assert labels.read(tmp_path) == {}


def test_a_run_that_is_not_there_gets_none(client: TestClient, tmp_path: Path) -> None:
    status, said = send(client, "20240311T120000Z-00000002", pinned="yes")
    assert (status, f"There are: {RUN}." in said) == (404, True)
    assert labels.read(tmp_path) == {}


def test_a_file_of_labels_that_is_broken_is_named_and_left(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text("{")
    status, said = send(client, pinned="yes")
    assert (status, "labels.json: cannot be read" in said) == (409, True)
    assert (tmp_path / "labels.json").read_text() == "{"


def test_at_an_address_all_readers_see_it_and_these_at_once(bucket: Bucket) -> None:
    with remote.building(bucket.address, only=None, say=print) as building:
        building.bring(handmade.publish(building.folder, RUN), held_back=False)
    remote.current(bucket.address)
    with serving(readers_folder(bucket.address), bucket.address) as client:
        assert send(client, name="Christmas") == (303, "/data")
    assert labels.parsed(bucket.read("labels.json"), "") == labels.read(readers_folder(bucket.address)) == {RUN: Label("Christmas")}


def test_an_address_that_cannot_be_reached_is_no_fault_of_the_form(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise StorageError("s3://runs cannot be reached.")

    monkeypatch.setattr(remote, "label", unreachable)
    status, said = send(client, pinned="yes")
    assert (status, "s3://runs cannot be reached." in said) == (503, True)
