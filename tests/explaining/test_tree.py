import numpy as np
import pandas as pd

from pipeline.explaining.bounds import Bound
from pipeline.explaining.tree import paths


def test_a_way_names_values_on_the_members_side_of_each_split() -> None:
    features = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
    assert paths(features, features["a"].to_numpy() >= 3) == [(Bound("a", least=3.0),)]
    assert paths(features, features["a"].to_numpy() < 3) == [(Bound("a", most=2.0),)]


def test_values_that_single_precision_cannot_tell_apart_are_told_apart() -> None:
    features = pd.DataFrame({"a": [16_777_216.0, 16_777_217.0]})
    assert paths(features, np.array([False, True])) == [(Bound("a", least=16_777_217.0),)]


def test_two_leaves_side_by_side_are_one_way() -> None:
    # Of those with an a of 1, all ten with a b of 0 are members and seven of ten with a b of 1.
    features = pd.DataFrame({"a": [0] * 20 + [1] * 20, "b": ([0] * 10 + [1] * 10) * 2})
    members = np.array([False] * 20 + [True] * 17 + [False] * 3)
    assert paths(features, members) == [(Bound("a", least=1.0),)]


def test_where_no_split_helps_there_is_no_way() -> None:
    assert paths(pd.DataFrame({"a": [1, 1, 2, 2]}), np.array([True, False, True, False])) == []
    assert paths(pd.DataFrame({"a": [1, 2]}), np.array([True, True])) == []
