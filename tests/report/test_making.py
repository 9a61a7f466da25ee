import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.artifacts import Run
from pipeline.errors import InputError
from pipeline.report import making
from tests.conftest import ROOT, Command, silent


@pytest.fixture(scope="module")
def out(small: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the report of the small run was written."""
    folder = tmp_path_factory.mktemp("out") / "new"
    making.make(small, folder, only=None, report=silent)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_a_pdf_a_workbook_and_each_figure_twice(out: Path) -> None:
    figures = {
        f"figures/{name}-{figure}.{ending}"
        for name in ("shop", "club")
        for figure in ("map", "profiles", "shares")
        for ending in ("png", "svg")
    }
    assert {*files(out)} == {"report.pdf", "report.xlsx", *figures}


def test_the_pdf_has_its_fonts_in_it_as_outlines_and_text_as_text(out: Path) -> None:
    written = files(out)["report.pdf"]
    assert {*re.findall(rb"/BaseFont /[A-Z]{6}\+(\S+)", written)} == {b"Inter-Regular", b"Inter-SemiBold"}
    assert b"/FontFile2" in written
    assert b"/Type3" not in written
    assert b"/ToUnicode" in written


def test_its_date_is_that_of_the_run(out: Path) -> None:
    written = files(out)
    assert b"/CreationDate (D:20240701000000Z)" in written["report.pdf"]
    assert b"2024-07-01T00:00:00" in written["figures/shop-map.svg"]


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_in_another_process_and_nothing_on_standard_error(small: Run, out: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "pipeline", "report", "--runs", small.folder.parents[1], "--out", tmp_path]
    found = subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert files(tmp_path) == files(out)


def test_the_command_line_says_what_it_wrote(small: Run, tmp_path: Path, command: Command) -> None:
    found = command(ROOT, "report", "--runs", str(small.folder.parents[1]), "--out", str(tmp_path), "--only", "club")
    assert (found.returncode, found.stderr) == (0, "")
    assert f"8 files in {tmp_path}: report.pdf, report.xlsx, and the figures." in found.stdout


def test_a_dataset_that_is_not_there_is_named_with_those_that_are(small: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No dataset is called 'bar' in run \S+\. There are: club, shop\."):
        making.make(small, tmp_path, only="bar", report=silent)


def test_a_folder_that_cannot_be_made_is_refused_with_a_remedy(small: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be made \(.*\)\. Name another folder with --out\."):
        making.make(small, tmp_path / "file", only="club", report=silent)


def test_a_file_that_cannot_be_written_is_refused_with_a_remedy(small: Run, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").mkdir()
    with pytest.raises(InputError, match=r"report\.pdf: cannot be written \(.*\)\. Close it where it is open"):
        making.make(small, tmp_path, only="club", report=silent)


def test_the_stages_are_those_of_the_progress_bar(small: Run, tmp_path: Path) -> None:
    stages: list[tuple[str, str]] = []
    making.make(small, tmp_path, only="club", report=lambda run, stage: stages.append((run, stage)))
    assert stages == [(small.manifest.run_id, "reading"), (small.manifest.run_id, "writing")]
