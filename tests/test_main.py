import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import artifacts, publishing
from tests.conftest import ROOT, Command

CATALOGUE = """
[club]
kind = "profile"
file = "club.csv"
customer_id = "id"
k = 2
features = [{ name = "age", column = "age" }, { name = "visits", column = "visits" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "datasets.toml").write_text(CATALOGUE)
    (tmp_path / "club.csv").write_text("id,age,visits\n" + "".join(f"{at},{20 + at % 40},{at % 13}\n" for at in range(40)) + ",30,1\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line as a user without a terminal calls it, in a folder of their own: once for each command."""
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT), "CLIENTELE_RAW": "."}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_build_publishes_then_has_nothing_to_do_then_is_forced(folder: Path, command: Command) -> None:
    first = run(folder, "build", "--quick")
    assert first.returncode == 0, first.stderr
    run_id = (folder / "data/artifacts/CURRENT").read_text().strip()
    assert "club: clusters" in first.stdout
    assert f"Published run {run_id} in" in first.stdout
    assert "\x1b" not in first.stdout
    row = next(line.split() for line in first.stdout.splitlines() if line.startswith("  club "))
    assert row[1:3] == ["40", "2"]
    again = command(folder, "build", "--quick")
    assert again.returncode == 0
    assert again.stdout == f"Nothing has changed since run {run_id}. Nothing was published; --force builds all the same.\n"
    assert command(folder, "build", "--quick", "--force").returncode == 0
    listed = run(folder, "runs").stdout
    assert len(artifacts.run_ids(folder / "data/artifacts")) == 2
    assert listed.count("club") == 2
    assert listed.count("current") == 1
    named = run(folder, "name", run_id, "before [Christmas]")
    assert (named.returncode, named.stdout) == (0, f"Run {run_id} is called before [Christmas].\n")
    assert run(folder, "pin", run_id).stdout == f"Run {run_id} is pinned.\n"
    row = next(line for line in command(folder, "runs").stdout.splitlines() if run_id in line)
    assert row.split()[:4] == [run_id, "before", "[Christmas]", "pinned"]
    assert command(folder, "pin", run_id, "--remove").stdout == f"Run {run_id} is no longer pinned.\n"
    assert command(folder, "name", run_id, "").stdout == f"Run {run_id} has no name.\n"
    assert command(folder, "runs").stdout == listed
    refused = command(folder, "pin", "run-9")
    assert (refused.returncode, refused.stderr.startswith("No run is called 'run-9'. There are: ")) == (2, True)
    back = run(folder, "use", run_id)
    assert (back.returncode, back.stdout) == (0, f"Current run: {run_id}\n")
    assert (folder / "data/artifacts/CURRENT").read_text().strip() == run_id


@pytest.mark.slow
def test_a_missing_file_is_made_up_for_and_said(folder: Path, command: Command) -> None:
    (folder / "club.csv").unlink()
    built = command(folder, "build", "--quick")
    assert built.returncode == 0, built.stderr
    assert "club (demo)" in built.stdout
    assert "club: made-up data. For your own, put club.csv there and run `python -m pipeline build`." in built.stdout
    assert command(folder, "runs").stdout.count("club (demo)") == 1


@pytest.mark.slow
def test_a_run_that_differs_much_exits_2_says_why_and_can_be_accepted(folder: Path, command: Command) -> None:
    assert command(folder, "build", "--quick").returncode == 0
    first = (folder / "data/artifacts/CURRENT").read_text().strip()
    (folder / "club.csv").write_text("id,age,visits\n" + "".join(f"{at},{20 + at * 3},{at}\n" for at in range(13)))
    built = command(folder, "build", "--quick")
    held = artifacts.run_ids(folder / "data/artifacts")[-1]
    said = (
        f"Run {held} is held back: it differs much from run {first}, which stays current.\n"
        "  club: rows fell to less than half of the run before: 40 before, 13 now\n"
        "  club: customers fell to less than half of the run before: 40 before, 13 now\n"
        f"If that is right, run `python -m pipeline use {held}`, or `python -m pipeline build --accept`. "
        "If not, mend the file and build again.\n"
    )
    assert (built.returncode, built.stderr) == (2, said)
    assert f"Wrote run {held} in" in built.stdout
    again = command(folder, "build", "--quick")
    assert (again.returncode, again.stderr) == (2, said)
    assert again.stdout.startswith(f"Nothing has changed since run {held}.")
    listed = [line.split() for line in command(folder, "runs").stdout.splitlines() if "club" in line]
    assert [line[: line.index("club") - 2] for line in listed] == [["current", first], ["held", "back", held]]
    accepted = command(folder, "build", "--quick", "--accept")
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert (folder / "data/artifacts/CURRENT").read_text().strip() not in (first, held)


def test_check_reports_the_row_law_and_publishes_nothing(folder: Path) -> None:
    checked = run(folder, "check", "club")
    assert checked.returncode == 0, checked.stderr
    assert "id is missing" in checked.stdout
    assert "club.csv, row 42: nothing" in checked.stdout
    assert "club.csv: 41 rows read = 40 kept + 1 rejected + 0 removed as duplicates." in checked.stdout
    assert not (folder / "data").exists()


