"""The parts put together: with pages of a few lines for most, and the whole product where it matters."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from fastapi import APIRouter
from flask import Flask
from starlette.testclient import TestClient

from pipeline import artifacts
from tests.webapp.asking import client_of, open_house
from tests.webapp.conftest import Clock
from tests.webapp.handmade import publish
from tests.webapp.ports import free_port
from webapp import server
from webapp.security import policy
from webapp.store import RECHECK_SECONDS, Store

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"
PAGES = ["/", "/mall", "/customers/shop/7", "/lookup/", "/lookup", "/assets/some.css", "/download/shop/customers.csv"]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def pages() -> Flask:
    """Stands in for the pages: answers anything with its path."""
    app = Flask("pages", static_folder=None)

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>")
    def show(path: str) -> str:
        return f"page /{path}"

    return app


def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise ZeroDivisionError("a fault of ours")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs <b>here</b>"


@pytest.fixture
def small(root: Path, clock: Clock) -> Iterator[TestClient]:
    """A server with small pages on a folder without runs."""
    app = server.assemble(Store(root, clock=clock), pages(), reception=open_house())
    with client_of(app, follow_redirects=False) as client:
        yield client


def damage(run: artifacts.Run) -> Path:
    path = run.table("shop", "customers")
    path.write_bytes(b"altered")
    return path


class TestWithoutARun:
    @pytest.mark.parametrize("path", PAGES)
    def test_every_address_answers_with_the_command_to_run(self, small: TestClient, path: str) -> None:
        answer = small.get(path)
        assert answer.status_code == 503
        assert "<pre><code>python -m pipeline build</code></pre>" in answer.text

    def test_the_page_names_the_folder_as_text(self, small: TestClient, root: Path) -> None:
        text = small.get("/").text
        assert "runs &lt;b&gt;here&lt;/b&gt;" in text
        assert "<b>here" not in text

    def test_the_page_has_no_scripts_and_nothing_from_elsewhere(self, small: TestClient) -> None:
        text = small.get("/").text
        assert [found for found in ("<script", "http:", "https:", "src=", "@import", "url(") if found in text] == []

    def test_the_browser_looks_again_and_keeps_nothing(self, small: TestClient) -> None:
        headers = small.get("/").headers
        assert [headers[name] for name in ("refresh", "retry-after", "cache-control")] == ["5", "5", "no-store"]

    def test_callbacks_are_refused_alike(self, small: TestClient) -> None:
        assert small.post("/_dash-update-component", json={}).status_code == 503

    def test_it_is_alive_but_not_ready(self, small: TestClient) -> None:
        assert (small.get("/healthz").status_code, small.get("/healthz").text) == (200, "ok\n")
        ready = small.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "not ready\n")

    def test_it_counts_and_says_that_nothing_is_shown(self, small: TestClient) -> None:
        text = small.get("/metrics").text
        assert "clientele_run_current 0.0\n" in text
        assert "clientele_run_info" not in text

    def test_the_reason_is_logged_at_the_start(self, root: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        server.assemble(Store(root, clock=clock), pages(), reception=open_house())
        assert caplog.messages == [f"No run is published in {root}. Run `python -m pipeline build`."]

    def test_a_run_is_shown_once_it_is_published(self, small: TestClient, root: Path, clock: Clock) -> None:
        statuses = [small.get("/").status_code]
        publish(root)
        statuses.append(small.get("/").status_code)
        clock.now += RECHECK_SECONDS
        statuses.append(small.get("/").status_code)
        assert statuses == [503, 503, 200]
        assert small.get("/lookup/").status_code == 200

    def test_a_damaged_run_is_named_with_its_remedy(self, root: Path, clock: Clock) -> None:
        path = damage(publish(root))
        text = client_of(server.assemble(Store(root, clock=clock), pages(), reception=open_house())).get("/").text
        assert f"{path.name}: the table was altered after it was published" in text
        assert "<code>python -m pipeline use RUN</code>" in text


class TestWithARun:
    @pytest.fixture
    def small(self, small: TestClient, root: Path, clock: Clock) -> TestClient:
        publish(root, FIRST)
        clock.now += RECHECK_SECONDS
        return small

    def test_it_is_ready_and_says_nothing_else(self, small: TestClient) -> None:
        assert (small.get("/readyz").status_code, small.get("/readyz").text) == (200, "ready\n")

    def test_an_open_page_can_ask_which_run_is_shown(self, small: TestClient) -> None:
        answer = small.get("/run")
        assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, FIRST, "no-store")

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/lookup/"])
    def test_monitors_may_ask_for_the_head_alone(self, small: TestClient, path: str) -> None:
        answer = small.head(path)
        assert (answer.status_code, answer.content) == (200, b"")

    def test_the_last_good_run_stays_when_the_next_is_damaged(
        self, small: TestClient, root: Path, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert small.get("/").status_code == 200
        damage(publish(root, SECOND))
        clock.now += RECHECK_SECONDS
        ready = small.get("/readyz")
        assert (small.get("/").status_code, small.get("/lookup/").status_code, ready.status_code) == (200, 200, 200)
        assert ready.text == "ready\n"
        counted = small.get("/metrics").text
        assert f'clientele_run_info{{run="{FIRST}"}} 1.0\n' in counted
        assert "clientele_run_current 0.0\n" in counted
        clock.now += RECHECK_SECONDS
        assert small.get("/run").text == FIRST
        (problem,) = [message for message in caplog.messages if SECOND in message]
        assert "customers.parquet: the table was altered after it was published" in problem

    def test_the_lookup_without_its_slash_leads_to_it(self, small: TestClient) -> None:
        answer = small.get("/lookup")
        assert (answer.status_code, answer.headers["location"]) == (308, "/lookup/")

    def test_all_other_addresses_belong_to_the_pages(self, small: TestClient) -> None:
        paths = ["/", "/mall", "/docs", "/redoc", "/openapi.json", "/lookups"]
        assert [small.get(path).text for path in paths] == [f"page {path}" for path in paths]

    def test_routes_come_before_the_pages(self, root: Path, clock: Clock) -> None:
        publish(root)
        router = APIRouter()
        router.add_api_route("/download/{name}", lambda name: f"file {name}")
        client = client_of(server.assemble(Store(root, clock=clock), pages(), reception=open_house(), routers=[router]))
        assert (client.get("/download/list").json(), client.get("/elsewhere").text) == ("file list", "page /elsewhere")

    def test_a_fault_gets_a_page_and_the_headers(self, root: Path, clock: Clock) -> None:
        publish(root)
        app = server.assemble(Store(root, clock=clock), broken, reception=open_house(), script_hashes=lambda: ["'sha256-x='"])
        answer = client_of(app, raise_server_exceptions=False).get("/")
        assert answer.status_code == 500
        assert "<h1>Something went wrong</h1>" in answer.text
        assert "a fault of ours" not in answer.text
        assert answer.headers["content-security-policy"] == policy(["'sha256-x='"])


class TestHeaders:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/", 200),
            ("/healthz", 200),
            ("/lookup", 308),
            ("/lookup/", 200),
            ("/lookup/none", 404),
            ("/lookup/assets/none.js", 404),
            ("/lookup/theme.css", 200),
            ("/assets/mark.svg", 200),
            ("/assets/none.css", 404),
            ("/download/mall/customers.csv", 200),
            ("/download/none/customers.csv", 404),
            ("/_dash-layout", 200),
        ],
    )
    @pytest.mark.slow
    def test_are_on_every_answer_of_the_product(self, client: TestClient, path: str, status: int) -> None:
        answer = client.get(path)
        assert answer.status_code == status
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert [len(answer.headers.get_list(name)) for name in HEADERS] == [1] * len(HEADERS)
        scripts = next(part for part in answer.headers["content-security-policy"].split("; ") if part.startswith("script-src "))
        assert "unsafe" not in scripts

    def test_are_on_the_page_without_a_run(self, small: TestClient) -> None:
        answer = small.get("/")
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["content-security-policy"] == policy([])

    @pytest.mark.slow
    def test_allow_the_inline_scripts_of_the_pages(self, client: TestClient) -> None:
        answer = client.get("/")
        inline = answer.text.count("<script>") + answer.text.count("<script id=")
        assert inline > 0
        assert answer.headers["content-security-policy"].count("'sha256-") >= 1


def test_importing_the_server_opens_nothing_and_knows_nothing_else() -> None:
    assert "app" not in vars(server)
    with pytest.raises(AttributeError, match="has no attribute 'application'"):
        server.application  # noqa: B018 - asking is the test


@pytest.mark.slow
def test_gunicorn_runs_the_server_as_the_procfile_says_and_ends_on_sigterm(tmp_path: Path) -> None:
    command = (ROOT / "Procfile").read_text().removeprefix("web: ").strip()
    environment = {
        name: value for name, value in os.environ.items() if name not in {"WEB_CONCURRENCY", "DYNO", "CACHE_URL", "CLIENTELE_LOG"}
    }
    environment |= {
        "CLIENTELE_ARTIFACTS": str(tmp_path),
        "CLIENTELE_AUTH": "none",
        "PORT": str(free_port()),
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
    }
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec env {command}"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        log = []
        for line in process.stdout:
            log.append(line)
            if "Application startup complete" in line:
                break
        process.terminate()
        log += process.stdout.readlines()
        assert process.wait(10) == 0, "".join(log)
    assert "Booting worker" in "".join(log)
    assert [line[10:] for line in log if re.search(r"stopped after serving for \d+\.\d s$", line)] != []


@pytest.mark.slow
def test_several_workers_tell_the_sum_of_what_they_counted_and_leave_nothing_behind(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DYNO", "CACHE_URL", "PORT"}}
    environment |= {"CLIENTELE_ARTIFACTS": str(tmp_path), "WEB_CONCURRENCY": "2", "TMPDIR": str(tmp_path), "CLIENTELE_LOG": "json"}
    command = [sys.executable, "-m", "gunicorn", "webapp.server:app", "-b", "127.0.0.1:0", "--access-logfile", "-"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = []
        while [line.get("message") for line in said].count("Application startup complete.") < 2:
            said.append(json.loads(process.stdout.readline()))
        (home,) = [found for line in said for found in re.findall(r"Listening at: (http://\S+)", line["message"])]
        for _ in range(10):
            urlopen(f"{home}/healthz?id=17850", timeout=30).close()
        # Who asks has an answer before it is counted, and another worker may be asked next; what is written down was counted.
        while [line.get("route") for line in said].count("/healthz") < 10:
            said.append(json.loads(process.stdout.readline()))
        with urlopen(f"{home}/metrics", timeout=30) as answer:
            counted = answer.read().decode()
        folders = list(tmp_path.glob("clientele-metrics-*"))
        process.terminate()
        said += map(json.loads, process.stdout)
        assert process.wait(10) == 0
    assert 'clientele_requests_total{method="GET",route="/healthz",status="2xx"} 10.0\n' in counted
    assert [line["route"] for line in said if "route" in line] == ["/healthz"] * 10 + ["/metrics"]
    assert "17850" not in json.dumps(said)
    assert [line.get("message") for line in said].count("stopped") == 2
    assert (len(folders), folders[0].exists()) == (1, False)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the hook of the buildpack is a bash script")
def test_a_slug_is_refused_when_the_build_in_it_fails(tmp_path: Path) -> None:
    for name in ("pipeline", "bin"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "datasets.toml").write_text("not a catalogue")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / "bin" / "post_compile"], env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == 2
    assert not (tmp_path / "data" / "artifacts" / "CURRENT").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="the hook of the buildpack is a bash script")
def test_a_release_publishes_nothing_where_runs_are_at_an_address() -> None:
    # Nothing listens there: a build would fail.
    environment = os.environ | {"CLIENTELE_ARTIFACTS": "s3://bucket/runs", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = subprocess.run([ROOT / "bin" / "post_compile"], env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, "-----> Runs come from CLIENTELE_ARTIFACTS: none is published into the slug\n")
