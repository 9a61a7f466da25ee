import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.personas.rules import Condition, Persona, explain, middles, name_clusters, standings


def persona(name: str, *conditions: Condition) -> Persona:
    return Persona(name, "", (), (), (), conditions)


def test_a_standing_is_the_share_below_the_median_member() -> None:
    features = pd.DataFrame({"spend": [1.0, 2.0, 3.0, 4.0]})
    assert standings(features, np.array([0, 0, 1, 1]))["spend"].to_dict() == {0: 0.25, 1: 0.75}


def test_equal_customers_stand_equally() -> None:
    features = pd.DataFrame({"orders": [1.0, 1.0, 1.0, 9.0]})
    # The three share the mean rank 2 of 1, 2, 3: (2 - 0.5) / 4.
    assert standings(features, np.array([0, 1, 2, 3]))["orders"].to_dict() == {0: 0.375, 1: 0.375, 2: 0.375, 3: 0.875}


@given(values=st.lists(st.integers(-1000, 1000), min_size=4, max_size=30))
def test_standings_do_not_depend_on_the_unit(values: list[int]) -> None:
    features = pd.DataFrame({"spend": values}, dtype="float64")
    cluster = np.arange(len(values)) % 3
    in_pence = standings(features * 100 + 5, cluster)
    pd.testing.assert_frame_equal(standings(features, cluster), in_pence)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 2, 3])), min_size=1, max_size=40))
def test_standings_are_the_medians_of_everyones_rank(customers: list[tuple[int, int]]) -> None:
    features, cluster = pd.DataFrame({"spend": [spend for spend, _ in customers]}), np.array([number for _, number in customers])
    ranks = (features["spend"].rank() - 0.5) / len(features)
    assert standings(features, cluster)["spend"].to_dict() == ranks.groupby(cluster).median().to_dict()
    assert middles(features["spend"], cluster).mean(axis=1).to_dict() == features["spend"].groupby(cluster).median().to_dict()


def test_the_first_rule_that_fits_names_the_cluster() -> None:
    rules = (persona("both", Condition("a", least=0.5), Condition("b", most=0.5)), persona("a", Condition("a", least=0.5)), persona("rest"))
    standing = pd.DataFrame({"a": [0.9, 0.9, 0.1], "b": [0.1, 0.9, 0.1]}, index=[4, 7, 9])
    assert {number: found.name for number, found in name_clusters(standing, rules).items()} == {4: "both", 7: "a", 9: "rest"}


def test_a_bound_holds_at_least_and_ends_before_most() -> None:
    condition = Condition("a", least=0.4, most=0.6)
    assert [condition.holds(pd.Series({"a": value})) for value in (0.39, 0.4, 0.59, 0.6)] == [False, True, True, False]


def test_the_reason_holds_the_rule_and_the_numbers_of_its_clusters() -> None:
    rich = persona("rich", Condition("spend", least=0.97), Condition("age", most=0.5))
    standing = pd.DataFrame({"spend": [0.974, 0.999], "age": [0.2, 0.2]}, index=[3, 5])
    medians = pd.DataFrame({"spend": [32544.4, 568712.0], "age": [31.0, 31.0]}, index=[3, 5])
    assert explain(rich, [3, 5], standing, medians, {"spend": "spent {} GBP", "age": "age {} years"}) == (
        "Typical customer: spent 32,544 to 568,712 GBP (above 97 to 99.9 % of customers; rule: at least 97 %), "
        "age 31 years (above 20 % of customers; rule: less than 50 %)."
    )


def test_a_persona_without_conditions_says_that_no_other_rule_fits() -> None:
    medians = pd.DataFrame({"spend": [10.0]}, index=[0])
    said = explain(persona("rest"), [0], pd.DataFrame({"spend": [0.5]}), medians, {"spend": "spent {} GBP"})
    assert said == "No earlier rule fits. Typical customer: spent 10 GBP."
