import json
from pathlib import Path

import pytest

from pipeline import report_job
from pipeline.artifacts import Run
from pipeline.errors import InputError
from pipeline.report import making
from tests.small import copied


def main(run: Run, folder: Path) -> int:
    return report_job.main(run.folder.parents[1], run.manifest.run_id, folder)


def status(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    return found


def test_both_files_are_there_when_it_is_done(small: Run, tmp_path: Path) -> None:
    assert main(small, tmp_path) == 0
    assert status(tmp_path)["state"] == "done"
    assert {path.name for path in tmp_path.iterdir()} == {"status.json", "report.pdf", "report.xlsx"}


def test_the_pdf_is_there_before_the_workbook_is_begun(small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(making, "write_workbook", lambda *_: seen.append((status(tmp_path)["stage"], (tmp_path / "report.pdf").is_file())))
    main(small, tmp_path)
    assert seen == [("workbook", True)]


def test_a_damaged_run_is_told_in_words(small: Run, tmp_path: Path) -> None:
    run = copied(small, tmp_path)
    run.table("club", "personas").unlink()
    (tmp_path / "job").mkdir()
    assert main(run, tmp_path / "job") == 1
    assert "the table is missing" in status(tmp_path / "job")["message"]
    assert not (tmp_path / "job" / "fault.json").exists()


def test_want_of_memory_is_told_with_the_remedy(small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(making, "write_workbook", fail)
    assert main(small, tmp_path) == 2
    assert status(tmp_path)["message"] == (
        "There is not enough memory for the report. Run `python -m pipeline report` on a machine with more."
    )
    assert not (tmp_path / "fault.json").exists()


def test_a_folder_that_cannot_be_written_is_a_fault_of_ours_and_is_not_named(
    small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise InputError(f"{tmp_path}/report.pdf: cannot be written (No space left on device).")

    monkeypatch.setattr(making, "write_pdf", fail)
    assert main(small, tmp_path) == 1
    assert status(tmp_path)["message"] == "The fault is ours and stands in the log."


def test_a_fault_of_ours_stands_apart_without_what_its_message_quotes(small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = str(12_345)

    def fail(*_: object) -> None:
        raise ValueError(f"customer {quoted}")

    monkeypatch.setattr(making, "write_pdf", fail)
    assert main(small, tmp_path) == 1
    assert status(tmp_path) == {"state": "failed", "stage": "", "message": "The fault is ours and stands in the log."}
    fault = json.loads((tmp_path / "fault.json").read_text())["fault"]
    assert "ValueError" in fault
    assert quoted not in fault
