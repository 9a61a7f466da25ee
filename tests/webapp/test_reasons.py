"""Reasons in sentences."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.manifest import DatasetRecord
from tests.webapp.handmade import publish
from webapp import reasons


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DatasetRecord]:
    root: Path = tmp_path_factory.mktemp("reasons")
    return publish(root).manifest.datasets


@pytest.mark.parametrize(
    ("pulls", "text"),
    [
        ({"recency_days": 3.0, "monetary": 0.1, "frequency": -1.0}, "Recency holds them here most; Frequency speaks for Churn Risk"),
        ({"age": 3.0, "annual_income": -0.1, "visits": -1.0}, "Age holds them here most; Annual income and Visits speak for Churn Risk"),
        ({"age": 3.0, "visits": 0.0}, "Age holds them here most; nothing speaks for Churn Risk"),
        ({"age": 0.0, "visits": 0.0}, "Nothing tells them from Churn Risk"),
    ],
)
def test_what_holds_a_customer_is_named_and_what_speaks_against_it(pulls: dict[str, float], text: str) -> None:
    assert reasons.holding(pd.DataFrame({"feature": list(pulls), "pull": list(pulls.values())}), "Churn Risk") == text


@pytest.mark.parametrize(
    ("dataset", "feature", "value", "reached", "text"),
    [
        ("shop", "recency_days", 3.0, 26.0, "No order in 23 more days: X"),
        ("shop", "recency_days", 3.0, 4.0, "No order in 1 more day: X"),
        ("shop", "frequency", 2.0, 8.0, "6 more orders: X"),
        ("shop", "frequency", 2.0, 3.0, "1 more order: X"),
        ("shop", "monetary", 77556.46, 78790.96, "£1,234.50 more spend: X"),
        ("gym", "income", 15.0, 79.0, "Income up to 79 k$ instead of 15: X"),
        ("gym", "age", 61.0, 42.0, "Age down to 42 years instead of 61: X"),
        ("gym", "income", 0.25, 0.125, "Income down to 0.125 k$ instead of 0.25: X"),
    ],
)
def test_a_move_says_what_has_to_change(
    records: dict[str, DatasetRecord], dataset: str, feature: str, value: float, reached: float, text: str
) -> None:
    assert reasons.move({"feature": feature, "value": value, "reached": reached, "persona": "X"}, records[dataset]) == text


def test_frequency_may_count_lines(records: dict[str, DatasetRecord]) -> None:
    shop = records["shop"].model_copy(update={"settings": {"frequency": "lines"}})
    assert reasons.move({"feature": "frequency", "value": 1, "reached": 3, "persona": "X"}, shop) == "2 more order lines: X"


@pytest.mark.parametrize(
    ("dataset", "bounds", "text"),
    [
        ("shop", [("recency_days", 123.0, 313.0), ("frequency", None, 10.0)], "Recency from 123 to 313 days and frequency at most 10"),
        ("shop", [("monetary", 6980.0, float("nan"))], "Monetary at least £6,980"),
        ("gym", [("gender", 1.0, None), ("age", None, 1.0)], "Gender Female and age at most 1 year"),
        ("gym", [("gender", None, 0.5)], "Gender Male"),
        ("gym", [("gender", 0.0, 1.0)], "Gender Male or Female"),
        ("gym", [("income", 0.0037, None)], "Income at least 0.0037 k$"),
    ],
)
def test_a_rule_is_a_plain_sentence(
    records: dict[str, DatasetRecord], dataset: str, bounds: list[tuple[str, float | None, float | None]], text: str
) -> None:
    rows = [dict(zip(("feature", "least", "most"), bound, strict=True)) for bound in bounds]
    assert reasons.rule(rows, records[dataset]) == text


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (1, "This rule describes 97 % of them, and 94 % of those it fits are theirs."),
        (2, "These 2 rules describe 97 % of them, and 94 % of those they fit are theirs."),
        (0, "No short rule describes them."),
    ],
)
def test_fidelity_is_said_in_words(rules: int, text: str) -> None:
    assert reasons.fidelity({"rules": rules, "recall": 0.967, "precision": 0.938}) == text


def test_every_grade_has_its_words() -> None:
    from pipeline.stability import GRADES

    said = [reasons.grade(name, 0.7) for name in GRADES]
    assert [grade.word for grade in said] == ["unstable", "stability doubtful", "stable", "highly stable"]
    assert all(grade.meaning.endswith("mean overlap (Jaccard) 0.70, at best 1.") for grade in said)
