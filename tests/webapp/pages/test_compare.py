import json
from pathlib import Path

import pytest

from pipeline import artifacts, labels
from tests.webapp.handmade import BUYERS, buyer, publish
from tests.webapp.pages.test_every_page import texts
from webapp import payload
from webapp.access.visitor import Role
from webapp.pages import compare
from webapp.pages.ask import Ask
from webapp.store import Store

FIRST, SECOND, THIRD = (f"2024031{at}T120000Z-0000000{at + 1}" for at in range(3))


def said(root: Path, query: str = "", role: Role = "analyst") -> list[str]:
    store = Store(root)
    return texts(json.loads(payload.dump(compare.layout(Ask(store, store.snapshot(), "/data/compare", query, "light", role=role)))))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three runs, the last of which is shown: in the second a customer of five moved, in the third one is gone."""
    publish(tmp_path, FIRST)
    publish(tmp_path, SECOND, buyers=[*BUYERS[:3], buyer("12", 1, 4, 400.0, cluster=0), BUYERS[4]])
    publish(tmp_path, THIRD, buyers=BUYERS[:4])
    return tmp_path


def test_without_a_choice_the_run_shown_is_compared_with_the_one_before(root: Path) -> None:
    found = said(root)
    assert f"Before is the run of {built(root, SECOND)}, after that of {built(root, THIRD)}." in found


def built(root: Path, run_id: str) -> str:
    return f"{artifacts.open_run(root, run_id).manifest.created_at:%Y-%m-%d %H:%M}"


def test_who_moved_is_a_sentence_with_its_reason(root: Path) -> None:
    found = said(root, f"?before={FIRST}&after={SECOND}")
    said_of_all = "1 customer is in another persona: 1 by behaviour, 0 by the model"
    assert f"{said_of_all}; the largest flow is 1 from Churn Risk to Loyal High Spenders" in found
    assert {"By behaviour", "By the model", "By both", "20 % of those in both runs", "as many as before"} <= set(found)


def test_a_name_is_shown_wherever_the_run_is(root: Path) -> None:
    labels.change(root, FIRST, labels.named("before <Christmas>"))
    assert f"{built(root, FIRST)} · before <Christmas>" in said(root)


def test_one_run_beside_itself_differs_in_nothing(root: Path) -> None:
    assert "Both are the same run. Choose another for one of them." in said(root, f"?before={FIRST}&after={FIRST}")


def test_the_only_run_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    publish(tmp_path)
    assert "There is one run with Gym: the next one can be compared with it." in said(tmp_path, "?dataset=gym")


@pytest.mark.parametrize(("role", "is_offered"), [("analyst", True), ("manager", False)])
def test_a_run_that_is_not_shown_can_be_shown_by_analysts(root: Path, role: Role, is_offered: bool) -> None:
    found = said(root, f"?before={FIRST}&after={SECOND}", role=role)
    assert [f"/runs/{run_id}" in found for run_id in (FIRST, SECOND, THIRD)] == [is_offered, is_offered, False]


def test_a_run_that_was_altered_is_named_and_nothing_of_it_shown(root: Path) -> None:
    artifacts.open_run(root, FIRST).table("shop", "customers").write_bytes(b"altered")
    found = said(root, f"?before={FIRST}&after={SECOND}")
    reason = "shop/customers.parquet: the table was altered after it was published. The run cannot be compared."
    assert any(text.endswith(reason) for text in found)
    assert "What changed in customers" not in found


def test_without_a_setting_that_differs_it_says_so(root: Path) -> None:
    assert "The settings are the same in both runs." in said(root)


@pytest.mark.parametrize("query", ["?before=../..&after=%00", "?dataset=nothing", "?before=&after="])
def test_any_address_is_answered(root: Path, query: str) -> None:
    assert "What changed in customers" in said(root, query)


def test_settings_that_differ_are_said_in_words(tmp_path: Path) -> None:
    features = [{"name": "age", "column": "Age", "unit": "years", "codes": None}]
    publish(tmp_path, FIRST)
    publish(tmp_path, SECOND, scaling="log", member_features=features, quick=True)
    found = said(tmp_path, "?dataset=gym")
    assert {"scaling", "standard", "log", "features", "age, income, gender", "age"} <= set(found)
