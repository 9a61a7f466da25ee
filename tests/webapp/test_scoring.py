import asyncio
import csv
import errno
import io
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import psutil
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message

from pipeline import parquet, scoring
from pipeline.artifacts import Run
from pipeline.campaigns import Campaigns
from tests.conftest import silent
from tests.small import HEAD, LINES, MEMBERS
from tests.small import publish as publish_small
from tests.webapp.asking import client_of, open_house
from tests.webapp.handmade import publish
from tests.webapp.sending import over, program, send, until
from webapp import metrics, readers
from webapp import scoring as module
from webapp.frame import Frame
from webapp.jobs import KEPT_SECONDS, Jobs
from webapp.scoring import Scoring
from webapp.settings import Settings
from webapp.store import Store

LIMIT = 100_000
FORM = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
TYPE = "multipart/form-data; boundary=edge"


class Now:
    """Seconds since 1970 by the system's clock, and those that are added to them."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return time.time() + self.later


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def jobs(tmp_path: Path, now: Now) -> Jobs:
    return Jobs(tmp_path / "jobs", clock=now)


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], set[str]]:
    """All files and folders that there are of jobs, but what says whose turn it is."""
    folder = tmp_path / "jobs"

    def look() -> set[str]:
        # Unlike Path.rglob, it goes on where a folder is removed meanwhile.
        found = (Path(top) / name for top, folders, files in os.walk(folder) for name in (*folders, *files))
        return {str(path.relative_to(folder)) for path in found} - {"BUSY"}

    return look


def server_of(runs: Path, jobs: Jobs, upload_bytes: int = LIMIT, patience: float = 0) -> FastAPI:
    store = Store(runs)
    scoring = Scoring(store, Settings(runs, upload_bytes=upload_bytes), jobs, Campaigns(runs), patience=patience)
    server = Frame(store, reception=open_house(), lifespan=lambda _: scoring.alive())
    server.mount("/scoring", scoring.app)
    return server


@pytest.fixture
def receiver(tmp_path: Path, jobs: Jobs) -> FastAPI:
    """A server on a run of a few lines."""
    publish(tmp_path / "runs")
    return server_of(tmp_path / "runs", jobs)


@pytest.fixture
def sender(receiver: FastAPI) -> Iterator[TestClient]:
    with client_of(receiver) as client:
        yield client


# Starts a process of its own, says which, and waits for it.
SLEEPING = "sleep 600 & echo $! > $0.begun; mv $0.begun $0.child; wait"


def sleeper(tmp_path: Path) -> int:
    """The process that `SLEEPING` starts, once it has."""
    until((tmp_path / "program.child").is_file)
    return int((tmp_path / "program.child").read_text())


def is_free(jobs: Jobs) -> bool:
    with jobs.turn():
        return True


HOST = [(b"host", b"127.0.0.1:8050")]


async def told(receiver: FastAPI, receive: Callable[[], Any], *headers: tuple[bytes, bytes]) -> list[Message]:
    """What a server answers to a request that is handed to it part by part."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    told = [*HOST, (b"content-type", TYPE.encode()), *headers]
    scope = {"type": "http", "method": "POST", "path": "/scoring/shop", "headers": told, "query_string": b"", "scheme": "http"}
    await receiver({**scope, "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("test", 80), "root_path": ""}, receive, keep)
    return sent


class TestRefused:
    def test_another_dataset_is_named_with_those_there_are(self, sender: TestClient, kept: Callable[[], set[str]]) -> None:
        answer = send(sender, "bakery", "x")
        assert (answer.status_code, answer.json()) == (404, {"message": "No dataset is called 'bakery'. There are: shop, gym."})
        assert kept() == set()

    @pytest.mark.parametrize(
        "asked",
        [
            {"files": {"other": ("a.csv", b"x")}},
            {"files": {"file": (None, b"x")}},
            {"files": {"file": ("", b"x")}},
        ],
        ids=["another field", "a field that is no file", "a file without a name"],
    )
    def test_what_holds_no_file(self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]], asked: Any) -> None:
        answer = sender.post("/scoring/shop", **asked)
        assert (answer.status_code, answer.json()) == (400, {"message": "The form holds no file. Send one as the field 'file'."})
        assert answer.headers["cache-control"] == "no-store"
        assert kept() == set()
        assert is_free(jobs)

    @pytest.mark.parametrize(
        "asked",
        [{}, {"content": b"id,age\n1,2\n", "headers": {"Content-Type": "text/csv"}}, {"data": {"file": "id,age"}}],
        ids=["empty", "text", "form without files"],
    )
    def test_what_is_no_form_with_files(self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]], asked: Any) -> None:
        answer = sender.post("/scoring/shop", **asked)
        assert (answer.status_code, answer.text) == (415, "Send it as multipart/form-data.\n")
        assert kept() == set()
        assert is_free(jobs)

    def test_more_than_one_file(self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]]) -> None:
        answer = sender.post("/scoring/shop", files=[("file", ("a.csv", b"x")), ("file", ("b.csv", b"y"))])
        assert (answer.status_code, answer.json()) == (400, {"message": "Too many files. Maximum number of files is 1."})
        assert kept() == set()
        assert is_free(jobs)

    # The parser leaves it to Python to close the file of a form that has no end.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize("content", [FORM + b"x", b"no form", FORM[:20]])
    def test_a_broken_form(self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]], content: bytes) -> None:
        answer = sender.post("/scoring/shop", content=content, headers={"Content-Type": TYPE})
        assert answer.status_code == 400
        assert kept() == set()
        assert is_free(jobs)

    def test_by_what_it_says_of_its_length_before_any_of_it_is_read(self, receiver: FastAPI, jobs: Jobs) -> None:
        async def receive() -> Message:
            raise AssertionError("was read")

        length = (b"content-length", str(LIMIT + 20_000).encode())
        assert asyncio.run(told(receiver, receive, length))[0]["status"] == 413
        assert is_free(jobs)

    def test_beyond_the_limit_without_a_word_of_its_length(self, receiver: FastAPI, jobs: Jobs, kept: Callable[[], set[str]]) -> None:
        read = []

        async def receive() -> Message:
            read.append(1)
            return {"type": "http.request", "body": FORM if len(read) == 1 else b"x" * 10_000, "more_body": True}

        assert asyncio.run(told(receiver, receive))[0]["status"] == 413
        assert len(read) == 13  # the form's beginning, and 120,000 bytes of at most 116,384
        assert kept() == set()
        assert is_free(jobs)

    def test_a_file_of_the_limit_is_taken_and_one_byte_more_is_not(
        self, sender: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path, monkeypatch, "exit 0")
        assert send(sender, "shop", b"x" * (LIMIT + 1)).status_code == 413
        assert send(sender, "shop", b"x" * LIMIT).status_code == 202

    def test_all_where_none_are_taken(self, tmp_path: Path, jobs: Jobs) -> None:
        publish(tmp_path / "runs")
        answer = send(client_of(server_of(tmp_path / "runs", jobs, 0)), "shop", b"")
        assert answer.status_code == 404
        assert answer.json() == {"message": "No files are taken here. Whoever runs this can: python -m pipeline score."}

    def test_while_another_is_read(self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]]) -> None:
        with jobs.turn():
            answer = send(sender, "shop", "x")
        assert (answer.status_code, answer.json()) == (429, {"message": "Another file is being read. Try again in a minute."})
        assert answer.headers["retry-after"] == "30"
        assert kept() == set()

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}]
    )
    def test_from_another_site(self, sender: TestClient, kept: Callable[[], set[str]], headers: dict[str, str]) -> None:
        answer = send(sender, "shop", "x", headers=headers)
        assert (answer.status_code, answer.text) == (403, "This comes from another site. Open the page itself.\n")
        assert kept() == set()


