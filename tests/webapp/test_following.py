"""A web server on runs that are published in object storage."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import remote
from pipeline.address import readers_folder
from pipeline.artifacts import BUILD_COMMAND
from pipeline.errors import ArtifactError
from pipeline.mirror import Mirror
from pipeline.storage import StorageError
from tests.buckets import Bucket
from tests.webapp import handmade
from tests.webapp.asking import client_of, open_house
from tests.webapp.conftest import Clock
from tests.webapp.test_server import pages
from webapp import following, server
from webapp.following import Following, follow
from webapp.settings import Settings
from webapp.store import NoRunError, Store

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


@pytest.fixture
def store(bucket: Bucket, clock: Clock) -> Store:
    """Its clock stands still: whatever it sees, it was told to look at."""
    return Store(readers_folder(bucket.address), clock=clock)


@pytest.fixture
def mirror(bucket: Bucket) -> Mirror:
    return Mirror(bucket.address, readers_folder(bucket.address))


@pytest.fixture
def follower(mirror: Mirror, store: Store) -> Following:
    return Following(mirror, store)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What the following logs."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign] # only what is said
    logger = logging.getLogger("webapp.following")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def publish(bucket: Bucket, run_id: str) -> None:
    with remote.building(bucket.address, only=None, say=print) as building:
        building.bring(handmade.publish(building.folder, run_id), held_back=False)


def test_before_the_first_look_it_says_what_is_awaited(bucket: Bucket, follower: Following, store: Store) -> None:
    with pytest.raises(NoRunError, match=f"^The run at {bucket.address} is being fetched.$"):
        store.snapshot()


def test_a_new_run_is_shown_after_a_look(bucket: Bucket, follower: Following, store: Store) -> None:
    publish(bucket, FIRST)
    follower.look()
    assert (store.snapshot().run_id, store.problem) == (FIRST, "")
    publish(bucket, SECOND)
    assert store.snapshot().run_id == FIRST
    follower.look()
    assert (store.snapshot().run_id, store.problem) == (SECOND, "")
    assert store.snapshot().rows('SELECT count(*) AS n FROM "shop"."customers"') == [{"n": 5}]


def test_an_address_without_runs_is_named_with_the_command_that_helps(bucket: Bucket, follower: Following, store: Store) -> None:
    follower.look()
    with pytest.raises(NoRunError, match=f"^No run is published at {bucket.address}. Run `{BUILD_COMMAND}`.$"):
        store.snapshot()


def test_a_flipped_byte_is_not_served_and_the_last_good_run_stays(
    bucket: Bucket, follower: Following, store: Store, warnings: list[str]
) -> None:
    publish(bucket, FIRST)
    follower.look()
    publish(bucket, SECOND)
    bucket.flip(f"runs/{SECOND}/shop/customers.parquet")
    for _ in range(3):
        follower.look()
    assert store.snapshot().run_id == FIRST
    assert f"Run {SECOND} at {bucket.address}: shop/customers.parquet is not what its manifest says" in store.problem
    assert warnings == [store.problem]
    bucket.flip(f"runs/{SECOND}/shop/customers.parquet")
    follower.look()
    assert (store.snapshot().run_id, store.problem) == (SECOND, "")
    assert warnings[1:] == [f"Runs come from {bucket.address} again."]


def test_storage_that_cannot_be_reached_is_logged_once_per_change(
    bucket: Bucket, mirror: Mirror, follower: Following, store: Store, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bucket, FIRST)
    follower.look()
    reasons = iter(["the line is dead", "the line is dead", "nobody answers"])
    with monkeypatch.context() as broken:

        def read(path: str) -> bytes:
            raise StorageError(next(reasons))

        broken.setattr(mirror.storage, "read", read)
        for _ in range(3):
            follower.look()
            assert store.snapshot().run_id == FIRST
        assert store.problem == "nobody answers"
    follower.look()
    assert store.problem == ""
    assert warnings == ["the line is dead", "nobody answers", f"Runs come from {bucket.address} again."]


def test_a_fault_of_ours_does_not_end_the_following(
    bucket: Bucket, mirror: Mirror, follower: Following, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publish(bucket, FIRST)
    with monkeypatch.context() as broken:

        def pull(*, before: bool) -> str:
            raise ZeroDivisionError("a fault of ours")

        broken.setattr(mirror, "pull", pull)
        follower.look()
        assert store.problem == "Runs cannot be fetched. The fault is ours and stands in the log."
        assert "a fault of ours" in caplog.text
    follower.look()
    assert (store.snapshot().run_id, store.problem) == (FIRST, "")


def test_a_damaged_run_is_fetched_ever_more_rarely(follower: Following, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*, before: bool) -> str:
        raise ArtifactError("a byte is wrong")

    def unreachable(*, before: bool) -> str:
        raise StorageError("nobody answers")

    waits = []
    for pull in [damaged] * 8 + [unreachable, damaged]:
        monkeypatch.setattr(mirror, "pull", pull)
        follower.look()
        waits.append(follower.wait_seconds)
    assert waits == [20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0, 600.0, 10.0, 20.0]


class TestAServer:
    def test_shows_the_run_with_its_first_answer_and_each_new_one_by_itself(
        self, bucket: Bucket, mirror: Mirror, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(bucket, FIRST)
        opened = threading.Event()
        refresh = store.refresh

        def noted(*, behind: str) -> None:
            refresh(behind=behind)
            if not store.is_empty and store.snapshot().run_id == SECOND:
                opened.set()

        monkeypatch.setattr(store, "refresh", noted)
        app = server.assemble(store, pages(), reception=open_house(), beside=Following(mirror, store, period=0.05).alive)
        with client_of(app) as client:
            assert client.get("/readyz").status_code == 200
            publish(bucket, SECOND)
            assert opened.wait(60)
            assert client.get("/").status_code == 200
            assert store.snapshot().run_id == SECOND
        assert [thread.name for thread in threading.enumerate() if thread.name == "following"] == []

    def test_answers_while_the_storage_does_not(self, mirror: Mirror, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        let_go = threading.Event()

        def hanging(*, before: bool) -> None:
            let_go.wait(60)

        monkeypatch.setattr(mirror, "pull", hanging)
        monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.01)
        app = server.assemble(store, pages(), reception=open_house(), beside=Following(mirror, store).alive)
        with client_of(app) as client:
            assert client.get("/healthz").status_code == 200
            answer = client.get("/")
            assert answer.status_code == 503
            assert "is being fetched" in answer.text
            let_go.set()

    def test_on_a_folder_follows_nothing(self, tmp_path: Path) -> None:
        app = server.assemble(
            Store(tmp_path), pages(), reception=open_house(), beside=follow(Store(tmp_path), Settings(artifacts=tmp_path))
        )
        with client_of(app):
            assert [thread.name for thread in threading.enumerate() if thread.name == "following"] == []

    @pytest.mark.slow
    def test_on_a_folder_loads_nothing_of_the_storage(self, tmp_path: Path) -> None:
        check = "import sys; from webapp import server; server.app; sys.exit(bool({'s3fs', 'aiobotocore', 'botocore'} & {*sys.modules}))"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "CLIENTELE_ARTIFACTS": str(tmp_path)}
        assert subprocess.run([sys.executable, "-c", check], cwd=tmp_path, env=environment, check=False).returncode == 0


def test_the_environment_names_a_folder_or_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLIENTELE_ARTIFACTS", str(tmp_path))
    assert (Settings.from_environment().artifacts, Settings.from_environment().address) == (tmp_path, None)
    monkeypatch.setenv("CLIENTELE_ARTIFACTS", "sftp://me:secret@host/runs")
    settings = Settings.from_environment()
    assert (settings.artifacts, settings.address) == (readers_folder("sftp://me:secret@host/runs"), "sftp://me:secret@host/runs")
    assert "secret" not in repr(settings)
