import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import parquet
from pipeline.build import Outcome
from pipeline.catalogue import Catalogue
from pipeline.explaining.description import Description, describe


def buyers(seed: int = 0, count: int = 200) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    spend = np.round(dice.lognormal(5, 2, count), 2)
    return pd.DataFrame({"recency_days": dice.integers(1, 400, count), "frequency": dice.geometric(0.2, count), "monetary": spend})


def assert_fidelity_is_as_said(found: Description, features: pd.DataFrame, persona: pd.Series) -> None:
    """Everything is counted anew from the bounds, customer by customer."""
    customers = features.to_dict("records")
    for said in found.fidelity.to_dict("records"):
        rules = [group.to_dict("records") for _, group in found.bounds[found.bounds["persona"] == said["persona"]].groupby("rule")]
        covered = [any(all(_fits(customer, bound) for bound in rule) for rule in rules) for customer in customers]
        own = [name == said["persona"] for name in persona]
        both = sum(one and other for one, other in zip(covered, own, strict=True))
        agree = sum(one == other for one, other in zip(covered, own, strict=True))
        assert (said["rules"], said["covered"]) == (len(rules), sum(covered))
        assert said["recall"] == pytest.approx(both / sum(own))
        assert said["precision"] == pytest.approx(both / sum(covered) if any(covered) else np.nan, nan_ok=True)
        assert said["accuracy"] == pytest.approx(agree / len(own))


def _fits(customer: dict[str, float], bound: dict[str, float]) -> bool:
    value = customer[bound["feature"]]
    return not (value < bound["least"] or value > bound["most"])  # comparisons with nothing are false


def test_a_persona_is_described_by_round_bounds_that_hold_for_all_of_it() -> None:
    features = pd.DataFrame({"recency_days": [3, 12, 55, 174, 182, 230, 400], "frequency": [2, 1, 3, 2, 2, 1, 3]})
    persona = pd.Series(["Active"] * 3 + ["Leaving"] * 2 + ["Lost"] * 2)
    found = describe(features, persona)
    assert found.bounds.fillna(-1).values.tolist() == [
        ["Active", 1, "recency_days", -1, 100],
        ["Leaving", 1, "recency_days", 100, 200],
        ["Lost", 1, "recency_days", 200, -1],
    ]
    pd.testing.assert_frame_equal(
        found.fidelity,
        pd.DataFrame(
            {
                "persona": ["Active", "Leaving", "Lost"],
                "rules": 1,
                "covered": [3, 2, 2],
                "recall": 1.0,
                "precision": 1.0,
                "accuracy": 1.0,
            }
        ),
    )


def test_the_rule_that_covers_most_of_a_persona_comes_first() -> None:
    features = pd.DataFrame({"a": [*range(10), *range(100, 120), *range(200, 230)]})
    persona = pd.Series(["Ends"] * 10 + ["Middle"] * 20 + ["Ends"] * 30)
    found = describe(features, persona).bounds
    assert found.query("persona == 'Ends'")[["rule", "least", "most"]].fillna(-1).values.tolist() == [[1, 200, -1], [2, -1, 10]]


def test_a_persona_of_one_customer_is_found() -> None:
    features = buyers()
    persona = pd.Series(np.where(features["monetary"] == features["monetary"].max(), "Whale", "Other"))
    found = describe(features, persona)
    whale = found.fidelity.set_index("persona").loc["Whale"]
    assert (whale["covered"], whale["recall"], whale["precision"]) == (1, 1.0, 1.0)
    assert found.bounds.query("persona == 'Whale'")["feature"].tolist() == ["monetary"]


def test_personas_that_cannot_be_told_apart_have_no_rules() -> None:
    features = pd.concat([buyers(), buyers()], ignore_index=True)
    found = describe(features, pd.Series(["One"] * 200 + ["Two"] * 200))
    assert found.bounds.empty
    assert found.fidelity["rules"].tolist() == [0, 0]
    assert found.fidelity["recall"].tolist() == [0.0, 0.0]
    assert found.fidelity["precision"].isna().all()


def test_a_persona_that_everybody_belongs_to_has_no_rules() -> None:
    found = describe(buyers(), pd.Series(["Everybody"] * 200))
    assert found.bounds.empty
    assert found.fidelity["rules"].tolist() == [0]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_fidelity_is_what_counting_gives(seed: int) -> None:
    features = buyers(seed)
    shaken = features["monetary"] * np.random.default_rng(seed).uniform(0.3, 3, len(features))
    persona = pd.Series(np.select([features["recency_days"] > 250, shaken > 500], ["Lost", "Loyal"], "Other"))
    found = describe(features, persona)
    assert_fidelity_is_as_said(found, features, persona)
    assert found.bounds.groupby("persona")["rule"].nunique().max() <= 3
    assert not found.bounds.duplicated(["persona", "rule", "feature"]).any()


@pytest.mark.real
def test_rules_describe_real_buyers(real_run: Outcome, shipped: Catalogue) -> None:
    customers = parquet.read(real_run.run.table("retail", "customers"))
    features = customers[list(shipped["retail"].feature_names)]
    found = describe(features, customers["persona"])
    assert_fidelity_is_as_said(found, features, customers["persona"])
    assert (found.fidelity[["recall", "precision"]] > 0.9).all(axis=None)