def test_check_reports_as_json_and_nothing_else(folder: Path, command: Command) -> None:
    checked = command(folder, "check", "club", "--json")
    report = json.loads(checked.stdout)
    assert report["file"] == "club.csv"
    assert report["rows"] == {"read": 41, "kept": 40, "rejected": 1, "duplicates": 0}
    found = next(check for check in report["checks"] if check["check"] == "id is missing")
    assert found == {
        "check": "id is missing",
        "outcome": "rejected",
        "rows": 1,
        "share": 1 / 41,
        "example": "club.csv, row 42: nothing",
        "customers": 0,
        "revenue": None,
    }


def test_a_bad_file_exits_2_with_one_message(folder: Path, command: Command) -> None:
    (folder / "other.csv").write_text("id,agee,visits\n1,2,3\n")
    checked = command(folder, "check", "club", "other.csv")
    assert checked.returncode == 2
    assert "rows read" not in checked.stdout
    assert checked.stderr == (
        "other.csv: no column 'age' (for age). The closest is 'agee'. "
        "The file has: id, agee, visits. Name the right one in datasets.toml.\n"
    )


def test_a_mistake_in_the_catalogue_exits_2_with_its_line(folder: Path, command: Command) -> None:
    (folder / "datasets.toml").write_text(CATALOGUE.replace("k = 2", "kk = 2"))
    built = command(folder, "build", "--quick")
    assert built.returncode == 2
    assert built.stderr.startswith("datasets.toml, line 6: [club] kk is not a setting. Did you mean 'k'?")
    assert "Traceback" not in built.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "--only", "clbu"), "No dataset is called 'clbu'. Did you mean 'club'? There are: club.\n"),
        (("build", "--as-of", "10.03.2024"), "--as-of '10.03.2024' is not a date. Write it as 2011-12-10.\n"),
        (("use", "none"), "No run is called 'none'. There are: none.\n"),
        (("check", "club", "gone.csv"), "gone.csv: no such file. Put it there, or set CLIENTELE_RAW to the folder that holds it.\n"),
    ],
)
def test_a_wrong_argument_exits_2_and_says_what_is_right(folder: Path, command: Command, arguments: tuple[str, ...], said: str) -> None:
    answered = command(folder, *arguments)
    assert (answered.returncode, answered.stderr) == (2, said)


def test_a_build_beside_another_exits_3(folder: Path, command: Command) -> None:
    with publishing.publication(folder / "data/artifacts"):
        answered = command(folder, "build", "--quick")
    assert (answered.returncode, answered.stderr) == (3, "Another build is at work in data/artifacts. Wait until it is done.\n")


def test_runs_without_any_says_how_to_make_one(folder: Path, command: Command) -> None:
    assert command(folder, "runs").stdout == "No run is published. Run `python -m pipeline build`.\n"


def test_a_fault_of_ours_exits_1(folder: Path) -> None:
    (folder / "data/artifacts/runs/broken").mkdir(parents=True)
    answered = run(folder, "runs")
    assert answered.returncode == 1
    assert "Run 'broken' in data/artifacts cannot be opened" in answered.stderr


@pytest.mark.slow
def test_score_places_a_file_by_the_published_run(folder: Path, command: Command) -> None:
    none = command(folder, "score", "club", "club.csv", "--out", "out.csv")
    assert (none.returncode, "No run is published in data/artifacts." in none.stderr) == (2, True)
    assert command(folder, "build", "--quick").returncode == 0
    (folder / "more.csv").write_text("id,age,visits\n3,23,3\nx,30,2\n")
    scored = run(folder, "score", "club", "more.csv", "--out", "out.csv")
    assert scored.returncode == 0, scored.stderr
    run_id = (folder / "data/artifacts/CURRENT").read_text().strip()
    assert f"2 customers placed by run {run_id}: 1 known, 1 new.\nWritten to out.csv.\n" in scored.stdout
    assert [line.split(",")[:2] for line in (folder / "out.csv").read_text("utf-8-sig").splitlines()[1:]] == [["3", "known"], ["x", "new"]]
    wrong = command(folder, "score", "club", "more.csv", "--out", "out.doc")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    (folder / "more.csv").write_text("id,age,visits\n3,23,3\n3,23,3\nx,,2\n")
    again = command(folder, "score", "club", "more.csv", "--out", "out.csv", "--rejected", "kept out.csv")
    assert again.returncode == 0, again.stderr
    lines = (folder / "kept out.csv").read_text("utf-8-sig").splitlines()
    assert lines == [
        "source,source_row,reason,id,age,visits,line",
        "more.csv,3,the customer id stands in an earlier row,3,23,3,",
        "more.csv,4,age is missing,x,,2,",
    ]
    assert again.stdout.endswith("2 rows kept out, with their reasons: kept out.csv.\n")
