import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from pipeline import artifacts, labels, remote
from pipeline import mirror as mirror_module
from pipeline.address import cache, readers_folder
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError, InputError
from pipeline.labels import Label
from pipeline.mirror import Mirror
from pipeline.replacing import replacing
from tests import publishing
from tests.buckets import Bucket
from tests.conftest import ROOT


@pytest.fixture
def mirror(bucket: Bucket) -> Mirror:
    return Mirror(bucket.address, readers_folder(bucket.address))


def publish(bucket: Bucket, run_id: str) -> Run:
    with remote.building(bucket.address, only=None, say=print) as building:
        run = publishing.publish(building.folder, run_id)
        building.bring(run, held_back=False)
    return run


def chain(bucket: Bucket, run_id: str, previous: str) -> None:
    """Have a run name the one before it, without the seal that would tell."""
    key = f"runs/{run_id}/manifest.json"
    said = {name: value for name, value in json.loads(bucket.read(key)).items() if name != "seal"}
    bucket.write(key, json.dumps(said | {"previous": previous}).encode())


def test_a_pull_brings_the_current_run_whole(bucket: Bucket, mirror: Mirror) -> None:
    published = publish(bucket, "run-1")
    assert mirror.pull() == "run-1"
    run = artifacts.current(mirror.folder)
    assert run is not None
    assert run.manifest == published.manifest
    run.verify()
    assert cache(bucket.address).stat().st_mode & 0o777 == 0o700


def test_where_nothing_is_published_nothing_is_pulled(mirror: Mirror) -> None:
    assert mirror.pull() is None
    assert artifacts.current(mirror.folder) is None


