import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogue import Catalogue
from pipeline.personas import describe, profile
from pipeline.personas.rules import name_clusters
from pipeline.settings import NamedPersona, ProfileDataset, ProfileFeature

NAMES = ["High Income Low Spending", "Young High Spenders", "Loyal Moderate Spenders", "Older Low Spending", "Budget Conscious"]
share = st.floats(0, 1, exclude_max=True)


def named(age: float, income: float, spending: float) -> str:
    standing = pd.DataFrame({"age": [age], "annual_income": [income], "spending_score": [spending], "gender": [0.5]})
    return name_clusters(standing, profile.PERSONAS)[0].name


def other_dataset(*names: str) -> ProfileDataset:
    return ProfileDataset(
        name="bank",
        title="Bank",
        file="bank.csv",
        kind="profile",
        customer_id="id",
        features=(
            *(ProfileFeature(name=name, column=name) for name in names),
            ProfileFeature(name="sex", column="sex", codes={"f": 0, "m": 1}),
        ),
    )


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        *zip(NAMES, [(0.5, 0.8, 0.2), (0.2, 0.5, 0.9), (0.5, 0.5, 0.5), (0.9, 0.5, 0.3), (0.4, 0.2, 0.2)], strict=True),
        ("Middle Income Low Spending", (0.4, 0.5, 0.3)),
        ("Older High Spenders", (0.7, 0.5, 0.8)),
    ],
)
def test_every_name_is_reached_by_a_profile(name: str, standing: tuple[float, float, float]) -> None:
    assert named(*standing) == name


@given(age=share, income=share, spending=share)
def test_what_a_name_claims_holds_for_every_profile_that_bears_it(age: float, income: float, spending: float) -> None:
    claims = {
        "High Income Low Spending": income >= 0.6 and spending < 0.4,
        "Young High Spenders": age < 0.5 and spending >= 0.7,
        "Older High Spenders": age >= 0.5 and spending >= 0.7,
        "Older Low Spending": age >= 0.75 and spending < 0.45,
        "Budget Conscious": income < 0.4 and spending < 0.4,
        "Middle Income Low Spending": 0.4 <= income < 0.6 and spending < 0.4,
        "Loyal Moderate Spenders": 0.4 <= spending < 0.7,
    }
    assert claims[named(age, income, spending)]


def test_other_attributes_give_names_of_what_sets_a_cluster_apart(shipped: Catalogue) -> None:
    dice = np.random.default_rng(0)
    features = pd.DataFrame(
        {"balance": [*dice.uniform(0, 10, 40), *dice.uniform(90, 99, 40)], "tenure": dice.uniform(0, 1, 80), "sex": 1.0}
    )
    names, table = describe(features, np.repeat([0, 1], 40), other_dataset("balance", "tenure"))
    assert names[0].startswith("Low balance")
    assert names[1].startswith("High balance")
    assert table["persona"].is_unique


def test_a_cluster_that_nothing_sets_apart_is_near_the_average() -> None:
    features = pd.DataFrame({"balance": [1.0, 2.0, 3.0, 4.0, 5.0] * 4, "sex": 0.0})
    names, table = describe(features, np.zeros(20, dtype=int), other_dataset("balance"))
    assert names == {0: "Near the average"}
    assert table.loc[0, "reason"] == "No earlier rule fits. Typical customer: balance 3."


@given(rows=st.lists(st.tuples(share, share, share), min_size=1, max_size=8))
def test_no_cluster_of_any_attributes_is_left_nameless(rows: list[tuple[float, float, float]]) -> None:
    standing = pd.DataFrame(rows, columns=["balance", "tenure", "sex"])
    found = name_clusters(standing, profile.personas(standing, other_dataset("balance", "tenure")))
    assert len(found) == len(rows)


def test_use_cases_cover_promotions_retention_and_store_layout() -> None:
    for persona in profile.PERSONAS:
        cases = " ".join(persona.use_cases)
        assert all(wanted in cases for wanted in ("Tailored promotions", "Retention campaign", "Store layout")), persona.name


def test_names_given_by_hand_stand_in_place_of_the_rules_and_keep_their_reason() -> None:
    features = pd.DataFrame({"balance": np.r_[np.arange(40), 500 + np.arange(40), 9_000 + np.arange(40)]})
    cluster = np.repeat([0, 1, 2], 40)
    by_rule, rules = describe(features, cluster, other_dataset("balance"))
    given = {0: NamedPersona(name="Savers", actions=("Call them",)), 7: NamedPersona(name="Nobody")}
    names, table = describe(features, cluster, other_dataset("balance").model_copy(update={"personas": given}))
    assert names == by_rule | {0: "Savers"}
    row, old = table.set_index("persona").loc["Savers"], rules.set_index("persona").loc[by_rule[0]]
    assert row["reason"] == f"Named by hand. {old['reason']}"
    assert row["actions"] == ["Call them", *old["actions"]]
    assert (row["summary"], row["avoid"]) == (old["summary"], old["avoid"])
    assert set(table["persona"]) == set(names.values())


def test_clusters_given_one_name_are_one_persona() -> None:
    features = pd.DataFrame({"balance": np.r_[np.arange(40), 500 + np.arange(40), 9_000 + np.arange(40)]})
    given = {number: NamedPersona(name="Savers", summary=f"Words {number}.") for number in (2, 0)}
    names, table = describe(features, np.repeat([0, 1, 2], 40), other_dataset("balance").model_copy(update={"personas": given}))
    assert (names[0], names[2]) == ("Savers", "Savers")
    assert table.set_index("persona").loc["Savers", "summary"] == "Words 0."
    assert len(table) == 2
