import numpy as np
import pandas as pd
import pytest

from pipeline.clustering import Model, Scaler
from pipeline.explaining.another_order import another_order

FEATURES = ["recency_days", "frequency", "monetary"]


def nearest(*centres: tuple[float, float, float]) -> Model:
    return Model(Scaler("standard", pd.Series(0.0, FEATURES), pd.Series(1.0, FEATURES)), pd.DataFrame(centres, columns=FEATURES))


def test_one_more_order_makes_recent_and_adds_the_mean_of_those_before() -> None:
    customers = pd.DataFrame({"recency_days": [90, 2], "frequency": [4, 1], "monetary": [100.0, 30.0], "orders": [4, 1]})
    # As they are; as they will be: 2 days, 5 orders, 125; and 2 days, 2 orders, 60.
    model = nearest((90, 4, 100), (2, 1, 30), (2, 5, 125), (2, 2, 60))
    assert another_order(customers, model).tolist() == [2, 3]


def test_frequency_in_lines_grows_by_the_lines_of_an_order() -> None:
    customers = pd.DataFrame({"recency_days": [1], "frequency": [30], "monetary": [0.0], "orders": [3]})
    assert another_order(customers, nearest((1, 31, 0), (1, 40, 0))).tolist() == [1]


@pytest.mark.parametrize("spend", [-50.0, 0.0])
def test_spend_below_zero_is_not_lowered_further(spend: float) -> None:
    customers = pd.DataFrame({"recency_days": [1], "frequency": [1], "monetary": [spend], "orders": [1]})
    np.testing.assert_array_equal(another_order(customers, nearest((1, 2, spend * 2 - 1), (1, 2, spend))), [1])