def test_a_file_waits_for_its_turn(tmp_path: Path, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "runs")
    program(tmp_path, monkeypatch, "until [ -e $0.go ]; do sleep 0.05; done")
    with client_of(server_of(tmp_path / "runs", jobs, patience=60)) as sender:
        assert send(sender, "shop", "x").status_code == 202
        with ThreadPoolExecutor(1) as threads:
            second = threads.submit(send, sender, "shop", "x")
            assert not second.done()
            (tmp_path / "program.go").touch()
            assert second.result(60).status_code == 202


class TestTrouble:
    def test_a_sender_who_goes_away_leaves_nothing_and_keeps_nobody_waiting(
        self, receiver: FastAPI, jobs: Jobs, kept: Callable[[], set[str]], caplog: pytest.LogCaptureFixture
    ) -> None:
        parts: Iterator[Message] = iter(
            [{"type": "http.request", "body": FORM + b"x" * 50_000, "more_body": True}, {"type": "http.disconnect"}]
        )

        async def receive() -> Message:
            return next(parts)

        assert asyncio.run(told(receiver, receive))[0]["status"] == 400
        assert kept() == set()
        assert is_free(jobs)
        assert caplog.messages == []

    def test_a_sender_who_dawdles_loses_the_turn(
        self, receiver: FastAPI, jobs: Jobs, kept: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_SENDING_SECONDS", 0.01)

        async def receive() -> Message:
            return await asyncio.get_running_loop().create_future()

        start, body = asyncio.run(told(receiver, receive))
        assert (start["status"], body["body"]) == (408, b'{"message":"Sending the file took longer than 0.0 minutes."}')
        assert kept() == set()
        assert is_free(jobs)

    def test_a_process_that_cannot_be_started(
        self, sender: TestClient, jobs: Jobs, kept: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "executable", "/no/such/program")
        answer = send(sender, "shop", "x")
        said = "The server could not take the file: No such file or directory. Try again later."
        assert (answer.status_code, answer.json()) == (503, {"message": said})
        assert kept() == set()
        assert is_free(jobs)

    def test_a_disk_that_is_full(
        self,
        sender: TestClient,
        jobs: Jobs,
        kept: Callable[[], set[str]],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(module.shutil, "copyfileobj", full)
        answer = send(sender, "shop", "x")
        assert answer.status_code == 503
        assert answer.json() == {"message": "The server could not take the file: No space left on device. Try again later."}
        assert kept() == set()
        assert is_free(jobs)
        assert caplog.messages == ["a file could not be taken"]

    def test_a_process_that_the_system_ends(
        self, sender: TestClient, jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        program(tmp_path, monkeypatch, "kill -9 $$")
        job_id = send(sender, "shop", "x").json()["id"]
        said = "Reading it was stopped by the system, most likely for want of memory. Send a smaller file."
        assert over(sender, job_id) == {"state": "failed", "stage": "", "message": said}
        assert {path.name for path in (tmp_path / "jobs" / job_id).iterdir()} == {"about.json", "status.json"}
        assert is_free(jobs)
        assert caplog.messages == ["reading a file ended without a word, with exit code -9"]

    def test_a_fault_that_the_process_leaves_is_written_down_once_and_not_sent(
        self, sender: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        status = '{"state": "failed", "stage": "", "message": "It failed."}'
        program(tmp_path, monkeypatch, f"""echo '{{"fault": "in a place"}}' > $7/fault.json; echo '{status}' > $7/status.json""")
        answer = send(sender, "shop", "x")
        job_id = answer.json()["id"]
        assert over(sender, job_id) == {"state": "failed", "stage": "", "message": "It failed."}
        until(lambda: [(record.message, record.fault) for record in caplog.records] == [("reading a file for shop failed", "in a place")])
        assert sender.get(f"/scoring/results/{job_id}/fault.json").status_code == 404

    def test_a_process_that_takes_too_long_is_ended_with_those_that_it_started(
        self, sender: TestClient, jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readers, "WORKING_SECONDS", 0.5)
        program(tmp_path, monkeypatch, SLEEPING)
        job_id = send(sender, "shop", "x").json()["id"]
        child = sleeper(tmp_path)
        assert over(sender, job_id)["message"].startswith("Reading it was stopped after ")
        until(lambda: has_ended(child))
        assert is_free(jobs)


def has_ended(process: int) -> bool:
    """Whether it is gone, or only waits for somebody to be told."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def outcomes() -> dict[str, float]:
    """How many files came to what."""
    (family,) = metrics.UPLOADS.collect()
    return {sample.labels["outcome"]: sample.value for sample in family.samples}


class TestCounts:
    @pytest.fixture
    def counted(self) -> Callable[[], dict[str, float]]:
        """What came of files since the test began."""
        before = outcomes()
        return lambda: {outcome: count - before[outcome] for outcome, count in outcomes().items() if count != before[outcome]}

    def test_files_that_are_not_taken(self, sender: TestClient, jobs: Jobs, counted: Callable[[], dict[str, float]]) -> None:
        send(sender, "shop", b"x" * (LIMIT + 1))
        send(sender, "shop", b"x" * (LIMIT * 2))
        send(sender, "none", b"x")
        with jobs.turn():
            send(sender, "shop", b"x")
        assert counted() == {"too_large": 2, "not_taken": 1, "busy": 1}

    @pytest.mark.parametrize("state", ["done", "refused", "failed"])
    def test_files_that_are(
        self, sender: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Callable[[], dict[str, float]], state: str
    ) -> None:
        program(tmp_path, monkeypatch, f"""echo '{{"state": "{state}", "stage": "", "message": ""}}' > $7/status.json""")
        send(sender, "shop", b"x")
        assert until(counted) == {state: 1}

    def test_files_that_the_server_s_end_stopped(
        self, receiver: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Callable[[], dict[str, float]]
    ) -> None:
        program(tmp_path, monkeypatch, SLEEPING)
        with client_of(receiver) as sender:
            send(sender, "shop", "x")
            sleeper(tmp_path)
        assert counted() == {"stopped": 1}


def test_the_reader_of_a_file_is_told_no_secrets(sender: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENTELE_SECRET", "CLIENTELE_USERS", "AWS_SECRET_ACCESS_KEY", "CACHE_URL", "AZURE_STORAGE_KEY"):
        monkeypatch.setenv(name, "a secret of the server")
    program(tmp_path, monkeypatch, f"""env > {tmp_path}/told; echo '{{"state": "done", "stage": "", "message": ""}}' > $7/status.json""")
    send(sender, "shop", "x")
    until((tmp_path / "told").exists)
    until(lambda: "TMPDIR=" in (tmp_path / "told").read_text())
    assert "a secret of the server" not in (tmp_path / "told").read_text()


class TestServersLife:
    def test_its_end_ends_what_is_read_and_leaves_nothing_of_it(
        self, receiver: FastAPI, jobs: Jobs, kept: Callable[[], set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path, monkeypatch, SLEEPING)
        with client_of(receiver) as sender:
            assert send(sender, "shop", "x").status_code == 202
            child = sleeper(tmp_path)
            assert "work/sent.csv" in {name.split("/", 1)[-1] for name in kept()}
        until(lambda: has_ended(child))
        assert kept() == set()
        assert is_free(jobs)

    def test_its_beginning_removes_what_is_too_old(self, receiver: FastAPI, jobs: Jobs, now: Now, kept: Callable[[], set[str]]) -> None:
        jobs.begin("shop", "a.csv")
        now.later = KEPT_SECONDS + 1
        with client_of(receiver):
            assert kept() == set()

    def test_results_are_removed_without_anybody_asking(
        self, receiver: FastAPI, jobs: Jobs, now: Now, kept: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_SWEEPING_SECONDS", 0.01)
        job = jobs.begin("shop", "a.csv")
        job.tell("done")
        with client_of(receiver):
            assert f"{job.id}/status.json" in kept()
            now.later = KEPT_SECONDS + 1
            until(lambda: kept() == set())

    @pytest.mark.parametrize("take", [lambda place: place.symlink_to(place.parent), Path.touch])
    def test_takes_no_files_on_a_folder_that_is_not_its_own_and_says_so_once(
        self,
        receiver: FastAPI,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        take: Callable[[Path], None],
    ) -> None:
        sweeps: list[int] = []
        sweep = Jobs.sweep
        monkeypatch.setattr(Jobs, "sweep", lambda jobs: (sweeps.append(1), sweep(jobs)))
        monkeypatch.setattr(module, "_SWEEPING_SECONDS", 0.01)
        take(tmp_path / "jobs")
        with client_of(receiver) as sender:
            until(lambda: len(sweeps) > 3)
            answer = send(sender, "shop", "x")
            assert sender.get(f"/scoring/jobs/{'a' * 22}").status_code == 404
        said = "The server could not take the file: it has no folder for it that it can use. Try again later."
        assert (answer.status_code, answer.json()) == (503, {"message": said})
        words = f"{tmp_path / 'jobs'} is not a folder of this user's. Remove it, or set TMPDIR to another folder."
        warned = f"no files can be scored in the browser, and none removed: {words}"
        assert caplog.messages == [warned, "a file could not be taken"]


NAMES = [
    ("orders.csv", "orders.csv"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\orders.xlsx", "orders.xlsx"),
    ("-x.csv", "-x.csv"),
    ("--help.csv", "--help.csv"),
    (".htaccess", "htaccess"),
    ("..", "file"),
    ("/", "file"),
    ("\x00\x1b[2J\r\n.csv", "[2J.csv"),
    ("\u202egnp.csv", "gnp.csv"),
    ("\ud800.csv", "csv"),
    ("Bücher 👩.csv", "Bücher 👩.csv"),
    ("売上" * 100 + ".csv", "売上" * 20 + ".csv"),
    ("x" * 300 + ".csv.gz", "x" * 120 + ".gz"),
    ("a." + "y" * 300, "a." + "y" * 11),
]


@pytest.mark.parametrize(("name", "plain"), NAMES, ids=[str(at) for at in range(len(NAMES))])
def test_a_name_is_made_plain(name: str, plain: str, tmp_path: Path) -> None:
    assert module._plain(name) == plain
    (tmp_path / plain).touch()


class TestResults:
    @pytest.fixture
    def done(self, jobs: Jobs) -> str:
        job = jobs.begin("shop", "Bücher; x.csv")
        (job.folder / "customers.csv").write_text("customer_id\n7\n")
        (job.folder / "scored.json").write_text("{}")
        job.tell("done")
        return job.id

    def test_are_named_by_dataset_and_file_and_kept_by_nobody(self, sender: TestClient, done: str) -> None:
        answer = sender.get(f"/scoring/results/{done}/customers.csv")
        assert answer.text == "customer_id\n7\n"
        disposition = answer.headers["content-disposition"]
        assert (
            unquote(disposition) == """attachment; filename="shop-B-cher--x-customers.csv"; filename*=UTF-8''shop-Bücher; x-customers.csv"""
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("name", ["customers.xlsx", "scored.json", "about.json", "status.json", "work", "%2e%2e", "%2e%2e%2fBUSY"])
    def test_are_nothing_else(self, sender: TestClient, done: str, name: str) -> None:
        assert sender.get(f"/scoring/results/{done}/{name}").status_code == 404

    @pytest.mark.parametrize("state", ["working", "refused", "failed"])
    def test_are_there_once_it_is_done(self, sender: TestClient, jobs: Jobs, done: str, state: str) -> None:
        job = jobs.find(done)
        assert job is not None
        job.tell(state)
        answer = sender.get(f"/scoring/results/{done}/customers.csv")
        said = "There is no customers.csv. There are: customers.csv, customers.xlsx, rejected.csv, once the file is scored."
        assert (answer.status_code, answer.json()) == (404, {"message": said})

    @pytest.mark.parametrize("path", ["jobs/{}", "results/{}/customers.csv"])
    def test_are_no_longer_kept_when_their_time_is_over(self, sender: TestClient, done: str, now: Now, path: str) -> None:
        now.later = KEPT_SECONDS + 1
        answer = sender.get(f"/scoring/{path.format(done)}")
        assert (answer.status_code, answer.json()) == (404, {"message": "This result is no longer kept. Send the file again."})

    def test_that_expire_while_they_are_sent_arrive_whole(self, receiver: FastAPI, jobs: Jobs, done: str) -> None:
        job = jobs.find(done)
        assert job is not None
        content = b"customer_id\n" + b"7\n" * 200_000
        (job.folder / "customers.csv").write_bytes(content)
        got: list[bytes] = []

        async def receive() -> Message:
            return await asyncio.get_running_loop().create_future()

        async def keep(message: Message) -> None:
            got.append(message.get("body", b""))
            if got[-1]:
                job.remove()

        path = f"/scoring/results/{done}/customers.csv"
        scope = {"type": "http", "method": "GET", "path": path, "headers": HOST, "query_string": b"", "scheme": "http", "root_path": ""}
        asyncio.run(receiver({**scope, "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("test", 80)}, receive, keep))
        assert b"".join(got) == content


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that files are really scored by."""
    return publish_small(tmp_path_factory.mktemp("scored"))


@pytest.fixture
def scoring_client(small: Run, jobs: Jobs) -> Iterator[TestClient]:
    with client_of(server_of(small.folder.parents[1], jobs)) as client:
        yield client


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.slow
class TestScored:
    @pytest.mark.parametrize(("name", "content"), [("club", MEMBERS), ("shop", LINES)])
    def test_as_the_command_line_does_and_its_own_file_exactly_as_published(
        self, scoring_client: TestClient, small: Run, tmp_path: Path, name: str, content: str
    ) -> None:
        job_id = send(scoring_client, name, content, f"{name}.csv").json()["id"]
        assert over(scoring_client, job_id) == {"state": "done", "stage": "", "message": ""}
        found = rows_of(scoring_client.get(f"/scoring/results/{job_id}/customers.csv").content)
        file = tmp_path / f"{name}.csv"
        file.write_text(content)
        expected = scoring.score(small, name, file, as_of=None, report=silent)
        scoring.write(expected, tmp_path / "expected.csv")
        assert found == rows_of((tmp_path / "expected.csv").read_bytes())
        published = parquet.read(small.table(name, "customers")).set_index("customer_id")
        assert {row["customer_id"]: (int(row["cluster"]), row["persona"]) for row in found} == {
            str(row.Index): (row.cluster, row.persona) for row in published.itertuples()
        }
        book = openpyxl.load_workbook(io.BytesIO(scoring_client.get(f"/scoring/results/{job_id}/customers.xlsx").content))
        head, *cells = book["Customers"].iter_rows(values_only=True)
        assert [str(dict(zip(head, row, strict=True))["customer_id"]) for row in cells] == [row["customer_id"] for row in found]

    @pytest.mark.parametrize("name", ["--help.csv", "[ab]*?'{a,b};$(x) %41.csv", "売上" * 60 + ".csv"])
    def test_whatever_its_name(self, scoring_client: TestClient, jobs: Jobs, kept: Callable[[], set[str]], name: str) -> None:
        job_id = send(scoring_client, "shop", HEAD + "c1,a,2024-01-31,1,10\n,b,2024-01-31,1,10\n" * 30, name).json()["id"]
        assert over(scoring_client, job_id)["message"] == ""
        answer = scoring_client.get(f"/scoring/results/{job_id}/rejected.csv")
        assert {(row["source"].lstrip("'"), row["reason"]) for row in rows_of(answer.content)} == {(module._plain(name), "who is missing")}
        files = {"about.json", "status.json", "scored.json", "customers.csv", "customers.xlsx", "rejected.csv"}
        until(lambda: kept() == {job_id, *(f"{job_id}/{file}" for file in files)})
        assert is_free(jobs)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "sent.csv: the file is empty."),
            ("who,order\nc1,a\n", "sent.csv: "),
        ],
    )
    def test_or_refused_with_the_message_of_the_command_line(
        self, scoring_client: TestClient, kept: Callable[[], set[str]], small: Run, tmp_path: Path, content: str, said: str
    ) -> None:
        job_id = send(scoring_client, "shop", content).json()["id"]
        status = over(scoring_client, job_id)
        file = tmp_path / "sent.csv"
        file.write_text(content)
        with pytest.raises(scoring.InputError) as refused:
            scoring.score(small, "shop", file, as_of=None, report=silent)
        assert status == {"state": "refused", "stage": "", "message": str(refused.value)}
        assert status["message"].startswith("sent.csv: ")
        assert str(tmp_path) not in status["message"]
        until(lambda: kept() == {job_id, f"{job_id}/about.json", f"{job_id}/status.json"})

    def test_one_after_another(self, scoring_client: TestClient, jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
        first = send(scoring_client, "club", MEMBERS)
        second = send(scoring_client, "club", MEMBERS)
        assert [first.status_code, second.status_code] == [202, 429]
        assert over(scoring_client, first.json()["id"])["state"] == "done"
        until(lambda: send(scoring_client, "club", MEMBERS).status_code == 202)
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_whole_product_takes_files(client: TestClient) -> None:
    answer = send(client, "bakery", "x")
    assert (answer.status_code, answer.json()) == (404, {"message": "No dataset is called 'bakery'. There are: mall, retail."})
    assert "content-security-policy" in answer.headers
