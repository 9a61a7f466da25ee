import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline import locking
from pipeline.artifacts import Run
from tests.small import publish
from tests.webapp.asking import client_of, open_house
from tests.webapp.handmade import publish as publish_by_hand
from tests.webapp.sending import program, until
from webapp import private
from webapp import reporting as module
from webapp.frame import Frame
from webapp.reporting import Reporting
from webapp.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return publish(tmp_path_factory.mktemp("reported"))


def server_of(runs: Path, root: Path) -> FastAPI:
    store = Store(runs)
    reporting = Reporting(store, root)
    server = Frame(store, reception=open_house(), lifespan=lambda _: reporting.alive())
    server.mount("/reports", reporting.app)
    return server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def client(run: Run, root: Path) -> Iterator[TestClient]:
    with client_of(server_of(run.folder.parents[1], root)) as client:
        yield client


def begin(client: TestClient, run_id: str) -> Any:
    return client.post(f"/reports/{run_id}", json={})


def status(client: TestClient, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/reports/jobs/{run_id}").json()
    return found


def over(client: TestClient, run_id: str) -> dict[str, Any]:
    """The last word of a report."""
    found: dict[str, Any] = until(lambda: status(client, run_id), lambda told: told["state"] != "working")
    return found


def begun(root: Path) -> list[Path]:
    return list((root / "reports").iterdir())


class TestMade:
    def test_it_is_asked_for_made_and_brought(self, client: TestClient, run: Run, root: Path) -> None:
        run_id = run.manifest.run_id
        assert begin(client, run_id).status_code == 202
        assert over(client, run_id) == {"state": "done", "stage": "", "message": "", "files": ["report.pdf", "report.xlsx"]}
        kinds = {"report.pdf": "application/pdf", "report.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        assert list(module.FILES) == list(kinds)
        for name, kind in kinds.items():
            answer = client.get(f"/reports/files/{run_id}/{name}")
            assert answer.headers["Content-Disposition"] == f'attachment; filename="clientele-20240701-{name}"'
            assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (kind, "no-store")
            assert answer.content == (begun(root)[0] / name).read_bytes()

    def test_it_is_made_once(self, client: TestClient, run: Run, root: Path) -> None:
        begin(client, run.manifest.run_id)
        over(client, run.manifest.run_id)
        made = (begun(root)[0] / "report.pdf").stat().st_mtime_ns
        assert begin(client, run.manifest.run_id).status_code == 202
        assert status(client, run.manifest.run_id)["state"] == "done"
        assert (begun(root)[0] / "report.pdf").stat().st_mtime_ns == made

    def test_nobody_else_can_look_into_it(self, client: TestClient, run: Run, root: Path) -> None:
        begin(client, run.manifest.run_id)
        over(client, run.manifest.run_id)
        assert begun(root)[0].stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o077 for path in begun(root)[0].iterdir()} == {0}

    def test_those_who_ask_at_once_get_one(
        self, client: TestClient, run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path, monkeypatch, 'echo begun >> "$0.count"; while [ ! -f "$0.go" ]; do sleep 0.02; done')
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: begin(client, run.manifest.run_id).status_code, range(4)))
        assert answers == [202] * 4
        until((tmp_path / "program.count").is_file)
        assert status(client, run.manifest.run_id)["state"] == "working"
        (tmp_path / "program.go").touch()
        over(client, run.manifest.run_id)
        assert (tmp_path / "program.count").read_text() == "begun\n"

    def test_another_server_finds_what_is_kept(self, client: TestClient, run: Run, root: Path) -> None:
        begin(client, run.manifest.run_id)
        over(client, run.manifest.run_id)
        with client_of(server_of(run.folder.parents[1], root)) as other:
            assert status(other, run.manifest.run_id)["state"] == "done"

    def test_runs_of_one_id_that_hold_something_else_have_reports_of_their_own(self, tmp_path: Path, root: Path) -> None:
        runs = [publish_by_hand(tmp_path / name, demo=name == "b") for name in "ab"]
        places = {Reporting(Store(run.folder.parents[1]), root)._place(run) for run in runs}
        assert len(places) == 2

    def test_those_of_the_runs_asked_for_last_are_kept(self, client: TestClient, run: Run, root: Path) -> None:
        for at in range(6):
            (root / "reports" / str(at)).mkdir(parents=True)
        root.chmod(0o700)
        with locking.held(root / "reports" / "0" / "MAKING"):
            begin(client, run.manifest.run_id)
            over(client, run.manifest.run_id)
            assert 4 <= len(begun(root)) <= 5
            assert (root / "reports" / "0").is_dir()


