import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.lift import proportions
from pipeline.power import is_found, smallest_lift


@pytest.mark.parametrize(("rate", "risen", "published"), [(0.25, 0.40, 165), (0.05, 0.15, 160), (0.50, 0.60, 407)])
def test_sample_sizes_are_those_of_fleiss(rate: float, risen: float, published: int) -> None:
    """Fleiss, Levin and Paik 2003, table A.4, 5 % and power 0.80; its sizes have the correction for continuity, (4.15)."""
    plain = next(n for n in range(10, 2000) if is_found(n, n, rate, risen - rate))
    corrected = plain / 4 * (1 + math.sqrt(1 + 4 / (plain * (risen - rate)))) ** 2
    assert corrected == pytest.approx(published, abs=1.5)


@given(st.integers(20, 10**6), st.integers(20, 10**6), st.floats(0.0, 0.95))
def test_the_smallest_lift_is_found_and_a_smaller_one_is_not(contacted: int, control: int, rate: float) -> None:
    found = smallest_lift(contacted, control, rate)
    assume(found is not None)
    assert found is not None
    assert is_found(contacted, control, rate, found)
    assert not is_found(contacted, control, rate, found * 0.999)


def test_it_is_found_in_four_campaigns_of_five() -> None:
    lift = smallest_lift(1800, 200, 0.1)
    assert lift is not None
    draws = np.random.default_rng(1).binomial([1800, 200], [0.1 + lift, 0.1], size=(4000, 2))
    found = np.mean([(proportions(int(contact), 1800, int(control), 200).low or 0) > 0 for contact, control in draws])
    assert found == pytest.approx(0.8, abs=0.05)


def test_more_customers_show_less_and_equal_groups_show_most() -> None:
    by_share = [smallest_lift(1000 - control, control, 0.1) or 1 for control in (50, 100, 200, 500)]
    assert by_share == sorted(by_share, reverse=True)
    assert (smallest_lift(9000, 1000, 0.1) or 1) < by_share[1]


@pytest.mark.parametrize(("contacted", "control", "rate"), [(3, 1, 0.5), (100, 0, 0.1), (2, 2, 0.1), (50, 50, 1.0)])
def test_groups_too_small_show_nothing(contacted: int, control: int, rate: float) -> None:
    assert smallest_lift(contacted, control, rate) is None
