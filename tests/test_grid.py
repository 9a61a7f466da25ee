from itertools import product
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import grid

# Ties are the rule: half of a shop's customers may have bought once.
few = st.integers(1, 8)
shops = st.lists(st.tuples(few | st.integers(1, 700), few), min_size=1, max_size=60)


def buyers(rows: list[tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["recency_days", "frequency"])


@pytest.mark.parametrize(("recency", "frequency"), list(product(range(1, 6), repeat=2)))
def test_every_cell_is_in_exactly_one_segment(recency: int, frequency: int) -> None:
    inside = [
        segment
        for segment, ((low_r, high_r), (low_f, high_f)) in grid.RULES.items()
        if low_r <= recency <= high_r and low_f <= frequency <= high_f
    ]
    assert len(inside) == 1


def test_five_customers_of_each_score_fill_the_ten_segments() -> None:
    """The rules written as the grid that a marketer draws: recency 5 above, frequency 5 on the right."""
    drawn = pd.DataFrame(
        [
            ["New", "Potential Loyalist", "Potential Loyalist", "Champions", "Champions"],
            ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
            ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
            ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
            ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
        ],
        index=[5, 4, 3, 2, 1],
        columns=[1, 2, 3, 4, 5],
    )
    everyone = buyers([(10 * (6 - recency), 2 * frequency) for recency, frequency in product(range(1, 6), repeat=2)])
    scored = grid.scores(everyone)
    found = scored.pivot(index="recency_score", columns="frequency_score", values="segment").sort_index(ascending=False)
    pd.testing.assert_frame_equal(found, drawn, check_names=False, check_index_type=False, check_column_type=False, check_dtype=False)


def test_ties_share_their_average_rank() -> None:
    # Seven of ten bought once: their average rank is 4 of 10, the middle of the second quintile.
    assert grid.quantile(pd.Series([1] * 7 + [2, 3, 4]), 5).tolist() == [2] * 7 + [4, 5, 5]


def test_distinct_customers_fill_every_part_equally() -> None:
    assert grid.quantile(pd.Series(range(100)), 10).value_counts().tolist() == [10] * 10


@given(shops)
def test_equal_customers_get_equal_scores_and_segments(rows: list[tuple[int, int]]) -> None:
    scored = buyers(rows).join(grid.scores(buyers(rows)))
    assert (scored.groupby("recency_days")["recency_score"].nunique() == 1).all()
    assert (scored.groupby("frequency")["frequency_score"].nunique() == 1).all()
    assert (scored.groupby(["recency_days", "frequency"])["segment"].nunique() == 1).all()


@given(shops)
def test_later_and_oftener_never_score_lower(rows: list[tuple[int, int]]) -> None:
    scored = buyers(rows).join(grid.scores(buyers(rows)))
    assert scored.sort_values("recency_days")["recency_score"].is_monotonic_decreasing
    assert scored.sort_values("frequency")["frequency_score"].is_monotonic_increasing
    assert scored[["recency_score", "frequency_score"]].isin(range(1, 6)).all(axis=None)


@given(shops, st.randoms(use_true_random=False))
def test_the_order_of_customers_changes_nothing(rows: list[tuple[int, int]], dice: Random) -> None:
    mixed = buyers(rows).sample(frac=1, random_state=dice.randint(0, 999))
    pd.testing.assert_frame_equal(grid.scores(mixed).sort_index(), grid.scores(buyers(rows)))


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.integers(2, 10))
def test_a_part_is_told_by_how_many_stand_below(values: list[int], parts: int) -> None:
    """Counted customer by customer: those below, and half of those beside."""
    below = [sum(other < one for other in values) + sum(other == one for other in values) / 2 for one in values]
    assert grid.quantile(pd.Series(values), parts).tolist() == [1 + int(parts * place / len(values)) for place in below]
