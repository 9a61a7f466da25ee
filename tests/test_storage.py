import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import settings

from pipeline import storage as storage_module
from pipeline.storage import Storage, StorageError
from tests.buckets import Bucket


@pytest.fixture(params=["s3", "file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "s3":
        bucket: Bucket = request.getfixturevalue("bucket")
        return Storage(bucket.address)
    return Storage(f"file://{tmp_path}/there" if request.param == "file" else f"memory://{tmp_path}")


@pytest.fixture
def gone() -> Iterator[str]:
    """The address of a port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_what_is_written_is_read_and_the_newest_counts(storage: Storage) -> None:
    assert storage.read("CURRENT") is None
    storage.write("CURRENT", b"one\n")
    storage.write("CURRENT", b"two\n")
    assert storage.read("CURRENT") == b"two\n"


def test_files_go_up_and_come_down_as_they_are(storage: Storage, tmp_path: Path) -> None:
    for name in ("runs/one/shop/a.parquet", "runs/one/shop/b.parquet"):
        (tmp_path / "up" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "up" / name).write_bytes(name.encode())
    paths = ["runs/one/shop/a.parquet", "runs/one/shop/b.parquet"]
    storage.upload(paths, tmp_path / "up")
    storage.download(paths, tmp_path / "down")
    assert [(tmp_path / "down" / path).read_bytes() for path in paths] == [path.encode() for path in paths]


def test_folders_are_listed_as_they_are_now(storage: Storage) -> None:
    assert storage.folders("runs") == []
    storage.write("runs/two/manifest.json", b"2")
    assert storage.folders("runs") == ["two"]
    storage.write("runs/one/manifest.json", b"1")
    storage.write("runs/file", b"")
    assert storage.folders("runs") == ["one", "two"]
    assert storage.read_each([f"runs/{name}/manifest.json" for name in ("one", "none", "two")]) == [b"1", b"2"]
    assert storage.read_each([]) == []


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_told_from_a_file_that_is_not(tmp_path: Path) -> None:
    storage = Storage("s3://no-such-bucket/runs")
    said = r"^s3://no-such-bucket/runs: there is no bucket 'no-such-bucket'\. Make it, or set CLIENTELE_ARTIFACTS to the right address\.$"
    with pytest.raises(StorageError, match=said):
        storage.read("CURRENT")
    with pytest.raises(StorageError, match=said):
        storage.folders("runs")
    (tmp_path / "file").write_text("content")
    with pytest.raises(StorageError, match="specified bucket does not exist"):
        storage.upload(["file"], tmp_path)


def test_wrong_keys_are_said_to_be(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as strict:
        # From here on the server, which knows no users, looks at keys.
        strict.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        with pytest.raises(StorageError, match=r"Check the credentials in the environment \(AWS_ACCESS_KEY_ID") as refused:
            Storage(bucket.address).read("CURRENT")
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in str(refused.value)
    assert Storage(bucket.address).read("CURRENT") is None


def test_without_keys_that_is_said(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(StorageError, match=r"Unable to locate credentials\. Check the address, the credentials"):
        Storage(bucket.address).read("CURRENT")


def test_a_server_that_is_gone_is_named(bucket: Bucket, gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", gone)
    with pytest.raises(StorageError, match=f'{bucket.address}: Could not connect to the endpoint URL: "{gone}') as refused:
        Storage(bucket.address).read("CURRENT")
    assert refused.value.exit_code == 2


@pytest.mark.usefixtures("bucket")
def test_a_server_that_does_not_answer_is_given_up_after_two_times_two_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(storage_module._S3["config_kwargs"], "read_timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StorageError, match=r"Read timeout on endpoint URL.*\. Check the address"):
            Storage("s3://bucket/runs").read("CURRENT")
        silent.setblocking(False)
        assert len(list(accepted(silent))) == 4


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nothing://me:secret@host/runs", r"^nothing://me:\*\*\*@host/runs: Protocol not known: nothing\. Check the address"),
        ("gs://bucket/runs", r"^gs://bucket/runs: .*gcsfs"),
    ],
)
def test_a_storage_that_nothing_here_knows_is_refused_by_name(address: str, said: str) -> None:
    with pytest.raises(StorageError, match=said):
        Storage(address)


def accepted(server: socket.socket) -> Iterator[None]:
    """Whoever has connected so far."""
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return
        yield
