import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import artifacts
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError, BusyError, InputError
from tests.conftest import ROOT
from tests.publishing import TABLES, manifest, publish, write


def assert_complete(root: Path) -> Run:
    """The current run opens, its hashes verify, and every row of every table bears its id."""
    run = artifacts.current(root)
    assert run is not None
    run.verify()
    for table in TABLES:
        marks = pq.read_table(run.table("shop", table.name))["mark"].unique().to_pylist()
        assert marks == [run.manifest.run_id]
    return run


def left_over(root: Path) -> list[str]:
    found = [path.name for path in root.iterdir() if path.name not in ("CURRENT", "PUBLISHING", "runs")]
    return found + [path.name for path in (root / "runs").glob(".*")]


@contextmanager
def publisher(root: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that forks publishers on demand: loaded once, and without threads that a fork would break."""
    command = [sys.executable, "-m", "tests.publishing", str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate(timeout=30)


def begin(process: "subprocess.Popen[str]", number: int) -> int:
    """Start a publisher; return its process id once it is about to publish."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def wait_for_death(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    while process.stdout.readline() != "dead\n":
        pass


class TestPublishing:
    def test_a_published_run_is_current_and_complete(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        assert assert_complete(tmp_path) == run
        assert left_over(tmp_path) == []
        assert (tmp_path / "PUBLISHING").read_bytes() == b""

    def test_nothing_published_is_no_run(self, tmp_path: Path) -> None:
        assert artifacts.current(tmp_path) is None
        assert artifacts.run_ids(tmp_path) == []

    def test_a_failure_before_publishing_leaves_the_run_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = publish(tmp_path, "one")

        def fail(path: Path, text: str, **_: object) -> None:
            raise RuntimeError("power")

        monkeypatch.setattr(Path, "write_text", fail)
        with pytest.raises(RuntimeError, match="power"):
            publish(tmp_path, "two")
        monkeypatch.undo()
        assert assert_complete(tmp_path) == before
        assert left_over(tmp_path) == []
        assert artifacts.run_ids(tmp_path) == ["one"]

    def test_a_full_disk_while_publishing_leaves_the_run_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = publish(tmp_path, "one")

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError) as refused:
            publish(tmp_path, "two")
        assert str(refused.value) == (
            f"{tmp_path}: the disk is full. Nothing was published, and readers stay with the run that they have. "
            "Make room there, or set CLIENTELE_ARTIFACTS, or --out, to a folder on a larger disk."
        )
        monkeypatch.undo()
        assert assert_complete(tmp_path) == before
        assert artifacts.run_ids(tmp_path) == ["one"]
        assert left_over(tmp_path) == []

    def test_a_second_build_is_turned_away_and_the_first_goes_on(self, tmp_path: Path) -> None:
        with artifacts.publication(tmp_path) as publication:
            made = write(publication, "one")
            with pytest.raises(BusyError, match=f"Another build is at work in {tmp_path}"), artifacts.publication(tmp_path):
                pass
            publication.publish(made)
        assert assert_complete(tmp_path).manifest.run_id == "one"

    def test_a_folder_that_cannot_be_made_is_named_with_the_setting(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match=r"file/out: cannot be written .* Set CLIENTELE_ARTIFACTS, or --out"):
            publish(tmp_path / "file" / "out", "one")

    def test_carried_tables_keep_their_bytes(self, tmp_path: Path) -> None:
        before = publish(tmp_path, "one")
        with artifacts.publication(tmp_path) as publication:
            publication.carry("two", before, "shop")
            run = publication.publish(manifest("two", before.manifest.datasets["shop"].tables))
        assert run.damage("shop") is None
        assert before.damage("shop") is None

    def test_a_run_that_is_held_back_is_complete_and_stays_and_is_not_current(self, tmp_path: Path) -> None:
        before = publish(tmp_path, "one")
        with artifacts.publication(tmp_path) as publication:
            held = publication.hold_back(write(publication, "two"))
        assert assert_complete(tmp_path) == before
        assert left_over(tmp_path) == []
        assert (tmp_path / "PUBLISHING").read_bytes() == b""
        with artifacts.publication(tmp_path):
            assert artifacts.run_ids(tmp_path) == ["one", "two"]
        held.verify()
        artifacts.use(tmp_path, "two")
        assert assert_complete(tmp_path) == held


class TestKilled:
    @pytest.mark.slow
    def test_a_hundred_builds_killed_while_publishing_never_leave_a_broken_run(self, tmp_path: Path) -> None:
        publish(tmp_path, "run-000000")
        dice = random.Random(7)
        seen = set()
        with publisher(tmp_path) as process:
            for attempt in range(100):
                victim = begin(process, 1000 * (attempt + 1))
                # A publication takes some 30 ms: the moment falls anywhere in one, or in the next.
                threading.Timer(dice.uniform(0, 0.08), os.kill, (victim, signal.SIGKILL)).start()
                wait_for_death(process)
                seen.add(assert_complete(tmp_path).manifest.run_id)
        publish(tmp_path, "run-999999")
        assert left_over(tmp_path) == []
        # Some were killed before their first run was current, others after.
        assert 1 < len(seen) < 101
        for run_id in artifacts.run_ids(tmp_path):
            artifacts.open_run(tmp_path, run_id).verify()

    @pytest.mark.parametrize(
        ("step", "current", "runs"),
        [
            ("before the rename", "one", ["one", "held"]),
            ("after the rename", "one", ["one", "held"]),
            ("after the switch", "two", ["one", "held", "two"]),
        ],
    )
    def test_a_build_killed_at_a_critical_step_is_swept_by_the_next(self, tmp_path: Path, step: str, current: str, runs: list[str]) -> None:
        publish(tmp_path, "one")
        with artifacts.publication(tmp_path) as publication:
            publication.hold_back(write(publication, "held"))
        command = [sys.executable, "-m", "tests.publishing", str(tmp_path), "two", step]
        assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 9
        assert assert_complete(tmp_path).manifest.run_id == current
        with artifacts.publication(tmp_path):
            assert artifacts.run_ids(tmp_path) == sorted(runs)
            assert left_over(tmp_path) == [".work"]
        assert assert_complete(tmp_path).manifest.run_id == current

    @pytest.mark.slow
    def test_readers_see_one_complete_run_while_others_are_published(self, tmp_path: Path) -> None:
        publish(tmp_path, "run-000000")
        with publisher(tmp_path) as process:
            victim = begin(process, 1)
            seen = {assert_complete(tmp_path).manifest.run_id for _ in range(150)}
            os.kill(victim, signal.SIGKILL)
            wait_for_death(process)
        assert len(seen) > 1


class TestDamage:
    @pytest.mark.parametrize("offset", [0, 100, -1])
    def test_one_altered_byte_is_found_by_the_hash(self, tmp_path: Path, offset: int) -> None:
        run = publish(tmp_path, "one")
        path = run.table("shop", "second")
        content = bytearray(path.read_bytes())
        content[offset] ^= 1
        path.write_bytes(content)
        assert run.damage("shop") == f"{path}: the table was altered after it was published"
        with pytest.raises(ArtifactError, match=r"second\.parquet: the table was altered .* Go back with `python -m pipeline use RUN`"):
            run.verify()

    def test_an_altered_manifest_is_found_by_its_seal(self, tmp_path: Path) -> None:
        path = publish(tmp_path, "one").folder / "manifest.json"
        path.write_text(path.read_text().replace('"Shop"', '"Shot"'))
        with pytest.raises(ArtifactError) as refused:
            artifacts.current(tmp_path)
        assert str(refused.value) == (
            f"Run 'one' in {tmp_path} cannot be opened (its manifest was altered after it was published). Runs there: one. "
            "Run `python -m pipeline build`."
        )

    def test_a_current_run_that_is_not_there_is_told_with_those_that_are(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        (tmp_path / "CURRENT").write_text("two")
        with pytest.raises(ArtifactError) as refused:
            artifacts.current(tmp_path)
        assert str(refused.value).endswith("Runs there: one. Go back with `python -m pipeline use RUN`, or run `python -m pipeline build`.")

    def test_a_manifest_without_a_seal_is_that_of_an_earlier_version(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        (run.folder / "manifest.json").write_text(run.manifest.model_dump_json())
        assert artifacts.current(tmp_path) == run

    def test_a_missing_table_is_named(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        run.table("shop", "third").unlink()
        assert run.damage("shop") == f"{run.table('shop', 'third')}: the table is missing"

    def test_current_naming_a_run_that_is_gone_says_which_are_there(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        (tmp_path / "CURRENT").write_text("gone\n")
        with pytest.raises(ArtifactError, match=r"Run 'gone' in .* cannot be opened .* Runs there: one\."):
            artifacts.current(tmp_path)


class TestUse:
    def test_readers_are_switched_back_and_forth(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        publish(tmp_path, "two")
        artifacts.use(tmp_path, "one")
        assert assert_complete(tmp_path).manifest.run_id == "one"
        assert artifacts.run_ids(tmp_path) == ["one", "two"]

    def test_a_damaged_run_is_not_switched_to(self, tmp_path: Path) -> None:
        damaged = publish(tmp_path, "one").table("shop", "first")
        publish(tmp_path, "two")
        damaged.write_bytes(b"")
        with pytest.raises(ArtifactError, match="altered"):
            artifacts.use(tmp_path, "one")
        assert assert_complete(tmp_path).manifest.run_id == "two"

    def test_an_unknown_run_lists_those_there(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        with pytest.raises(InputError, match=r"No run is called 'three'\. There are: one\."):
            artifacts.use(tmp_path, "three")
