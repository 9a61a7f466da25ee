import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.explaining.bounds import Bound, covered, merged, roundest

number = st.one_of(st.floats(-1e9, 1e9), st.integers(-(10**6), 10**6).map(lambda cents: cents / 100))


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        (174.0, 181.0, 180.0),
        (174.0, 177.0, 174.0),  # 175 has as many digits
        (6975.33, 6981.5, 6980.0),
        (6981.5, 6975.33, 6980.0),
        (0.1234, 0.1341, 0.13),
        (1.0, 0.0, 1.0),
        (0.0, 1.0, 0.0),
        (-3.0, 5.0, 0.0),
        (-12.0, -8.0, -10.0),
    ],
)
def test_the_roundest_number_lies_from_the_one_on_and_short_of_the_other(inside: float, outside: float, expected: float) -> None:
    assert roundest(inside, outside) == expected


@given(inside=number, outside=number)
def test_rounding_never_passes_either_number(inside: float, outside: float) -> None:
    found = roundest(inside, outside)
    assert found == inside or (min(inside, outside) <= found <= max(inside, outside) and found != outside)


def test_both_ends_are_covered_and_all_bounds_have_to_hold() -> None:
    features = pd.DataFrame({"a": [1, 2, 3, 3], "b": [0, 0, 0, 1]})
    assert covered(features, (Bound("a", least=2, most=3), Bound("b", most=0))).tolist() == [False, True, True, False]
    assert covered(features, ()).all()


def test_bounds_of_a_feature_become_one_and_those_that_change_nothing_go() -> None:
    features = pd.DataFrame({"a": [1.0, 5.0, 17.0, 23.0, 40.0], "b": [1.0, 1.0, 2.0, 2.0, 2.0]})
    bounds = (Bound("b", least=2.0), Bound("a", most=23.0), Bound("a", least=17.0))
    # From 17 on everybody has a b of 2. 10 is the roundest above 5, 30 the roundest below 40.
    assert merged(bounds, features) == (Bound("a", 10.0, 30.0),)


@given(seed=st.integers(0, 10_000))
def test_the_same_customers_are_covered_afterwards(seed: int) -> None:
    dice = np.random.default_rng(seed)
    features = pd.DataFrame({"a": dice.integers(0, 20, 40), "b": np.round(dice.lognormal(5, 2, 40), 2)})
    low, high = (features.iloc[place] for place in dice.integers(0, 40, 2))
    bounds = (Bound("a", least=float(low["a"])), Bound("b", most=float(high["b"])), Bound("a", most=float(high["a"])))
    np.testing.assert_array_equal(covered(features, merged(bounds, features)), covered(features, bounds))
