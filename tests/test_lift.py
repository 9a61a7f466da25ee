import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.lift import Effect, Spend, means, proportions, wilson


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_the_examples_of_newcombe_1998_come_out_as_published(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    """Table II, method 10."""
    found = proportions(*counts)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_the_examples_of_one_share_come_out_as_published() -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for counts, ends in published.items():
        found = wilson(*counts)
        assert (found.low, found.high) == pytest.approx(ends, abs=5e-5)


@st.composite
def groups(draw: st.DrawFn) -> tuple[int, int, int, int]:
    contacted, control = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    return draw(st.integers(0, contacted)), contacted, draw(st.integers(0, control)), control


def holds(low: float | None, value: float, high: float | None) -> bool:
    return (low is None or low <= value + 1e-9) and (high is None or value <= high + 1e-9)


class TestShares:
    @given(groups())
    def test_intervals_hold_what_was_found_and_stay_within_what_is_possible(self, counts: tuple[int, int, int, int]) -> None:
        found = proportions(*counts)
        assert holds(found.low, found.difference, found.high)
        assert found.low is not None
        assert found.high is not None
        assert -1 - 1e-9 <= found.low <= found.high <= 1 + 1e-9
        if found.relative is not None:
            assert holds(found.relative_low, found.relative, found.relative_high)

    @given(groups())
    def test_groups_changed_about_change_the_sign(self, counts: tuple[int, int, int, int]) -> None:
        found, other = proportions(*counts), proportions(*counts[2:], *counts[:2])
        assert (other.low, other.high) == pytest.approx((-found.high, -found.low))  # type: ignore[operator] # shares have both

    @given(groups())
    def test_the_relative_interval_says_the_same_as_the_absolute_one(self, counts: tuple[int, int, int, int]) -> None:
        found = proportions(*counts)
        if found.relative is None or found.low is None or min(abs(found.low), abs(found.high or 1)) < 1e-9:
            return
        bounded = found.relative_low, math.inf if found.relative_high is None else found.relative_high
        assert bounded[0] is not None
        assert (bounded[0] > 0, bounded[1] < 0) == (found.low > 0, (found.high or 0) < 0)

    @given(groups(), st.integers(2, 20))
    def test_more_of_the_same_makes_it_narrower(self, counts: tuple[int, int, int, int], times: int) -> None:
        found, more = proportions(*counts), proportions(*(count * times for count in counts))
        assert more.high - more.low < found.high - found.low  # type: ignore[operator] # shares have both

    def test_where_nobody_of_the_control_group_converted_nothing_is_relative_to_it(self) -> None:
        found = proportions(5, 56, 0, 29)
        assert (found.relative, found.relative_low, found.relative_high) == (None, None, None)

    def test_where_nobody_contacted_converted_all_is_lost(self) -> None:
        found = proportions(0, 100, 10, 100)
        assert (found.relative, found.relative_low) == (-1.0, -1.0)

    def test_of_campaigns_without_effect_nineteen_in_twenty_show_none(self) -> None:
        drawn = np.random.default_rng(1).binomial([900, 100], 0.1, size=(4000, 2))
        effects = [proportions(int(contact), 900, int(control), 100) for contact, control in drawn]
        assert np.mean([holds(found.low, 0, found.high) for found in effects]) == pytest.approx(0.95, abs=0.012)


class TestSpend:
    def test_the_interval_is_that_of_welch(self) -> None:
        one, other = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9]), np.array([27.1, 22.0, 20.8, 23.4, 23.4])
        found = means(*(Spend(len(group), float(group.mean()), float(group.var(ddof=1))) for group in (one, other)))
        expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    @given(*(st.builds(Spend, st.integers(2, 10_000), st.floats(0.01, 1e4), st.floats(0.01, 1e6)) for _ in range(2)))
    def test_the_relative_interval_says_the_same_as_the_absolute_one(self, contact: Spend, control: Spend) -> None:
        found = means(contact, control)
        assert found.low is not None
        assert found.high is not None
        if found.relative_low is not None and min(abs(found.low), abs(found.high)) > 1e-6:
            assert (found.relative_low > 0) == (found.low > 0)
        if found.relative_high is not None and min(abs(found.low), abs(found.high)) > 1e-6:
            assert (found.relative_high < 0) == (found.high < 0)

    @pytest.mark.parametrize(("contact", "control"), [(5.0, -2.0), (5.0, 0.0), (-3.0, 2.0)])
    def test_nothing_is_relative_to_less_than_nothing_nor_is_a_loss_relative(self, contact: float, control: float) -> None:
        found = means(Spend(50, contact, 4.0), Spend(50, control, 4.0))
        assert found.low is not None
        assert (found.relative, found.relative_low, found.relative_high) == (None, None, None)

    def test_the_relative_interval_is_that_of_fieller(self) -> None:
        """The ends are the ratios at which the contacted and so many times the others do not differ by a step of the interval."""
        found = means(Spend(400, 12.0, 900.0), Spend(100, 10.0, 900.0))
        assert found.relative_low is not None
        assert found.low is not None
        step = (found.difference - found.low) / math.sqrt(900 / 400 + 900 / 100)
        for ratio in (1 + found.relative_low, 1 + (found.relative_high or 0)):
            assert abs(12.0 - ratio * 10.0) == pytest.approx(step * math.sqrt(900 / 400 + ratio**2 * 900 / 100))

    @pytest.mark.parametrize("control", [Spend(1, 3.0, 0.0), Spend(50, 0.0, 0.0)])
    def test_without_a_spread_there_is_no_interval(self, control: Spend) -> None:
        assert means(Spend(50, 5.0, 0.0), control) == Effect(5.0, control.mean, 5.0 - control.mean)

    def test_of_a_control_group_whose_mean_may_be_nothing_no_ratio_is_bounded_above(self) -> None:
        found = means(Spend(100, 10.0, 100.0), Spend(5, 1.0, 100.0))
        assert found.relative == 9.0
        assert found.relative_high is None
