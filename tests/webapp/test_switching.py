from pathlib import Path

from tests.webapp.access.house import House, build
from tests.webapp.handmade import publish
from webapp.access.rules import FORM

SECOND = "20240311T120000Z-00000002"


def switch(house: House, run_id: str) -> tuple[int, str]:
    """Send the form of a run, and say what is shown right after."""
    client = house.sign_in("ann")
    answer = client.post(f"/runs/{run_id}", headers={"Content-Type": FORM})
    return answer.status_code, client.get("/run").text


def test_the_run_is_shown_at_once_and_noted(tmp_path: Path) -> None:
    house = build(tmp_path)
    first = house.run.manifest.run_id
    second = publish(tmp_path / "runs", SECOND).manifest.run_id
    assert switch(house, second) == (303, second)
    assert switch(house, first) == (303, first)
    assert [(line["action"], line["result"]) for line in house.trail if line["action"] == "run switch"] == [("run switch", "done")] * 2
    house.reception.close()


def test_one_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    house = build(tmp_path)
    assert switch(house, "20240312T120000Z-00000003") == (404, house.run.manifest.run_id)
    house.reception.close()
