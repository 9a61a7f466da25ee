import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sampling

groups = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(st.integers(0, 50), st.integers(1, 60))
def test_a_random_sample_is_in_order_without_repeats_and_of_the_size_asked_for(customers: int, size: int) -> None:
    drawn = sampling.at_random(customers, size, seed=3)
    assert len(drawn) == min(customers, size)
    assert sorted(set(drawn.tolist())) == drawn.tolist()
    assert set(drawn.tolist()) <= set(range(customers))


@given(groups, st.integers(1, 10))
def test_of_each_group_as_many_are_drawn_as_asked_for_or_all(group: np.ndarray, most: int) -> None:
    drawn = sampling.of_each(group, most, seed=1)
    assert np.bincount(group[drawn], minlength=5).tolist() == np.minimum(np.bincount(group, minlength=5), most).tolist()
    assert sorted(set(drawn.tolist())) == drawn.tolist()


@given(groups, st.integers(5, 80))
def test_groups_are_taken_as_evenly_as_the_total_allows(group: np.ndarray, total: int) -> None:
    most = sampling.evenly(group, total)
    sizes = np.bincount(group)
    assert np.minimum(sizes, most).sum() <= total
    # One more of each would be too many, unless all are taken.
    assert np.minimum(sizes, most + 1).sum() > total or most >= sizes.max()


def test_everyone_of_a_group_is_as_likely_to_be_drawn() -> None:
    group = np.zeros(10, dtype="int64")
    drawn = np.bincount(np.concatenate([sampling.of_each(group, 3, seed=seed) for seed in range(400)]), minlength=10)
    # 120 each are expected, with a standard deviation of 9.
    assert 80 < drawn.min() <= drawn.max() < 160
