from pathlib import Path

from tests.webapp.handmade import publish
from tests.webapp.pages.test_every_page import ask, page
from webapp.store import Store

LOYAL = "/personas/shop/Loyal%20High%20Spenders"


def test_a_persona_is_described_by_its_rules_and_bears_its_grade(tmp_path: Path) -> None:
    publish(tmp_path)
    found, _ = page(ask(Store(tmp_path), LOYAL))
    assert {"What describes them", "Recency at most 50 days", "stable", "/quality?dataset=shop"} <= set(found)
    assert "This rule describes 100 % of them, and 50 % of those it fits are theirs." in found


def test_a_persona_beside_another_is_described_like_it(tmp_path: Path) -> None:
    publish(tmp_path)
    found, _ = page(ask(Store(tmp_path), LOYAL, "?with=Churn+Risk"))
    assert {"What describes them", "Recency at most 50 days", "Recency at least 51 days and frequency from 1 to 99"} <= set(found)
