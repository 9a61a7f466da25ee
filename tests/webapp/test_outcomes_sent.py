"""Outcomes of a campaign on their way through the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.campaigns import Campaign, Campaigns
from pipeline.errors import InputError
from tests.campaign import ID, draw, groups
from tests.webapp.asking import client_of, open_house
from tests.webapp.handmade import publish
from tests.webapp.sending import over, program, send
from webapp.frame import Frame
from webapp.jobs import Jobs
from webapp.scoring import Scoring
from webapp.settings import Settings
from webapp.store import Store

SAID = "who,amount\n1,10\n10,4\n"


@pytest.fixture
def campaigns(tmp_path: Path) -> Campaigns:
    return Campaigns(tmp_path / "runs")


@pytest.fixture
def campaign(campaigns: Campaigns, tmp_path: Path) -> Campaign:
    publish(tmp_path / "runs")
    return campaigns.keep(draw(), groups)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs")


def serving(tmp_path: Path, jobs: Jobs, campaigns: Campaigns, upload_bytes: int = 100_000) -> TestClient:
    store = Store(tmp_path / "runs")
    scoring = Scoring(store, Settings(tmp_path / "runs", upload_bytes=upload_bytes), jobs, campaigns)
    server = Frame(store, reception=open_house(), lifespan=lambda _: scoring.alive())
    server.mount("/scoring", scoring.app)
    return client_of(server)


@pytest.fixture
def client(tmp_path: Path, jobs: Jobs, campaign: Campaign, campaigns: Campaigns) -> Iterator[TestClient]:
    with serving(tmp_path, jobs, campaigns) as client:
        yield client


@pytest.mark.slow
def test_the_result_is_kept_with_the_campaign_before_the_job_is_done(
    client: TestClient, jobs: Jobs, campaign: Campaign, campaigns: Campaigns
) -> None:
    job_id = send(client, f"campaigns/{ID}", SAID).json()["id"]
    assert over(client, job_id) == {"state": "done", "stage": "", "message": ""}
    found = campaigns.result(campaign)
    assert found is not None
    assert (found["file"], found["contact"]["spent"], found["control"]["spent"]) == ("sent.csv", 10.0, 4.0)
    assert {"sent_at", "sent_by"} <= found.keys()
    job = jobs.find(job_id)
    assert job is not None
    assert (job.campaign, job.dataset, job.files) == (ID, "shop", [])


class TestNotKept:
    def test_a_result_that_cannot_be_kept_is_told_and_the_one_before_stays(
        self, client: TestClient, campaign: Campaign, campaigns: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise InputError("The disk is full.")

        monkeypatch.setattr(Campaigns, "conclude", full)
        # The sixth argument is the folder of the job.
        program(tmp_path, monkeypatch, "echo '{}' > $6/scored.json")
        job_id = send(client, f"campaigns/{ID}", SAID).json()["id"]
        assert over(client, job_id)["message"] == "The result could not be kept: The disk is full."
        assert campaigns.result(campaign) is None

    def test_what_was_refused_replaces_nothing(
        self, client: TestClient, campaign: Campaign, campaigns: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaigns.conclude(campaign, {"file": "first.csv"})
        refused = '{"state": "refused", "stage": "", "message": "It is empty."}'
        program(tmp_path, monkeypatch, f"echo '{refused}' > $6/status.json; exit 2")
        job_id = send(client, f"campaigns/{ID}", SAID).json()["id"]
        assert over(client, job_id)["message"] == "It is empty."
        assert campaigns.result(campaign) == {"file": "first.csv"}

    def test_a_reader_that_dies_is_told_of(
        self, client: TestClient, campaign: Campaign, campaigns: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path, monkeypatch, "echo '{}' > $6/scored.json; kill -9 $$")
        job_id = send(client, f"campaigns/{ID}", SAID).json()["id"]
        assert over(client, job_id)["state"] == "failed"
        assert campaigns.result(campaign) is None


class TestNotTaken:
    def test_of_no_campaign(self, client: TestClient) -> None:
        answer = send(client, "campaigns/nothing", SAID)
        assert (answer.status_code, answer.json()) == (404, {"message": "There is no campaign 'nothing'."})

    def test_of_one_whose_groups_are_not_known_any_more(self, client: TestClient, campaign: Campaign, campaigns: Campaigns) -> None:
        campaigns.assignment(campaign).write_bytes(b"altered")
        answer = send(client, f"campaigns/{ID}", SAID)
        assert (answer.status_code, "nobody can tell who is in which group" in answer.json()["message"]) == (503, True)

    def test_where_no_files_are_taken(self, tmp_path: Path, jobs: Jobs, campaign: Campaign, campaigns: Campaigns) -> None:
        with serving(tmp_path, jobs, campaigns, upload_bytes=0) as client:
            answer = send(client, f"campaigns/{ID}", SAID)
        assert (answer.status_code, "CLIENTELE_UPLOAD_MB" in answer.json()["message"]) == (404, True)
