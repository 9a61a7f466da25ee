import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.campaigns import Campaign, Campaigns
from tests.webapp.asking import client_of, open_house
from tests.webapp.files import book_of, rows_of
from tests.webapp.handmade import RUN_ID, buyer, publish, rewrite
from webapp.audiences import Audiences
from webapp.frame import Frame
from webapp.store import Store

NOW = datetime(2024, 3, 11, 9, 0, tzinfo=UTC)
BUYERS = [buyer(str(at), at, 1, 100.0, cluster=2 if at % 2 else 0) for at in range(1, 41)]
Response = Any  # of the test client, whose own class depends on the libraries that are there


@pytest.fixture
def campaigns(tmp_path: Path) -> Campaigns:
    return Campaigns(tmp_path / "runs")


@pytest.fixture
def client(tmp_path: Path, campaigns: Campaigns) -> Iterator[TestClient]:
    """A server on a run with a shop of forty customers, half of them at risk."""
    publish(tmp_path / "runs", buyers=BUYERS)
    store = Store(tmp_path / "runs")
    server = Frame(store, reception=open_house())
    server.mount("/audiences", Audiences(store, campaigns, now=lambda: NOW).app)
    with client_of(server, follow_redirects=False) as client:
        yield client


def hold_out(client: TestClient, query: str = "", dataset: str = "shop", **form: str) -> Response:
    return client.post(f"/audiences/{dataset}{query}", data={"name": "Spring letter", "share": "10", **form})


def drawn(client: TestClient, campaigns: Campaigns, query: str = "", **form: str) -> Campaign:
    answer = hold_out(client, query, **form)
    assert answer.status_code == 303, answer.text
    found = campaigns.find(answer.headers["location"].removeprefix("/campaigns/"))
    assert found is not None
    return found


class TestDrawing:
    def test_a_campaign_says_all_that_its_groups_came_of(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns, "?persona=Churn+Risk", share="25", name="  Spring \n letter ")
        assert (found.name, found.share, found.contact, found.control) == ("Spring letter", 0.25, 15, 5)
        assert (found.dataset, found.run_id, found.created_at) == ("shop", RUN_ID, NOW)
        assert (found.choice, found.query) == ("persona is Churn Risk", "persona=Churn+Risk")
        assert (found.id_column, found.currency) == ("Customer ID", "GBP")

    def test_it_keeps_how_files_of_its_dataset_are_written(self, campaigns: Campaigns, tmp_path: Path) -> None:
        written = {"sheets": ["2009", "2010"], "delimiter": ";", "encoding": "cp1252", "decimal": ","}
        run = publish(tmp_path / "written", buyers=BUYERS)
        rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"]["settings"].update(written))
        server = Frame(Store(tmp_path / "written"), reception=open_house())
        server.mount("/audiences", Audiences(Store(tmp_path / "written"), campaigns, now=lambda: NOW).app)
        with client_of(server, follow_redirects=False) as client:
            found = drawn(client, campaigns)
        assert found.model_dump(mode="json", include={*written}) == written

    def test_members_are_dealt_as_well(self, client: TestClient, tmp_path: Path, campaigns: Campaigns) -> None:
        answer = hold_out(client, dataset="gym", share="50")
        assert answer.status_code == 422
        assert "50 % of 3 customers is a control group of 2, and each group needs 2 or more." in answer.text

    @pytest.mark.parametrize(
        ("query", "form", "status", "said"),
        [
            ("", {"name": " "}, 422, "A campaign needs a name of 1 to 80 characters."),
            ("", {"name": "x" * 81}, 422, "A campaign needs a name of 1 to 80 characters."),
            *(("", {"share": share}, 422, "type a number from 5 to 50.") for share in ("4", "51", "", "ten", "-10", "1e1", "nan")),
            ("?persona=Nobody", {}, 422, "is a control group of 0, and each group needs 2 or more."),
            ("", {"dataset": "bakery"}, 404, "There are: shop, gym."),
        ],
    )
    def test_what_cannot_be_drawn_is_refused_and_nothing_is_kept(
        self, client: TestClient, campaigns: Campaigns, query: str, form: dict[str, str], status: int, said: str
    ) -> None:
        answer = hold_out(client, query, **form)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
        assert campaigns.of("shop") == []

    def test_one_that_cannot_be_kept_is_told_with_the_reason_and_not_where(
        self, client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "runs" / "campaigns").write_text("in the way")
        with caplog.at_level(logging.ERROR):
            answer = hold_out(client)
        assert answer.status_code == 503
        assert "The campaign could not be kept: Not a directory." in answer.text
        assert str(tmp_path) not in answer.text
        assert caplog.messages == ["a campaign could not be kept"]


class TestFiles:
    def test_everyone_leaves_with_their_group(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns)
        answer = client.get(f"/audiences/{found.id}/audience.csv")
        header, *rows = rows_of(answer)
        assert header == ["customer_id", "persona", "group"]
        assert [row[0] for row in rows] == [str(at) for at in range(1, 41)]
        assert [row[2] for row in rows].count("control") == found.control == 4
        assert answer.headers["content-disposition"] == 'attachment; filename="Spring-letter-audience-20240311.csv"'
        assert answer.headers["cache-control"] == "no-store"

    def test_or_without_the_control_group(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns)
        _, *rows = rows_of(client.get(f"/audiences/{found.id}/contacts.csv"))
        assert (len(rows), {row[2] for row in rows}) == (36, {"contact"})

    def test_a_workbook_says_what_it_is(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns, name="=1+1")
        book = book_of(client.get(f"/audiences/{found.id}/contacts.xlsx"))
        assert book["contacts"].max_row == 37
        about = {row[0].value: row[1].value for row in book["About"].iter_rows(max_row=9)}
        assert (about["Campaign"], about["Seed"], about["Control group"]) == ("=1+1", found.seed, 4)
        assert book["About"]["B1"].data_type == "s"

    def test_it_is_the_same_when_another_run_is_shown(self, client: TestClient, campaigns: Campaigns, tmp_path: Path) -> None:
        found = drawn(client, campaigns)
        first = client.get(f"/audiences/{found.id}/audience.csv").content
        publish(tmp_path / "runs", "20240312T120000Z-00000002")
        assert client.get(f"/audiences/{found.id}/audience.csv").content == first

    def test_what_is_not_there_is_told_from_what_is(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns)
        assert client.get("/audiences/nothing/audience.csv").status_code == 404
        assert client.get(f"/audiences/{found.id}/manifest.json").text == (
            "There is no 'manifest.json'. There are: audience.csv, audience.xlsx, contacts.csv, contacts.xlsx.\n"
        )

    def test_an_altered_assignment_is_not_sent(self, client: TestClient, campaigns: Campaigns) -> None:
        found = drawn(client, campaigns)
        campaigns.assignment(found).write_bytes(b"altered")
        answer = client.get(f"/audiences/{found.id}/audience.csv")
        assert (answer.status_code, "was altered" in answer.text) == (503, True)
