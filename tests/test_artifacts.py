import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pyarrow.parquet as pq
import pytest

from pipeline import artifacts, publishing
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
        with publishing.publication(tmp_path) as publication:
            made = write(publication, "one")
            with pytest.raises(BusyError, match=f"Another build is at work in {tmp_path}"), publishing.publication(tmp_path):
                pass
            publication.publish(made)
        assert assert_complete(tmp_path).manifest.run_id == "one"

    def test_a_folder_that_cannot_be_made_is_named_with_the_setting(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match=r"file/out: cannot be written .* Set CLIENTELE_ARTIFACTS, or --out"):
            publish(tmp_path / "file" / "out", "one")

    def test_carried_tables_keep_their_bytes(self, tmp_path: Path) -> None:
        before = publish(tmp_path, "one")
        with publishing.publication(tmp_path) as publication:
            publication.carry("two", before, "shop")
            run = publication.publish(manifest("two", before.manifest.datasets["shop"].tables))
        assert run.damage("shop") is None
        assert before.damage("shop") is None

    def test_a_run_that_is_held_back_is_complete_and_stays_and_is_not_current(self, tmp_path: Path) -> None:
        before = publish(tmp_path, "one")
        with publishing.publication(tmp_path) as publication:
            held = publication.hold_back(write(publication, "two"))
        assert assert_complete(tmp_path) == before
        assert left_over(tmp_path) == []
        assert (tmp_path / "PUBLISHING").read_bytes() == b""
        with publishing.publication(tmp_path):
            assert artifacts.run_ids(tmp_path) == ["one", "two"]
        held.verify()
        publishing.use(tmp_path, "two")
        assert assert_complete(tmp_path) == held

    def test_a_disk_that_is_full_at_any_step_leaves_one_complete_run_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(tmp_path, "run-00")
        seen, real = [], os.fsync
        for steps in range(40):
            left = iter(range(steps))

            def sync(descriptor: int, left: Iterator[int] = left) -> None:
                if next(left, None) is None:
                    raise OSError(28, "No space left on device")
                real(descriptor)

            monkeypatch.setattr(os, "fsync", sync)
            try:
                publish(tmp_path, f"run-{steps + 1:02}")
                is_done = True
            except InputError:
                is_done = False
            monkeypatch.undo()
            seen.append(assert_complete(tmp_path).manifest.run_id)
            assert artifacts.run_ids(tmp_path) == sorted({"run-00", seen[-1]})
            assert left_over(tmp_path) == []
            assert (tmp_path / "PUBLISHING").read_bytes() == b""
            if is_done:
                break
            if seen[-1] != "run-00":
                # Full after the switch: the run is there, and the next begins from the first one again.
                publishing.use(tmp_path, "run-00")
                shutil.rmtree(tmp_path / "runs" / seen[-1])
        assert is_done
        # Full before the switch, full after it, and not full any more.
        assert seen[0] == "run-00"
        assert seen[-2:] == [f"run-{len(seen) - 1:02}", f"run-{len(seen):02}"]

    def test_everything_is_on_disk_before_readers_are_switched_to_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        steps: list[str] = []
        rename, replace, sync = Path.rename, Path.replace, os.fsync

        def name(path: Path | str) -> str:
            return str(Path(path).relative_to(tmp_path)) if Path(path) != tmp_path else "."

        def renamed(path: Path, target: Path) -> Path:
            steps.append(f"{name(path)} -> {name(target)}")
            return rename(path, target)

        def replaced(path: Path, target: Path) -> Path:
            steps.append(f"{name(path)} -> {name(target)}")
            return replace(path, target)

        def synced(descriptor: int) -> None:
            steps.append(name(Path(f"/proc/self/fd/{descriptor}").readlink()))
            sync(descriptor)

        with publishing.publication(tmp_path) as publication:
            made = write(publication, "one")
            monkeypatch.setattr(Path, "rename", renamed)
            monkeypatch.setattr(Path, "replace", replaced)
            monkeypatch.setattr(os, "fsync", synced)
            publication.publish(made)
            monkeypatch.undo()
            assert (tmp_path / "PUBLISHING").read_bytes() == b""
        tables = [f"runs/.one/shop/{table.name}.parquet" for table in TABLES]
        written = {"runs/.one/manifest.json", "runs/.one/shop", *tables}
        assert set(steps[: len(written)]) == written
        assert steps[len(written) :] == [
            "runs/.one", "PUBLISHING", "runs/.one -> runs/one", "runs", "CURRENT.new", "CURRENT.new -> CURRENT", ".",
        ]  # fmt: skip

    def test_a_manifest_is_there_for_people_too(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        assert (run.folder / "manifest.json").read_text() == run.manifest.sealed()
        assert '\n  "run_id": "one",\n' in (run.folder / "manifest.json").read_text()

    def test_what_a_killed_build_left_is_cleared_and_nothing_else(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        publish(tmp_path, "two")
        publishing.use(tmp_path, "one")
        for half in (".work/deep", "runs/.half/shop"):
            (tmp_path / half).mkdir(parents=True)
            (tmp_path / half / "file").write_text("half")
        (tmp_path / "CURRENT.new").write_text("two\n")
        (tmp_path / "runs" / ".file").write_text("half")
        (tmp_path / "notes.txt").write_text("of somebody")
        with publishing.publication(tmp_path) as publication:
            assert sorted(path.name for path in tmp_path.iterdir()) == [".work", "CURRENT", "PUBLISHING", "notes.txt", "runs"]
            assert list(publication.work.iterdir()) == []
        assert left_over(tmp_path) == ["notes.txt"]
        assert artifacts.run_ids(tmp_path) == ["one", "two"]
        assert assert_complete(tmp_path).manifest.run_id == "one"

    @pytest.mark.parametrize(("named", "runs"), [("two", ["one"]), ("one", ["one", "two"]), ("gone", ["one", "two"]), ("", ["one", "two"])])
    def test_a_run_that_was_about_to_be_switched_to_is_cleared_unless_it_was(self, tmp_path: Path, named: str, runs: list[str]) -> None:
        publish(tmp_path, "one")
        publish(tmp_path, "two")
        publishing.use(tmp_path, "one")
        (tmp_path / "PUBLISHING").write_text(named)
        with publishing.publication(tmp_path):
            assert artifacts.run_ids(tmp_path) == runs
            assert (tmp_path / "PUBLISHING").read_bytes() == b""
        assert assert_complete(tmp_path).manifest.run_id == "one"


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
        with publishing.publication(tmp_path) as publication:
            publication.hold_back(write(publication, "held"))
        command = [sys.executable, "-m", "tests.publishing", str(tmp_path), "two", step]
        assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 9
        assert assert_complete(tmp_path).manifest.run_id == current
        with publishing.publication(tmp_path):
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
        publish_beside = publish(tmp_path / "other", "two")
        publish_beside.folder.rename(tmp_path / "runs" / "two")
        with pytest.raises(ArtifactError) as caught:
            artifacts.current(tmp_path)
        assert re.fullmatch(
            rf"Run 'gone' in {tmp_path} cannot be opened \(.*No such file or directory.*\)\. Runs there: one, two\. Go back with .*\.",
            str(caught.value),
        )

    def test_one_table_can_be_looked_at_alone(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        run.table("shop", "third").unlink()
        assert run.damage("shop", "second") is None
        assert run.damage("shop", "third") == f"{run.table('shop', 'third')}: the table is missing"

    def test_a_message_names_the_table_and_both_remedies(self, tmp_path: Path) -> None:
        run = publish(tmp_path, "one")
        run.table("shop", "first").unlink()
        with pytest.raises(ArtifactError) as caught:
            run.verify()
        assert str(caught.value) == (
            f"{run.table('shop', 'first')}: the table is missing. "
            "Go back with `python -m pipeline use RUN`, or run `python -m pipeline build`."
        )


class TestUse:
    def test_readers_are_switched_back_and_forth(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        publish(tmp_path, "two")
        publishing.use(tmp_path, "one")
        assert assert_complete(tmp_path).manifest.run_id == "one"
        assert artifacts.run_ids(tmp_path) == ["one", "two"]

    def test_a_damaged_run_is_not_switched_to(self, tmp_path: Path) -> None:
        damaged = publish(tmp_path, "one").table("shop", "first")
        publish(tmp_path, "two")
        damaged.write_bytes(b"")
        with pytest.raises(ArtifactError, match="altered"):
            publishing.use(tmp_path, "one")
        assert assert_complete(tmp_path).manifest.run_id == "two"

    def test_an_unknown_run_lists_those_there(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        with pytest.raises(InputError) as caught:
            publishing.use(tmp_path, "three")
        assert str(caught.value) == "No run is called 'three'. There are: one."
        publish(tmp_path, "two")
        with pytest.raises(InputError) as caught:
            publishing.use(tmp_path, "three")
        assert str(caught.value) == "No run is called 'three'. There are: one, two."

    def test_where_nothing_was_published_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(InputError) as caught:
            publishing.use(tmp_path, "one")
        assert str(caught.value) == "No run is called 'one'. There are: none."
        with pytest.raises(ArtifactError) as broken:
            artifacts.open_run(tmp_path, "one")
        assert str(broken.value).endswith(" Runs there: none. Run `python -m pipeline build`.")

    def test_while_a_build_is_at_work_nobody_is_switched(self, tmp_path: Path) -> None:
        publish(tmp_path, "one")
        publish(tmp_path, "two")
        with publishing.publication(tmp_path), pytest.raises(BusyError) as caught:
            publishing.use(tmp_path, "one")
        assert str(caught.value) == f"Another build is at work in {tmp_path}. Wait until it is done."
        assert assert_complete(tmp_path).manifest.run_id == "two"

    def test_the_run_switched_to_is_given_back(self, tmp_path: Path) -> None:
        first = publish(tmp_path, "one")
        publish(tmp_path, "two")
        assert publishing.use(tmp_path, "one") == first


def held_back(root: Path, run_id: str, **more: object) -> Run:
    """A run that is held back from the readers of `one`."""
    with publishing.publication(root) as publication:
        made = write(publication, run_id).model_copy(update={"held_back": ("fewer customers",), "previous": "one", **more})
        return publication.hold_back(made)


class TestWaiting:
    """`manifest` names a dataset's fingerprint like its run."""

    WANTED: ClassVar = {"shop": "two"}

    def test_a_run_that_was_held_back_need_not_be_built_again(self, tmp_path: Path) -> None:
        current = publish(tmp_path, "one")
        held = held_back(tmp_path, "two")
        assert artifacts.waiting(tmp_path, current, self.WANTED) == held

    @pytest.mark.parametrize("wanted", [{}, {"shop": "three"}, {"gym": "two"}, {"shop": "two", "gym": "two"}])
    def test_one_of_other_files_is_not_what_is_waited_for(self, tmp_path: Path, wanted: dict[str, str]) -> None:
        current = publish(tmp_path, "one")
        held_back(tmp_path, "two")
        assert artifacts.waiting(tmp_path, current, wanted) is None

    @pytest.mark.parametrize("more", [{"held_back": ()}, {"previous": "zero"}, {"previous": None}])
    def test_nor_is_one_that_readers_had_or_that_was_compared_with_another(self, tmp_path: Path, more: dict[str, object]) -> None:
        current = publish(tmp_path, "one")
        held_back(tmp_path, "two", **more)
        assert artifacts.waiting(tmp_path, current, self.WANTED) is None

    def test_nor_is_one_that_is_damaged(self, tmp_path: Path) -> None:
        current = publish(tmp_path, "one")
        held = held_back(tmp_path, "two")
        assert not held.is_damaged()
        held.table("shop", "third").write_bytes(b"altered")
        assert held.is_damaged()
        assert artifacts.waiting(tmp_path, current, self.WANTED) is None

    def test_nor_is_one_that_cannot_be_opened(self, tmp_path: Path) -> None:
        current = publish(tmp_path, "one")
        (held_back(tmp_path, "two").folder / "manifest.json").unlink()
        assert artifacts.waiting(tmp_path, current, self.WANTED) is None

    def test_nor_is_one_that_a_later_run_came_after(self, tmp_path: Path) -> None:
        current = publish(tmp_path, "one")
        held_back(tmp_path, "two")
        held_back(tmp_path, "two-later", held_back=("something else",))
        assert artifacts.waiting(tmp_path, current, self.WANTED) is None
