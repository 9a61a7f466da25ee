import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogue import Catalogue
from pipeline.explaining.walks import Walk, walks
from pipeline.settings import ProfileDataset, ProfileFeature

PENCE = Walk("monetary", 1, 100, 1e9)


def bank(*names: str) -> ProfileDataset:
    measured = tuple(ProfileFeature(name=name, column=name) for name in names)
    sex = ProfileFeature(name="sex", column="sex", codes={"f": 0, "m": 1})
    return ProfileDataset(name="bank", title="Bank", file="bank.csv", kind="profile", customer_id="id", features=(*measured, sex))


def test_buyers_go_without_orders_by_days_order_more_and_spend_more_by_the_penny(shipped: Catalogue) -> None:
    features = pd.DataFrame({"recency_days": [1, 90], "frequency": [7, 2], "monetary": [10.5, 3.25]})
    assert walks(features, shipped["retail"]) == (
        Walk("recency_days", 1, 1, 90.0),
        Walk("frequency", 1, 1, 7.0),
        Walk("monetary", 1, 100, 10.5),
    )


def test_a_currency_without_pence_is_walked_by_whole_units(shipped: Catalogue) -> None:
    yen = shipped["retail"].model_copy(update={"currency": "JPY", "features": ("monetary",)})
    assert walks(pd.DataFrame({"monetary": [100.0, 300.0]}), yen) == (Walk("monetary", 1, 1, 300.0),)


def test_numbers_of_a_profile_go_both_ways_and_categories_none() -> None:
    features = pd.DataFrame({"age": [18.0, 70.0], "sex": [0.0, 1.0]})
    assert walks(features, bank("age")) == (Walk("age", 1, 1, 70.0), Walk("age", -1, 1, 18.0))


@pytest.mark.parametrize(
    ("values", "per_unit"),
    [
        ([1.0, 2.0, 3.0], 1),  # whole
        ([5.5, 5.5], 1),  # constant
        ([0.5, 2000.0], 1),  # a hundredth of the spread is 10: at most 1
        ([0.0, 2.5], 100),  # a hundredth of 1.25 is 0.0125
        ([0.0, 0.02], 10_000),  # a hundredth of 0.01 is 0.0001
        ([1e15, 1e15 + 0.5], 1),  # no finer than floats are
    ],
)
def test_a_step_is_a_power_of_ten_of_at_most_a_hundredth_of_the_spread(values: list[float], per_unit: int) -> None:
    features = pd.DataFrame({"balance": values, "sex": 0.0})
    assert {walk.per_unit for walk in walks(features, bank("balance"))} == {per_unit}


@given(minor=st.integers(-(10**13), 10**13), direction=st.sampled_from([1, -1]))
def test_an_amount_stands_on_a_step_of_its_own_and_comes_back_exactly(minor: int, direction: int) -> None:
    walk = Walk("monetary", direction, 100, 0.0)
    position = walk.position(np.array([minor / 100]))
    assert position.tolist() == [direction * minor]
    assert walk.value(position).tolist() == [minor / 100]


def test_a_value_between_steps_stands_on_the_one_before() -> None:
    assert PENCE.position(np.array([1.234, -1.234])).tolist() == [123, -124]
    assert Walk("monetary", -1, 100, 0.0).position(np.array([1.234])).tolist() == [-124]
