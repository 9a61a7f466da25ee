"""The series, of one process and of several."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline import artifacts
from tests.conftest import ROOT
from tests.webapp.handmade import publish
from webapp import metrics
from webapp.store import Store

RUN = "20240310T120000Z-00000001"


def samples(store: Store, now: datetime) -> dict[tuple[str, ...], float]:
    """Value by name and values of labels."""
    families = text_string_to_metric_families(metrics.exposed(store, lambda: now).decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_the_run_that_is_shown_is_described(tmp_path: Path) -> None:
    run = publish(tmp_path, RUN)
    found = samples(Store(tmp_path), run.manifest.created_at + timedelta(minutes=2))
    record = run.manifest.datasets["shop"]
    assert found["clientele_run_info", RUN] == 1
    assert found["clientele_run_age_seconds",] == 120
    assert found["clientele_customers", "shop"] == record.customers == 5
    assert [found["clientele_rows", "shop", went] for went in ("kept", "rejected", "duplicates")] == [
        record.rows.kept,
        record.rows.rejected,
        record.rows.duplicates,
    ]
    assert found["clientele_run_current",] == 1


def test_without_a_run_there_is_none_to_describe(tmp_path: Path) -> None:
    found = samples(Store(tmp_path), datetime.now(UTC))
    assert [found["clientele_run_current",], ("clientele_run_info", RUN) in found] == [0, False]


def test_what_never_happened_is_counted_as_nothing(tmp_path: Path) -> None:
    found = samples(Store(tmp_path), datetime.now(UTC))
    assert {key[1] for key in found if key[0] == "clientele_uploads_total"} == {
        "done", "refused", "failed", "stopped", "too_large", "busy", "not_taken",
    }  # fmt: skip
    assert {key[1] for key in found if key[0] == "clientele_cache_total"} == {"hit", "miss"}


def test_memory_is_that_of_this_process() -> None:
    megabytes = metrics.resident_bytes() / 1e6
    assert 20 < megabytes < 20_000


def test_where_the_system_does_not_say_memory_is_the_most_that_was_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(metrics, "_STATM", tmp_path / "none")
    assert metrics.resident_bytes() > 0


def test_every_series_is_in_the_guide(tmp_path: Path) -> None:
    publish(tmp_path, RUN)
    families = text_string_to_metric_families(metrics.exposed(Store(tmp_path)).decode())
    described = set(re.findall(r"^\| `(clientele_\w+)`", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE))
    named = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    assert named == described


COUNTING = """
import os, sys
from pathlib import Path
from webapp import metrics
from webapp.store import Store

children = []
for status in (200, 500):
    child = os.fork()
    if child == 0:
        # As in gunicorn, where the workers load the library: each has a file of its own.
        metrics.answered("GET", "/shop", status, 0.01)
        metrics.answered("GET", "/", 200, 0.01)
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
sys.stdout.write(metrics.exposed(Store(Path(sys.argv[1]))).decode())
"""


def test_of_several_processes_the_sum_is_told_and_the_run_once(tmp_path: Path) -> None:
    run, folder = publish(tmp_path / "runs", RUN), tmp_path / "counts"
    folder.mkdir()
    assert artifacts.current(tmp_path / "runs") == run
    environment = {metrics.FOLDER: str(folder), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", COUNTING, str(tmp_path / "runs")]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    assert 'clientele_requests_total{method="GET",route="/",status="2xx"} 2.0\n' in said
    assert 'clientele_requests_total{method="GET",route="/shop",status="5xx"} 1.0\n' in said
    assert 'clientele_request_seconds_count{route="/shop"} 2.0\n' in said
    assert said.count(f'clientele_run_info{{run="{RUN}"}} 1.0\n') == 1
