import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline import job_folder
from pipeline.errors import BusyError
from webapp import jobs as module
from webapp.jobs import KEPT_SECONDS, WORKING_SECONDS, Job, Jobs

BEGUN = 1_700_000_000.0


class Now:
    """Seconds since 1970 that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = BEGUN

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def jobs(tmp_path: Path, now: Now) -> Jobs:
    return Jobs(tmp_path / "jobs", clock=now)


def begun(jobs: Jobs, state: str | None = None) -> Job:
    """A job that was last heard of at `BEGUN`."""
    job = jobs.begin("shop", "orders.csv")
    if state:
        job.tell(state)
    os.utime(job.folder, (BEGUN, BEGUN))
    return job


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestBegun:
    def test_is_found_by_its_id_with_what_is_known_of_it(self, jobs: Jobs) -> None:
        job = begun(jobs)
        assert jobs.find(job.id) == job == Job(job.folder, "shop", "orders.csv")
        assert (job.status, job.result, job.files) == ({"state": "working", "stage": "", "message": ""}, None, [])

    def test_is_found_by_every_worker(self, jobs: Jobs, tmp_path: Path, now: Now) -> None:
        job = begun(jobs)
        assert Jobs(tmp_path / "jobs", clock=now).find(job.id) == job

    def test_has_an_id_that_nobody_can_guess(self, jobs: Jobs) -> None:
        ids = {begun(jobs).id for _ in range(50)}
        assert len(ids) == 50
        assert {len(name) for name in ids} == {22}  # of 64 letters each: 132 bits

    def test_is_closed_to_everybody_else(self, jobs: Jobs, tmp_path: Path) -> None:
        job = begun(jobs, "done")
        assert [mode(path) for path in (tmp_path / "jobs", job.folder, job.work)] == [0o700] * 3
        assert [mode(job.folder / name) for name in ("about.json", "status.json")] == [0o600] * 2

    def test_leaves_nothing_where_there_is_no_room(self, jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, content: dict[str, str]) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(module, "put", full)
        with pytest.raises(OSError, match="No space left"):
            jobs.begin("shop", "orders.csv")
        assert list((tmp_path / "jobs").iterdir()) == []


class TestWords:
    def test_the_last_word_counts(self, jobs: Jobs) -> None:
        job = begun(jobs)
        job.tell("refused", "orders.csv: is empty")
        job.tell("failed", "“ü”")
        assert job.status == {"state": "failed", "stage": "", "message": "“ü”"}
        assert sorted(path.name for path in job.folder.iterdir()) == ["about.json", "status.json", "work"]

    def test_many_at_once_are_never_half_there(self, jobs: Jobs) -> None:
        job = begun(jobs)
        job.tell("failed", "0")
        with ThreadPoolExecutor(8) as threads:
            told = [threads.submit(job.tell, "failed", "x" * length) for length in range(1, 200)]
            seen = [job.status["state"] for _ in range(500)]
            assert [word.result() for word in told] == [None] * 199
        assert set(seen) == {"failed"}

    def test_there_is_a_result_only_once_it_is_done(self, jobs: Jobs) -> None:
        job = begun(jobs)
        (job.folder / "scored.json").write_text(json.dumps({"file": "orders.csv"}))
        assert job.result is None
        job.tell("done")
        assert job.result == {"file": "orders.csv"}
        job.remove()
        assert job.result is None

    def test_what_is_cleared_is_the_file_and_what_was_taken_out_of_it(self, jobs: Jobs) -> None:
        job = begun(jobs, "done")
        job.sent.write_text("who,order\n")
        (job.work / "tmp").mkdir()
        job.clear()
        assert not job.work.exists()
        assert jobs.find(job.id) == job


class TestKept:
    def test_for_fifteen_minutes_after_the_last_word(self, jobs: Jobs, now: Now) -> None:
        job = begun(jobs, "done")
        now.seconds += KEPT_SECONDS
        assert jobs.find(job.id) == job
        now.seconds += 1
        assert jobs.find(job.id) is None

    def test_a_sweep_removes_what_is_too_old_and_nothing_else(self, jobs: Jobs, now: Now, tmp_path: Path) -> None:
        old = begun(jobs, "done")
        other = tmp_path / "jobs" / "not-a-job"
        other.mkdir()
        os.utime(other, (BEGUN, BEGUN))
        now.seconds += KEPT_SECONDS + 1
        young = jobs.begin("shop", "later.csv")
        os.utime(young.folder, (now.seconds, now.seconds))
        jobs.sweep()
        assert [old.folder.exists(), young.folder.exists(), other.exists()] == [False, True, True]

    def test_a_sweep_of_nothing_is_none(self, jobs: Jobs) -> None:
        jobs.sweep()
        assert jobs.find("a" * 22) is None

    def test_what_is_being_removed_is_not_found(self, jobs: Jobs, now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
        job = begun(jobs, "done")
        remove = shutil.rmtree
        # Stopped as soon as it has changed the folder.
        monkeypatch.setattr(shutil, "rmtree", lambda folder, **_: (folder / "status.json").unlink())
        now.seconds += KEPT_SECONDS + 1
        jobs.sweep()
        assert jobs.find(job.id) is None
        monkeypatch.setattr(shutil, "rmtree", remove)
        jobs.sweep()
        assert list(job.folder.parent.iterdir()) == []

    def test_two_sweeps_and_a_reader_do_not_disturb_each_other(self, jobs: Jobs, now: Now) -> None:
        ids = [begun(jobs, "done").id for _ in range(60)]
        now.seconds += KEPT_SECONDS + 1
        with ThreadPoolExecutor(3) as threads:
            sweeps = [threads.submit(jobs.sweep) for _ in range(2)]
            found = [jobs.find(name) for name in ids]
            assert [sweep.result() for sweep in sweeps] == [None, None]
        assert found == [None] * 60

    def test_a_job_that_vanishes_while_it_is_looked_for_is_not_kept(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        job = begun(jobs, "done")
        read: Callable[[Path], Any] = job_folder.read

        def vanish(path: Path) -> Any:
            found = read(path)
            job.remove()
            return found

        monkeypatch.setattr(module, "read", vanish)
        assert jobs.find(job.id) is None

    def test_a_folder_that_does_not_say_what_it_is_yet_is_no_job(self, jobs: Jobs) -> None:
        job = begun(jobs)
        (job.folder / "about.json").unlink()
        assert jobs.find(job.id) is None

    @pytest.mark.parametrize("name", ["", "..", "../jobs", "BUSY", "a" * 21, "a" * 23, "a" * 21 + "/", "a" * 21 + "\n", "é" * 22])
    def test_what_is_no_id_is_no_job(self, jobs: Jobs, name: str) -> None:
        begun(jobs)
        assert jobs.find(name) is None


class TestSilence:
    def test_a_job_whose_process_and_watcher_were_killed_is_over_after_a_while(self, jobs: Jobs, now: Now) -> None:
        job = begun(jobs, "working")
        now.seconds += WORKING_SECONDS
        assert jobs.find(job.id) == job
        assert job.status["state"] == "working"
        now.seconds += 61
        assert jobs.find(job.id) == job
        assert job.status == {"state": "failed", "stage": "", "message": "Reading it was stopped. Send the file again."}

    @pytest.mark.parametrize("state", ["done", "refused", "failed"])
    def test_a_last_word_stays(self, jobs: Jobs, now: Now, state: str) -> None:
        job = begun(jobs, state)
        now.seconds += KEPT_SECONDS
        assert jobs.find(job.id) == job
        assert job.status["state"] == state


class TestTurn:
    def test_one_at_a_time_in_this_process_and_in_others(self, jobs: Jobs, tmp_path: Path) -> None:
        others = Jobs(tmp_path / "jobs")
        with jobs.turn(), pytest.raises(BusyError), others.turn():
            pass
        with others.turn():
            pass

    def test_is_kept_by_a_process_that_it_was_handed_to_until_that_ends(self, jobs: Jobs) -> None:
        with jobs.turn() as turn:
            process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(turn,))
        with process:
            with pytest.raises(BusyError), jobs.turn():
                pass
            process.communicate(b"\n")
        with jobs.turn():
            pass

    def test_is_given_back_whatever_happens(self, jobs: Jobs) -> None:
        # Not taken for a turn that somebody else has.
        with pytest.raises(BlockingIOError), jobs.turn():
            raise BlockingIOError
        with jobs.turn():
            pass


class TestFolder:
    def test_that_is_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "jobs").symlink_to(tmp_path / "elsewhere")
        jobs = Jobs(tmp_path / "jobs")
        assert jobs.find("a" * 22) is None
        for use in (lambda: jobs.begin("shop", "x.csv"), jobs.sweep, lambda: jobs.turn().__enter__()):
            with pytest.raises(PermissionError) as refused:
                use()
            assert str(refused.value) == f"{tmp_path / 'jobs'} is not a folder of this user's. Remove it, or set TMPDIR to another folder."
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_that_somebody_else_made_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "jobs").mkdir()
        own = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
        with pytest.raises(PermissionError, match="is not a folder of this user's"):
            Jobs(tmp_path / "jobs").begin("shop", "x.csv")

    def test_is_by_default_one_of_this_user_among_temporary_ones(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert Jobs().begin("shop", "x.csv").folder.parent == tmp_path / f"clientele-{os.getuid()}"
