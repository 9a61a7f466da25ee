import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import outcome_job
from pipeline.campaigns import Campaign, Campaigns
from tests.campaign import draw, groups
from tests.conftest import ROOT

# Each test lets it start a process that reads a file.
pytestmark = pytest.mark.slow


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return Campaigns(tmp_path).keep(draw(), groups)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    return tmp_path / "job"


def sent(folder: Path, content: str) -> Path:
    file = folder / "sent.csv"
    file.write_text(content)
    return file


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def main(campaign: Campaign, file: Path, folder: Path, runs: Path) -> int:
    return outcome_job.main(campaign, Campaigns(runs).assignment(campaign), file, folder)


def test_the_result_is_left_and_the_last_word_is_not_said(campaign: Campaign, folder: Path, tmp_path: Path) -> None:
    assert main(campaign, sent(folder, "who,amount\n1,10\n10,4\nx,1\n,2\n"), folder, tmp_path) == 0
    found = read(folder / "scored.json")
    assert (found["file"], found["column"], found["is_amount"], found["outside"]) == ("sent.csv", "amount", True, 1)
    assert found["contact"] == {"customers": 90, "named": 1, "converted": 1, "spent": 10.0}
    assert found["counts"] == {"read": 4, "kept": 3, "rejected": 1, "duplicates": 0}
    assert [row["reason"] for row in found["rejected"]] == ["who is missing"]
    assert found["conversion"]["control"] == 0.1
    assert read(folder / "status.json")["state"] == "working"
    assert {path.name for path in folder.iterdir()} == {"status.json", "scored.json"}


def test_a_refusal_is_told(campaign: Campaign, folder: Path, tmp_path: Path) -> None:
    assert main(campaign, sent(folder, "who,amount\nx,1\n"), folder, tmp_path) == 2
    status = read(folder / "status.json")
    assert status["state"] == "refused"
    assert status["message"].startswith("sent.csv: none of its 1 customers is in the campaign 'Spring letter'.")
    assert {path.name for path in folder.iterdir()} == {"status.json"}


def test_it_is_run_as_a_process(campaign: Campaign, folder: Path, tmp_path: Path) -> None:
    assignment, file = Campaigns(tmp_path).assignment(campaign), sent(folder, "who,bought\n1,yes\n")
    command = [sys.executable, "-m", "pipeline.outcome_job", campaign.model_dump_json(), *map(str, (assignment, file, folder))]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env={**os.environ})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert read(folder / "scored.json")["contact"]["converted"] == 1
