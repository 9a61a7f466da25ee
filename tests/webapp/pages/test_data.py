import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import labels
from pipeline.artifacts import Run
from tests.webapp.handmade import alter, publish, rewrite
from tests.webapp.pages.test_every_page import texts
from webapp import payload
from webapp.access.visitor import Role
from webapp.pages import data
from webapp.pages.ask import Ask
from webapp.settings import Settings
from webapp.store import Store

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


def said(root: Path, query: str = "", upload_bytes: int = Settings.upload_bytes, role: Role = "analyst") -> list[str]:
    """The texts of the page."""
    store = Store(root)
    asked = Ask(store, store.snapshot(), "/data", query, "light", upload_bytes=upload_bytes, role=role)
    return texts(json.loads(payload.dump(data.layout(asked))))


def report(run: Run, dataset: str, *found: dict[str, Any]) -> None:
    """Put other checks in the place of those published."""
    table = pq.read_table(run.table(dataset, "quality"))
    some = {"outcome": "rejected", "share": 0.1, "example": "row 2", "customers": 1, "revenue": None}
    alter(run, dataset, "quality", pa.Table.from_pylist([{**some, **row} for row in found], schema=table.schema))


class TestWhatWasRead:
    def test_the_reason_that_keeps_out_most_is_a_sentence(self, tmp_path: Path) -> None:
        less = {"check": "Amount is below 0", "rows": 4, "revenue": 1000.0}
        report(publish(tmp_path), "shop", less, {"check": "Customer ID is missing", "rows": 1200, "revenue": 34_500.0})
        assert "1,200 rows are kept out because Customer ID is missing; they come to £34.5k." in said(tmp_path)

    def test_one_row_without_revenue_is_one_row(self, tmp_path: Path) -> None:
        report(publish(tmp_path), "gym", {"check": "Age is no number", "rows": 1, "revenue": 0.0})
        assert "1 row is kept out because Age is no number." in said(tmp_path, "?dataset=gym")

    def test_what_is_noted_keeps_nothing_out(self, tmp_path: Path) -> None:
        report(publish(tmp_path), "shop", {"check": "price is 0", "rows": 7, "outcome": "warned"})
        assert "No row was kept out." in said(tmp_path)

    def test_nothing_to_report_is_said(self, tmp_path: Path) -> None:
        report(publish(tmp_path), "shop")
        assert {"No row was kept out.", "Nothing had to be kept out, noted or brought into shape."} <= set(said(tmp_path))

    def test_made_up_data_is_called_so(self, tmp_path: Path) -> None:
        sentence = "These customers are made up: the dataset's own file was not there."
        publish(tmp_path / "demo", demo=True)
        publish(tmp_path / "real")
        assert [sentence in said(tmp_path / name) for name in ("demo", "real")] == [True, False]


class TestScoreAFile:
    def test_the_columns_and_the_limit_are_named(self, tmp_path: Path) -> None:
        publish(tmp_path)
        note = (
            "CSV, XLSX or parquet up to 5 MB, with the columns {}. The file is deleted as soon as it is read, the result after 15 minutes."
        )
        assert note.format("Customer ID and Amount") in said(tmp_path, upload_bytes=5_000_000)
        assert note.format("Customer ID, Age, Income and Gender") in said(tmp_path, "?dataset=gym", upload_bytes=5_000_000)

    def test_where_none_is_taken_nothing_is_offered(self, tmp_path: Path) -> None:
        publish(tmp_path)
        found = said(tmp_path, upload_bytes=0)
        assert "No files are taken here. Whoever runs this can: python -m pipeline score." in found
        assert "Upload" not in found

    @pytest.mark.parametrize(("role", "is_offered"), [("analyst", True), ("manager", False)])
    def test_it_is_for_analysts_and_so_is_what_came_of_it(self, tmp_path: Path, role: Role, is_offered: bool) -> None:
        publish(tmp_path)
        found = said(tmp_path, "?scored=some-job", role=role)
        assert [word in found for word in ("Score a file", "Upload", "This result is no longer kept")] == [is_offered] * 3
        assert "What was read for Shop" in found


