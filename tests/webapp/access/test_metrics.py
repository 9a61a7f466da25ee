from dataclasses import replace
from pathlib import Path

import pytest

from tests.webapp.access.house import LOCAL, House, build

TOKEN = "q7Zr0tKcVbN5xWmL2pYs9dGhJ4fAeUi8"


def test_are_for_whoever_has_the_token(tmp_path: Path) -> None:
    house = build(tmp_path, replace(LOCAL, metrics_token=TOKEN))
    answer = house.visit(authorization=f"Bearer {TOKEN}").get("/metrics")
    assert (answer.status_code, "clientele_requests_total" in answer.text) == (200, True)
    # It opens nothing else, and no session.
    assert house.visit(authorization=f"Bearer {TOKEN}").get("/retail").status_code == 401
    assert house.visit(authorization=f"Bearer {TOKEN}").post("/metrics", json={}).status_code == 405
    house.reception.close()


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer é"])
def test_stay_closed_to_any_other(tmp_path: Path, said: str) -> None:
    house = build(tmp_path, replace(LOCAL, metrics_token=TOKEN))
    assert house.visit().get("/metrics", headers={"Authorization": said.encode()}).status_code == 401
    house.reception.close()


def test_without_a_token_nobody_has_it(house: House) -> None:
    assert [house.visit(authorization=said).get("/metrics").status_code for said in ("Bearer", "Bearer ")] == [401, 401]
    assert house.sign_in("ann").get("/metrics").status_code == 200
