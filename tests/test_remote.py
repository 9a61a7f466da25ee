import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import artifacts, labels, remote
from pipeline.address import cache
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError, BusyError, InputError, UnknownRunError
from pipeline.labels import Label
from pipeline.publishing import publication
from pipeline.storage import Storage, StorageError
from tests import publishing
from tests.buckets import Bucket
from tests.conftest import ROOT, Command
from tests.small import CLUB, MEMBERS


@pytest.fixture(params=["folder", "s3", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "s3":
        bucket: Bucket = request.getfixturevalue("bucket")
        return bucket.address
    monkeypatch.setenv("CLIENTELE_CACHE", str(tmp_path / "cache"))
    return str(tmp_path / "runs") if request.param == "folder" else f"file://{tmp_path}/there"


def publish(place: str, run_id: str, *, meanwhile: Callable[[], object] = lambda: None) -> Run:
    with remote.building(place, only=None, say=print) as building:
        run = publishing.publish(building.folder, run_id)
        meanwhile()
        building.bring(run, held_back=False)
    return run


def shown(place: str) -> str | None:
    run = remote.current(place)
    if run:
        run.verify()
    return run.manifest.run_id if run else None


class TestInAFolderAndAtAnAddress:
    def test_what_is_published_is_current(self, place: str) -> None:
        assert shown(place) is None
        publish(place, "run-1")
        assert shown(place) == "run-1"
        publish(place, "run-2")
        assert shown(place) == "run-2"

    def test_all_runs_are_listed_oldest_first(self, place: str) -> None:
        assert remote.manifests(place) == ([], None)
        made = [publish(place, run_id).manifest for run_id in ("run-1", "run-2", "run-3")]
        assert remote.manifests(place) == (made, "run-3")

    def test_runs_are_named_and_pinned_and_stay_as_they_are(self, place: str) -> None:
        made = [publish(place, run_id).manifest for run_id in ("run-1", "run-2")]
        assert remote.labels_of(place) == {}
        remote.label(place, "run-1", labels.named("  before   Christmas "))
        remote.label(place, "run-1", labels.pinned(True))
        remote.label(place, "run-2", labels.pinned(True))
        assert remote.labels_of(place) == {"run-1": Label("before Christmas", pinned=True), "run-2": Label(pinned=True)}
        remote.label(place, "run-1", labels.named(""))
        remote.label(place, "run-2", labels.pinned(False))
        assert remote.labels_of(place) == {"run-1": Label(pinned=True)}
        assert remote.manifests(place) == (made, "run-2")

    def test_a_run_that_is_not_there_gets_no_label(self, place: str) -> None:
        publish(place, "run-1")
        with pytest.raises(UnknownRunError, match=r"^No run is called 'run-9'\. There are: run-1\.$"):
            remote.label(place, "run-9", labels.pinned(True))
        assert remote.labels_of(place) == {}

    def test_readers_can_be_switched_to_another_run(self, place: str) -> None:
        for run_id in ("run-1", "run-2", "run-3"):
            publish(place, run_id)
        remote.use(place, "run-1")
        assert shown(place) == "run-1"
        assert remote.manifests(place)[1] == "run-1"
        publish(place, "run-4")
        assert shown(place) == "run-4"

    def test_a_run_that_is_not_there_is_refused(self, place: str) -> None:
        publish(place, "run-1")
        for run_id in ("run-9", "../runs/run-1", "", "run 1"):
            with pytest.raises(InputError, match=r"^No run is called '.*'\. There are: run-1\.$"):
                remote.use(place, run_id)
            assert shown(place) == "run-1"

    def test_a_run_that_is_held_back_is_there_and_not_current(self, place: str) -> None:
        publish(place, "run-1")
        with remote.building(place, only=None, say=print) as building, publication(building.folder) as held:
            building.bring(held.hold_back(publishing.write(held, "run-2")), held_back=True)
        assert shown(place) == "run-1"
        remote.use(place, "run-2")
        assert shown(place) == "run-2"


class TestBringing:
    def test_current_is_switched_last_and_the_manifest_before_it(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[str] = []
        monkeypatch.setattr(Storage, "upload", noting(written, Storage.upload))
        monkeypatch.setattr(Storage, "write", noting(written, Storage.write))
        publish(bucket.address, "run-1")
        tables = [f"runs/run-1/shop/{table}.parquet" for table in ("first", "second", "third")]
        assert written == [*tables, "runs/run-1/manifest.json", "CURRENT"]
        assert sorted(bucket.keys()) == sorted(written)

    @pytest.mark.parametrize(
        ("fails", "said"),
        [
            ("third.parquet", "Run run-2 is not published: uploading its tables failed."),
            ("manifest.json", "Run run-2 is not published: uploading its manifest failed."),
        ],
    )
    def test_a_failure_on_the_way_leaves_readers_with_what_they_had(
        self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, fails: str, said: str
    ) -> None:
        publish(bucket.address, "run-1")
        with monkeypatch.context() as broken:
            break_at(broken, fails)
            with pytest.raises(StorageError) as failed:
                publish(bucket.address, "run-2")
        assert str(failed.value).startswith(f"{said} {bucket.address}: the line is dead. Check the address")
        assert str(failed.value).endswith("Readers stay with run run-1. Once that is mended, run `python -m pipeline build` again.")
        assert bucket.read("CURRENT") == b"run-1\n"
        assert shown(bucket.address) == "run-1"
        assert [manifest.run_id for manifest in remote.manifests(bucket.address)[0]] == ["run-1"]
        # The next build starts from what readers have, not from what was left on this machine.
        with remote.building(bucket.address, only=None, say=print) as building:
            now = artifacts.current(building.folder)
            assert now is not None
            assert now.manifest.run_id == "run-1"
        publish(bucket.address, "run-3")
        assert shown(bucket.address) == "run-3"

    def test_a_switch_that_fails_says_that_the_run_is_there(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(bucket.address, "run-1")
        with monkeypatch.context() as broken:
            break_at(broken, "CURRENT")
            with pytest.raises(
                StorageError, match=r"^Run run-2 is at s3://.*, and switching readers to it failed\. .*`python -m pipeline runs`"
            ):
                publish(bucket.address, "run-2")
        assert shown(bucket.address) == "run-1"
        remote.use(bucket.address, "run-2")
        assert shown(bucket.address) == "run-2"

    def test_a_build_does_not_undo_what_another_published_meanwhile(
        self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def elsewhere() -> None:
            with monkeypatch.context() as other:
                other.setenv("CLIENTELE_CACHE", str(tmp_path / "another machine"))
                publish(bucket.address, "run-2")

        publish(bucket.address, "run-1")
        with pytest.raises(BusyError) as refused:
            publish(bucket.address, "run-3", meanwhile=elsewhere)
        assert str(refused.value) == (
            f"Run run-3 is at {bucket.address}, and readers were not switched to it: meanwhile they were switched to run run-2. "
            "Run `python -m pipeline build` again, or `python -m pipeline use run-3`."
        )
        assert shown(bucket.address) == "run-2"

    def test_two_builds_on_one_machine_do_not_mix(self, bucket: Bucket) -> None:
        with pytest.raises(BusyError, match=f"^Another build for {bucket.address} is at work. Wait until it is done.$"):
            publish(bucket.address, "run-1", meanwhile=lambda: publish(bucket.address, "run-2"))
        assert bucket.keys() == []

    def test_readers_on_the_same_machine_see_a_run_no_sooner_than_others(self, bucket: Bucket) -> None:
        publish(bucket.address, "run-1")
        seen: list[str | None] = []
        publish(bucket.address, "run-2", meanwhile=lambda: seen.append(shown(bucket.address)))
        assert (seen, shown(bucket.address)) == (["run-1"], "run-2")


class TestADamagedRun:
    def test_is_built_anew_and_said(self, bucket: Bucket) -> None:
        publish(bucket.address, "run-1")
        bucket.flip("runs/run-1/shop/first.parquet")
        said: list[str] = []
        shutil.rmtree(cache(bucket.address))
        with remote.building(bucket.address, only=None, say=said.append) as building:
            assert artifacts.current(building.folder) is None
            building.bring(publishing.publish(building.folder, "run-2"), held_back=False)
        assert said == [
            f"Run run-1 at {bucket.address}: shop/first.parquet is not what its manifest says, so the run is not used. "
            "Go back with `python -m pipeline use RUN`, or run `python -m pipeline build --force`."
        ]
        assert shown(bucket.address) == "run-2"

    def test_is_not_taken_over_from(self, bucket: Bucket) -> None:
        publish(bucket.address, "run-1")
        bucket.write("runs/run-1/manifest.json", b"{")
        shutil.rmtree(cache(bucket.address))
        with pytest.raises(ArtifactError, match="cannot be read"), remote.building(bucket.address, only="club", say=print):
            pytest.fail("the build began")

    def test_is_not_switched_to(self, bucket: Bucket) -> None:
        for run_id in ("run-1", "run-2", "run-3"):
            publish(bucket.address, run_id)
        bucket.flip("runs/run-1/shop/first.parquet")
        with pytest.raises(ArtifactError, match="is not what its manifest says"):
            remote.use(bucket.address, "run-1")
        assert shown(bucket.address) == "run-3"


@pytest.mark.slow
class TestCommandLine:
    def test_builds_lists_scores_and_goes_back(self, bucket: Bucket, tmp_path: Path, command: Command) -> None:
        (tmp_path / "datasets.toml").write_text(CLUB)
        (tmp_path / "club.csv").write_text(MEMBERS)
        at = {"CLIENTELE_ARTIFACTS": bucket.address}
        built = command(tmp_path, "build", "--quick", **at)
        assert (built.returncode, built.stderr) == (0, "")
        first = bucket.read("CURRENT").decode().strip()
        assert f"Published run {first} in" in built.stdout
        again = command(tmp_path, "build", "--quick", **at)
        assert again.stdout == f"Nothing has changed since run {first}. Nothing was published; --force builds all the same.\n"
        assert command(tmp_path, "build", "--quick", "--force", **at).returncode == 0
        second = bucket.read("CURRENT").decode().strip()
        listed = [line.split() for line in call(tmp_path, bucket, "runs").stdout.splitlines() if "club" in line]
        assert [line[: line.index("club") - 2] for line in listed] == [[first], ["current", second]]
        scored = command(tmp_path, "score", "club", "club.csv", "--out", "out.csv", **at)
        assert f"60 customers placed by run {second}" in scored.stdout
        back = command(tmp_path, "use", first, **at)
        assert (back.returncode, back.stdout) == (0, f"Current run: {first}\n")
        assert bucket.read("CURRENT").decode().strip() == first
        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize(
        "arguments", [["build", "--quick"], ["runs"], ["use", "run"], ["score", "club", "club.csv", "--out", "out.csv"]]
    )
    @pytest.mark.usefixtures("bucket")
    def test_a_bucket_that_is_not_there_is_one_message_and_exit_code_2(
        self, tmp_path: Path, command: Command, arguments: list[str]
    ) -> None:
        (tmp_path / "datasets.toml").write_text(CLUB)
        (tmp_path / "club.csv").write_text(MEMBERS)
        answered = command(tmp_path, *arguments, CLIENTELE_ARTIFACTS="s3://no-such-bucket/runs")
        said = "s3://no-such-bucket/runs: there is no bucket 'no-such-bucket'. Make it, or set CLIENTELE_ARTIFACTS to the right address.\n"
        assert (answered.returncode, answered.stdout, answered.stderr) == (2, "", said)

    def test_a_folder_loads_nothing_of_the_storage_nor_what_tables_need(self, tmp_path: Path) -> None:
        unwanted = {"fsspec", "s3fs", "aiohttp", "pyarrow", "pandas", "duckdb"}
        check = f"import sys; from pipeline import remote; remote.manifests('.'); sys.exit(bool({unwanted} & {{*sys.modules}}))"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        assert subprocess.run([sys.executable, "-c", check], cwd=tmp_path, env=environment, check=False).returncode == 0


def call(folder: Path, bucket: Bucket, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CLIENTELE_RAW": ".", "CLIENTELE_ARTIFACTS": bucket.address}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def noting(written: list[str], function: Callable[..., None]) -> Callable[..., None]:
    """The same, and what it writes is noted once it is there."""

    def call(self: Storage, paths: str | list[str], *rest: object) -> None:
        function(self, paths, *rest)
        written.extend([paths] if isinstance(paths, str) else paths)

    return call


def break_at(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Have the connection fail at the file that ends so."""
    import s3fs

    put = s3fs.S3FileSystem._call_s3

    async def call(self: object, method: str, *arguments: object, **named: object) -> object:
        if method == "put_object" and str(named["Key"]).endswith(ending):
            raise OSError("the line is dead")
        return await put(self, method, *arguments, **named)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", call)
