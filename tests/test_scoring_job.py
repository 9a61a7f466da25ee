import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import job_folder, scoring, scoring_job
from pipeline.artifacts import Run
from pipeline.errors import InputError
from pipeline.exports import workbook
from pipeline.replacing import replacing
from tests.conftest import ROOT, silent
from tests.small import HEAD, LINES, MEMBERS

# Each test lets it start a process that reads a file.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(small: Run) -> Run:
    return small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a job leaves its progress and results in."""
    (tmp_path / "job" / "work").mkdir(parents=True)
    return tmp_path / "job"


def sent(folder: Path, content: str, name: str = "sent.csv") -> Path:
    file = folder / "work" / name
    file.write_text(content)
    return file


def main(run: Run, dataset: str, file: Path, folder: Path, run_id: str | None = None) -> int:
    return scoring_job.main(run.folder.parents[1], run_id or run.manifest.run_id, dataset, file, folder)


def status(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    return found


def fault_in(folder: Path) -> str:
    return str(json.loads((folder / "fault.json").read_text(encoding="utf-8"))["fault"])


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - {"work"}


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every state and stage that is written, in order."""
    written: list[tuple[str, str]] = []
    put = job_folder.put

    def keep(path: Path, content: dict[str, Any]) -> None:
        if path.name == job_folder.STATUS:
            written.append((content["state"], content["stage"]))
        put(path, content)

    monkeypatch.setattr(job_folder, "put", keep)
    return written


class TestDone:
    def test_the_stages_are_told_in_order_and_the_end_once_all_is_there(
        self, run: Run, folder: Path, states: list[tuple[str, str]]
    ) -> None:
        assert main(run, "shop", sent(folder, LINES), folder) == 0
        stages = [("working", stage) for stage in ("reading", "checking", "features", "writing")]
        assert states == [*stages, ("done", "")]
        assert left(folder) == {"status.json", "scored.json", "customers.csv", "customers.xlsx", "rejected.csv"}

    def test_what_came_of_it_is_what_scoring_gives(self, run: Run, folder: Path) -> None:
        rows = "c1,a,2024-01-31,1,10\nx1,b,2024-01-30,2,3\n,c,2024-01-30,2,3\n"
        file = sent(folder, HEAD + rows)
        scored = scoring.score(run, "shop", file, as_of=None, report=silent)
        assert main(run, "shop", file, folder) == 0
        found = json.loads((folder / "scored.json").read_text(encoding="utf-8"))
        assert (found["run_id"], found["file"], found["as_of"]) == (run.manifest.run_id, "sent.csv", str(scored.as_of))
        assert found["rows"] == {"read": 3, "kept": 2, "rejected": 1, "duplicates": 0}
        assert sum(group["customers"] for group in found["groups"]) == 2
        assert sum(group["new"] for group in found["groups"]) == 1
        first = dict(zip(found["columns"], found["customers"][0], strict=True))
        assert (first["customer_id"], first["status"]) == ("c1", "known")
        assert first["persona"] == scored.customers["persona"].iloc[0]
        assert [(row["source"], row["source_row"], row["reason"]) for row in found["rejected"]] == [("sent.csv", 4, "who is missing")]

    def test_a_page_gets_the_first_rows_and_the_files_hold_all(self, run: Run, folder: Path) -> None:
        assert main(run, "club", sent(folder, MEMBERS), folder) == 0
        found = json.loads((folder / "scored.json").read_text(encoding="utf-8"))
        assert len(found["customers"]) == scoring_job.SHOWN < 60
        assert len((folder / "customers.csv").read_text(encoding="utf-8").splitlines()) == 61

    def test_more_customers_than_a_sheet_holds_leave_as_csv(self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbook, "MOST_ROWS", 59)
        assert main(run, "club", sent(folder, MEMBERS), folder) == 0
        assert left(folder) == {"status.json", "scored.json", "customers.csv", "rejected.csv"}


class TestNotDone:
    def test_a_refusal_is_that_of_the_command_line(self, run: Run, folder: Path) -> None:
        file = sent(folder, "who,order\nc1,a\n")
        with pytest.raises(InputError) as refused:
            scoring.score(run, "shop", file, as_of=None, report=silent)
        assert main(run, "shop", file, folder) == 2
        assert status(folder) == {"state": "refused", "stage": "", "message": str(refused.value)}
        assert left(folder) == {"status.json"}

    def test_a_run_that_is_not_there_is_no_fault_of_the_file(self, run: Run, folder: Path) -> None:
        assert main(run, "shop", sent(folder, LINES), folder, run_id="20240101T000000Z-00000000") == 1
        assert status(folder)["state"] == "failed"
        assert "20240101T000000Z-00000000" in status(folder)["message"]
        assert left(folder) == {"status.json"}

    def test_a_file_that_there_is_no_memory_for_is_refused_with_the_remedy(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise MemoryError

        monkeypatch.setattr(scoring, "groups", fail)
        assert main(run, "club", sent(folder, MEMBERS), folder) == 2
        said = "sent.csv: there is no room for all its customers at once. Split it into smaller files."
        assert status(folder) == {"state": "refused", "stage": "", "message": said}

    def test_a_fault_of_ours_is_left_for_the_log_without_what_the_file_holds_and_not_shown(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise ValueError("a secret of the file")

        monkeypatch.setattr(scoring, "score", fail)
        assert main(run, "shop", sent(folder, LINES), folder) == 1
        assert status(folder) == {"state": "failed", "stage": "", "message": "The fault is ours and stands in the log."}
        assert left(folder) == {"status.json", "fault.json"}
        fault = fault_in(folder)
        assert "in fail" in fault
        assert fault.endswith("ValueError")

    def test_results_that_cannot_be_written_are_no_fault_of_the_file(self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> None:
            with replacing(folder / "customers.csv", remedy="Name a file in a folder that can be."):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(scoring, "write", full)
        assert main(run, "shop", sent(folder, LINES), folder) == 1
        assert status(folder) == {"state": "failed", "stage": "", "message": "The fault is ours and stands in the log."}
        assert left(folder) == {"status.json", "fault.json"}
        assert "OSError: No space left on device" in fault_in(folder)

    def test_the_file_is_gone_even_if_it_is_interrupted(self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(scoring, "score", interrupt)
        with pytest.raises(KeyboardInterrupt):
            main(run, "shop", sent(folder, LINES), folder)
        assert left(folder) == set()


def test_as_a_process_it_yields_to_others_and_shows_its_files_to_nobody(run: Run, folder: Path) -> None:
    runs, file = run.folder.parents[1], sent(folder, LINES, "--help.csv")
    arguments = [str(argument) for argument in (runs, run.manifest.run_id, "shop", file, folder)]
    # The last thing that it does is to say how much it yields.
    told = "import atexit, os, runpy; atexit.register(lambda: print(os.nice(0)));"
    code = f"{told} runpy.run_module('pipeline.scoring_job', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "10\n", "")
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir() if path.is_file()} == {0}