def test_a_pull_with_nothing_new_reads_little_more_than_current(bucket: Bucket, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(bucket, "run-1")
    mirror.pull()
    asked: list[str] = []
    monkeypatch.setattr(mirror.storage, "read", lambda path: asked.append(path) or b"run-1\n")
    monkeypatch.setattr(mirror.storage, "read_each", lambda paths: asked.extend(paths) or [])
    assert mirror.pull() == "run-1"
    assert asked == ["CURRENT", "labels.json"]


def test_a_pull_brings_what_is_said_of_runs_and_what_is_not_said_any_more_goes(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    bucket.write("labels.json", b'{"run-1": {"name": "Christmas"}}')
    mirror.pull()
    assert labels.read(mirror.folder) == {"run-1": Label("Christmas")}
    bucket.write("labels.json", b"{}")
    mirror.pull()
    assert labels.read(mirror.folder) == {}


def test_labels_are_compared_without_the_lock_and_changed_with_it(bucket: Bucket, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(bucket, "run-1")
    mirror.pull()
    held: list[str] = []

    @contextmanager
    def holding() -> Iterator[None]:
        with Mirror.held(mirror):
            held.append("held")
            yield
            held.append("free")

    def replaced(path: Path, **more: str) -> AbstractContextManager[Path]:
        assert held[-1] == "held"
        return replacing(path, **more)

    monkeypatch.setattr(mirror, "held", holding)
    monkeypatch.setattr(mirror_module, "replacing", replaced)
    mirror.pull()
    assert held == []
    bucket.write("labels.json", b'{"run-1": {"name": "Easter"}}')
    mirror.pull()
    assert held == ["held", "free"]
    assert labels.read(mirror.folder) == {"run-1": Label("Easter")}


def test_a_pinned_run_stays_in_the_mirror(bucket: Bucket, mirror: Mirror) -> None:
    for number in (1, 2, 3, 4):
        publish(bucket, f"run-{number}")
        mirror.pull()
        if number == 1:
            mirror.label("run-1", labels.pinned(True))
    assert artifacts.run_ids(mirror.folder) == ["run-1", "run-3", "run-4"]
    mirror.label("run-1", labels.pinned(False))
    publish(bucket, "run-5")
    mirror.pull()
    assert artifacts.run_ids(mirror.folder) == ["run-4", "run-5"]


def test_while_nobody_can_read_what_is_pinned_nothing_goes(bucket: Bucket, mirror: Mirror) -> None:
    bucket.write("labels.json", b"{")
    for number in (1, 2, 3):
        publish(bucket, f"run-{number}")
        assert mirror.pull() == f"run-{number}"
    assert artifacts.run_ids(mirror.folder) == ["run-1", "run-2", "run-3"]


def test_a_flipped_byte_is_never_served_and_the_last_good_run_stays(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    mirror.pull()
    publish(bucket, "run-2")
    bucket.flip("runs/run-2/shop/second.parquet")
    with pytest.raises(ArtifactError) as refused:
        mirror.pull()
    assert str(refused.value) == (
        f"Run run-2 at {bucket.address}: shop/second.parquet is not what its manifest says, so the run is not used. "
        "Go back with `python -m pipeline use RUN`, or run `python -m pipeline build --force`."
    )
    run = artifacts.current(mirror.folder)
    assert run is not None
    assert run.manifest.run_id == "run-1"
    run.verify()
    assert artifacts.run_ids(mirror.folder) == ["run-1"]
    assert not (mirror.folder / ".pulling").exists()
    bucket.flip("runs/run-2/shop/second.parquet")
    assert mirror.pull() == "run-2"


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("CURRENT", b"../../etc\n", r"CURRENT holds '\.\./\.\./etc', which is no name\. Go back with `python -m pipeline use RUN`"),
        ("CURRENT", b"run-9\n", r"^Run run-9 at s3://.* has no manifest\."),
        ("runs/run-1/manifest.json", b"{", r"^A manifest at s3://.* cannot be read \("),
    ],
)
def test_what_the_storage_says_is_not_trusted(bucket: Bucket, mirror: Mirror, key: str, content: bytes, said: str) -> None:
    publish(bucket, "run-1")
    bucket.write(key, content)
    with pytest.raises(ArtifactError, match=said):
        mirror.pull()
    assert artifacts.current(mirror.folder) is None


def test_no_table_leads_out_of_the_folder(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    made = json.loads(bucket.read("runs/run-1/manifest.json"))
    del made["seal"]  # whoever wrote this could have sealed it
    made["datasets"] = {"../../../outside": made["datasets"]["shop"]}
    bucket.write("runs/run-1/manifest.json", json.dumps(made).encode())
    with pytest.raises(ArtifactError, match=r"the manifest of run run-1 holds '\.\./\.\./\.\./outside', which is no name"):
        mirror.pull()


def test_a_manifest_of_another_run_is_refused(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    bucket.write("runs/run-2/manifest.json", bucket.read("runs/run-1/manifest.json"))
    bucket.write("CURRENT", b"run-2\n")
    with pytest.raises(ArtifactError, match=r"The manifest of run run-2 at .* is that of run run-1"):
        mirror.pull()


def test_what_was_damaged_in_the_cache_is_fetched_again(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    mirror.pull()
    kept = mirror.folder / "runs" / "run-1"
    (kept / "shop" / "first.parquet").write_bytes(b"altered")
    Mirror(bucket.address, mirror.folder).pull()
    Run(kept, artifacts.open_run(mirror.folder, "run-1").manifest).verify()
    shutil.rmtree(mirror.folder)
    assert mirror.pull() == "run-1"
    assert artifacts.run_ids(mirror.folder) == ["run-1"]


def test_the_current_run_and_the_one_before_are_kept(bucket: Bucket, mirror: Mirror) -> None:
    for number in range(1, 5):
        publish(bucket, f"run-{number}")
        mirror.pull()
    assert artifacts.run_ids(mirror.folder) == ["run-3", "run-4"]


def test_a_reader_can_have_the_run_before_as_well_while_it_is_there(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    publish(bucket, "run-2")
    chain(bucket, "run-2", "run-1")
    mirror.pull(before=True)
    assert artifacts.run_ids(mirror.folder) == ["run-1", "run-2"]
    publish(bucket, "run-3")
    chain(bucket, "run-3", "gone")
    assert mirror.pull(before=True) == "run-3"
    assert artifacts.run_ids(mirror.folder) == ["run-2", "run-3"]


def test_a_cache_that_others_can_look_into_is_refused(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    cache(bucket.address).chmod(0o755)
    with pytest.raises(InputError, match=r"is not a folder of this user's alone\. Remove it, or set CLIENTELE_CACHE to another folder\."):
        mirror.pull()


def test_a_cache_that_cannot_be_made_is_named(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(bucket, "run-1")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLIENTELE_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"file/.*: cannot be written \(.*\)\. Set CLIENTELE_CACHE to a folder that can\."):
        Mirror(bucket.address, readers_folder(bucket.address)).pull()


@pytest.mark.slow
def test_processes_that_pull_the_same_run_do_not_disturb_each_other(bucket: Bucket, mirror: Mirror) -> None:
    pulling = (
        "import sys; from pathlib import Path; from pipeline.mirror import Mirror; "
        "mirror = Mirror(sys.argv[1], Path(sys.argv[2])); mirror.storage; "
        "print('ready', flush=True); sys.stdin.readline(); print(mirror.pull())"
    )
    publish(bucket, "run-1")
    command = [sys.executable, "-c", pulling, bucket.address, str(mirror.folder)]
    others = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
    answers = []
    for other in others:
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
    for other in others:
        answers.append(other.communicate(timeout=60)[0])
    assert answers == ["run-1\n"] * 4
    assert [other.returncode for other in others] == [0] * 4
    artifacts.open_run(mirror.folder, "run-1").verify()
    assert sorted(path.name for path in mirror.folder.iterdir()) == ["CURRENT", "PULLING", "runs"]


def test_a_manifest_that_was_altered_is_refused_and_one_that_was_fetched_bears_its_seal(bucket: Bucket, mirror: Mirror) -> None:
    publish(bucket, "run-1")
    mirror.pull()
    fetched = (mirror.folder / "runs" / "run-1" / "manifest.json").read_bytes()
    assert fetched == bucket.read("runs/run-1/manifest.json")
    publish(bucket, "run-2")
    key = "runs/run-2/manifest.json"
    bucket.write(key, bucket.read(key).replace(b'"customers": ', b'"customers": 1', 1))
    with pytest.raises(ArtifactError, match=r"A manifest at .* cannot be read \(its manifest was altered after it was published\)"):
        mirror.pull()
    assert artifacts.current_id(mirror.folder) == "run-1"