class TestRefused:
    def test_another_run_than_the_one_shown_is_not_there(self, client: TestClient) -> None:
        for answer in (begin(client, "other"), client.get("/reports/jobs/other"), client.get("/reports/files/other/report.pdf")):
            assert (answer.status_code, answer.json()) == (404, {"message": "Another run is shown by now. Reload the page."})

    @pytest.mark.parametrize("name", ["report.pdf", "status.json", "MAKING", "..%2F..%2FCURRENT"])
    def test_no_file_is_brought_that_is_none_of_a_report(self, client: TestClient, run: Run, name: str) -> None:
        assert client.get(f"/reports/files/{run.manifest.run_id}/{name}").status_code == 404

    def test_without_a_run_there_is_none(self, tmp_path: Path, root: Path) -> None:
        with client_of(server_of(tmp_path / "none", root)) as client:
            assert begin(client, "any").status_code == 503

    def test_a_folder_of_somebody_else_is_told_without_its_name(
        self, client: TestClient, run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def theirs(path: Path | None = None) -> Path:
            raise PermissionError(f"{path} is not a folder of this user's.")

        monkeypatch.setattr(private, "folder", theirs)
        answer = begin(client, run.manifest.run_id)
        assert answer.status_code == 503
        assert answer.json()["message"].startswith("The server could not make the report: it has no folder")
        assert str(root) not in answer.text


class TestFailed:
    def test_one_that_was_never_begun_can_be_asked_for(self, client: TestClient, run: Run) -> None:
        assert status(client, run.manifest.run_id)["message"] == "Making it was stopped. Ask for it again."

    def test_the_end_of_the_process_is_told_and_asking_again_makes_it(
        self, client: TestClient, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
            program(tmp_path, broken, "exit 7")
            begin(client, run.manifest.run_id)
            told = until(lambda: status(client, run.manifest.run_id), lambda found: "by the system" in found["message"])
        assert told["state"] == "failed"
        assert any("exit code 7" in line for line in caplog.messages)
        begin(client, run.manifest.run_id)
        assert over(client, run.manifest.run_id)["state"] == "done"

    def test_a_fault_is_logged_once(
        self, client: TestClient, run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        failed = '{"state": "failed", "stage": "", "message": "The fault is ours and stands in the log."}'
        with monkeypatch.context() as broken:
            program(tmp_path, broken, f"""printf '{{"fault": "ValueError"}}' > "$5/fault.json"; printf '{failed}' > "$5/status.json" """)
            begin(client, run.manifest.run_id)
            until(lambda: "a report failed" in caplog.messages, bool)
        caplog.clear()
        begin(client, run.manifest.run_id)
        assert over(client, run.manifest.run_id)["state"] == "done"
        assert not (begun(root)[0] / "fault.json").exists()
        assert "a report failed" not in caplog.messages

    def test_a_damaged_run_is_told_in_words(self, tmp_path: Path, root: Path) -> None:
        run = publish(tmp_path)
        with client_of(server_of(run.folder.parents[1], root)) as client:
            assert client.get("/reports/jobs/" + run.manifest.run_id).status_code == 200
            run.table("club", "personas").unlink()
            begin(client, run.manifest.run_id)
            assert "the table is missing" in over(client, run.manifest.run_id)["message"]

    def test_one_that_takes_too_long_is_ended(self, client: TestClient, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path, monkeypatch, "exec sleep 600")
        monkeypatch.setattr(module, "WORKING_SECONDS", 0.05)
        begin(client, run.manifest.run_id)
        told = until(lambda: status(client, run.manifest.run_id), lambda found: "the most that it may take" in found["message"])
        assert told["state"] == "failed"

    def test_the_end_of_the_server_ends_it(self, run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path, monkeypatch, "echo $$ > $0.begun; mv $0.begun $0.pid; exec sleep 600")
        with client_of(server_of(run.folder.parents[1], root)) as client:
            begin(client, run.manifest.run_id)
            until((tmp_path / "program.pid").is_file)
        assert not psutil.pid_exists(int((tmp_path / "program.pid").read_text()))


def test_what_draws_is_not_loaded_by_the_server() -> None:
    code = "import sys, webapp.reporting, webapp.routes; sys.exit(bool({'matplotlib', 'seaborn'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