class TestRuns:
    def test_all_are_listed_and_the_one_shown_is_marked(self, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        publish(tmp_path, SECOND)
        found = said(tmp_path)
        assert found.index(SECOND) < found.index(FIRST)
        assert found.count("shown") == 1

    @pytest.mark.parametrize(("role", "is_offered"), [("analyst", True), ("manager", False)])
    def test_another_can_be_shown_by_analysts(self, tmp_path: Path, role: Role, is_offered: bool) -> None:
        publish(tmp_path, FIRST)
        publish(tmp_path, SECOND)
        found = said(tmp_path, role=role)
        assert (f"/runs/{FIRST}" in found) is is_offered
        assert f"/runs/{SECOND}" not in found

    def test_a_newest_run_that_is_held_back_is_named_with_its_reasons_and_the_command_that_accepts_it(self, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        publish(tmp_path, SECOND, held_back=("shop: rows fell from 7 to 3", "gym: age drifted"))
        reasons = "shop: rows fell from 7 to 3. gym: age drifted"
        sentence = f"The newest run is held back. {reasons}. Accept it with python -m pipeline use {SECOND}."
        found = said(tmp_path)
        assert sentence in found
        assert "held back" in found
        publish(tmp_path, "20240312T120000Z-00000003")
        assert sentence not in said(tmp_path)

    def test_names_and_pins_are_shown_and_what_is_pinned_comes_first(self, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        publish(tmp_path, SECOND)
        labels.change(tmp_path, FIRST, labels.named("Christmas"))
        found = said(tmp_path)
        assert found.index(SECOND) < found.index(FIRST)
        assert "Christmas" in found
        labels.change(tmp_path, FIRST, labels.pinned(True))
        found = said(tmp_path)
        assert found.index(FIRST) < found.index(SECOND)
        assert {"pinned", "Unpin", "Pin"} <= set(found)

    @pytest.mark.parametrize(("role", "is_offered"), [("analyst", True), ("manager", False)])
    def test_only_analysts_name_and_pin(self, tmp_path: Path, role: Role, is_offered: bool) -> None:
        publish(tmp_path, FIRST)
        assert (f"/runs/label/{FIRST}" in said(tmp_path, role=role)) is is_offered

    def test_labels_that_cannot_be_read_are_said_and_the_runs_are_there(self, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        (tmp_path / "labels.json").write_text("[]")
        found = said(tmp_path)
        assert FIRST in found
        assert any("labels.json: cannot be read" in text for text in found)

    def test_two_can_be_compared_and_one_cannot(self, tmp_path: Path) -> None:
        publish(tmp_path, FIRST)
        assert "Compare runs" not in said(tmp_path)
        publish(tmp_path, SECOND)
        assert "/data/compare?dataset=gym" in said(tmp_path, "?dataset=gym")

    def test_those_of_another_version_are_passed_over(self, tmp_path: Path) -> None:
        (publish(tmp_path, FIRST).folder / "manifest.json").write_text("{}")
        publish(tmp_path, SECOND)
        assert FIRST not in said(tmp_path)


def test_what_the_run_took_is_a_finding(tmp_path: Path) -> None:
    run = publish(tmp_path)
    seconds = {"reading": 3.0, "checking": 1.0, "map": 0.01, "demo": 0.0}
    rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"].update(seconds=seconds))
    assert {"Reading took longest: 3.0 of 4.0 seconds", "3.0 s", "< 0.1 s"} <= set(said(tmp_path))
    assert "The run does not say." in said(tmp_path, "?dataset=gym")


@pytest.mark.parametrize("query", ["?dataset=nothing", "?scored=&state=done", "?scored=..%2F..%2Fetc"])
def test_any_address_is_answered(tmp_path: Path, query: str) -> None:
    publish(tmp_path)
    assert "What was read for Shop" in said(tmp_path, query)


def test_the_built_time_is_universal(tmp_path: Path) -> None:
    created = datetime.fromisoformat(json.loads((publish(tmp_path).folder / "manifest.json").read_text())["created_at"])
    assert created.astimezone(UTC).strftime("%Y-%m-%d %H:%M") in said(tmp_path)
