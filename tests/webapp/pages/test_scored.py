import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.handmade import RUN_ID, publish
from tests.webapp.pages.test_every_page import texts
from webapp import payload
from webapp.jobs import Job, Jobs
from webapp.pages.ask import Ask
from webapp.pages.scored import scored
from webapp.store import Store
from webapp.views.scope import Scope

GROUPS = [
    {"persona": "Loyal High Spenders", "customers": 3, "share": 0.75, "new": 1, "moved": 2},
    {"persona": "Churn Risk", "customers": 1, "share": 0.25, "new": 0, "moved": 0},
]
COLUMNS = ["customer_id", "status", "persona", "persona_before", "cluster", "next_cluster", "margin"]
COLUMNS += ["recency_days", "monetary", "last_order"]
ROWS = [
    ["7", "known", "Loyal High Spenders", "Churn Risk", 0, 1, 0.25, 12, 1234.5, "2024-02-18T10:00:00.000"],
    ["x", "new", "Nobody's Persona", None, 1, 0, 0.5, 1, 7.0, None],
]
RESULT: dict[str, Any] = {
    "run_id": RUN_ID,
    "file": "sent.csv",
    "as_of": "2024-03-01",
    "rows": {"read": 30, "kept": 28, "rejected": 2, "duplicates": 0},
    "groups": GROUPS,
    "columns": COLUMNS,
    "customers": ROWS,
    "rejected": [{"source": "sent.csv", "source_row": 4, "reason": "Customer ID is missing"}],
}
GONE = {"This result is no longer kept", "Results are kept for 15 minutes. Send the file again."}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    publish(tmp_path / "runs")
    return Store(tmp_path / "runs")


def said(store: Store, jobs: Jobs, job_id: str, dataset: str = "shop") -> list[str]:
    """The texts of what the page says of a job."""
    asked = Ask(store, store.snapshot(), "/data", f"?dataset={dataset}&scored={job_id}", "light", jobs)
    found = texts(json.loads(payload.dump(scored(asked, Scope(store.snapshot(), dataset)))))
    assert [text for text in found if re.search(r"\b(nan|NaN|None|inf)\b", text)] == []
    return found


def done(jobs: Jobs, **changes: Any) -> Job:
    job = jobs.begin("shop", "sent.csv")
    for name in ("customers.csv", "customers.xlsx", "rejected.csv"):
        (job.folder / name).touch()
    (job.folder / "scored.json").write_text(json.dumps({**RESULT, **changes}))
    job.tell("done")
    return job


def test_without_a_job_nothing_is_said(store: Store, jobs: Jobs) -> None:
    asked = Ask(store, store.snapshot(), "/data", "?dataset=shop", "light", jobs)
    assert scored(asked, Scope(store.snapshot(), "shop")) == []


def test_one_that_is_worked_on_is_asked_after(store: Store, jobs: Jobs) -> None:
    job = jobs.begin("shop", "sent.csv")
    found = said(store, jobs, job.id)
    assert {"Scoring sent.csv", "Waiting", job.id} <= set(found)


@pytest.mark.parametrize(("state", "heading"), [("refused", "sent.csv was refused"), ("failed", "sent.csv could not be scored")])
def test_one_that_came_to_nothing_says_why(store: Store, jobs: Jobs, state: str, heading: str) -> None:
    job = jobs.begin("shop", "sent.csv")
    job.tell(state, "sent.csv: <b>the file is empty.")
    assert {heading, "sent.csv: <b>the file is empty.", "alert"} <= set(said(store, jobs, job.id))


class TestNoLongerKept:
    @pytest.mark.parametrize("job_id", ["a" * 22, "..", "%00"])
    def test_an_id_that_is_unknown(self, store: Store, jobs: Jobs, job_id: str) -> None:
        assert set(said(store, jobs, job_id)) >= GONE

    def test_a_job_of_another_dataset(self, store: Store, jobs: Jobs) -> None:
        assert set(said(store, jobs, done(jobs).id, "gym")) >= GONE

    def test_a_result_that_vanishes_while_it_is_read(self, store: Store, jobs: Jobs) -> None:
        job = done(jobs)
        (job.folder / "scored.json").unlink()
        assert set(said(store, jobs, job.id)) >= GONE


class TestDone:
    def test_what_came_of_it_is_told_in_words(self, store: Store, jobs: Jobs) -> None:
        found = said(store, jobs, done(jobs).id)
        assert "sent.csv: 4 customers placed" in found
        told = "3 customers are known from the run, 2 of them moved to another persona, 1 is new. Recency is counted to 2024-03-01."
        assert told in found
        assert {"28 of 30 rows used", "2 rows kept out, the first 1:", "sent.csv, row 4", "Customer ID is missing"} <= set(found)
        assert "The first 2 of 4 customers" in found
        assert {"12 days", "£1,234.50", "2024-02-18", "-"} <= set(found)

    def test_all_new_customers_moved_nowhere(self, store: Store, jobs: Jobs) -> None:
        groups = [{**GROUPS[0], "new": 3, "moved": 0}]
        assert "3 are new." in said(store, jobs, done(jobs, groups=groups, as_of=None).id)

    def test_where_nobody_moved_it_is_said(self, store: Store, jobs: Jobs) -> None:
        groups = [{**GROUPS[1], "new": 0, "moved": 0}]
        assert "1 customer is known from the run, none of them moved to another persona." in said(
            store, jobs, done(jobs, groups=groups, as_of=None).id
        )

    def test_where_no_row_was_kept_out_there_is_no_file_of_them(self, store: Store, jobs: Jobs) -> None:
        job = done(jobs, rows={"read": 30, "kept": 30, "rejected": 0, "duplicates": 0}, rejected=[])
        found = said(store, jobs, job.id)
        assert {"30 of 30 rows used", "No row was kept out."} <= set(found)
        assert f"/scoring/results/{job.id}/rejected.csv" not in found

    def test_every_file_that_there_is_can_be_had(self, store: Store, jobs: Jobs) -> None:
        job = done(jobs)
        address = f"/scoring/results/{job.id}"
        assert {f"{address}/customers.csv", f"{address}/customers.xlsx", f"{address}/rejected.csv"} <= set(said(store, jobs, job.id))
        (job.folder / "customers.xlsx").unlink()
        assert f"{address}/customers.xlsx" not in said(store, jobs, job.id)

    def test_one_placed_by_a_run_that_is_no_longer_shown_says_so(self, store: Store, jobs: Jobs) -> None:
        older = "They were placed by a run that is no longer shown. Send the file again to have them placed by the one that is."
        assert older in said(store, jobs, done(jobs, run_id="20240101T000000Z-00000000").id)
        assert older not in said(store, jobs, done(jobs).id)
