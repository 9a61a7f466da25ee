import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import out_of_fold

SEED = 42


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who came back, what each spent, and groups numbered from 0, for 20 to 60 customers."""
    size = draw(st.integers(20, 60))
    came = draw(st.integers(10, size - 10))
    returned = np.array(draw(st.permutations([True] * came + [False] * (size - came))))
    spend = np.where(returned, draw(st.lists(st.integers(1, 900), min_size=size, max_size=size)), 0).astype("float64")
    _, group = np.unique(draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)), return_inverse=True)
    return returned, spend, group


def left_out(values: np.ndarray, group: np.ndarray, fold: np.ndarray) -> list[float]:
    """Customer by customer, as one would explain it."""
    found = []
    for own_group, own_fold in zip(group, fold, strict=True):
        others = [value for value, of, at in zip(values, group, fold, strict=True) if at != own_fold and of == own_group]
        found.append(np.mean(others or [value for value, at in zip(values, fold, strict=True) if at != own_fold]))
    return found


def auc_of_pairs(returned: np.ndarray, score: np.ndarray) -> float:
    pairs = [(one > other) + (one == other) / 2 for one in score[returned] for other in score[~returned]]
    return float(np.mean(pairs))


def tenth(values: np.ndarray, score: np.ndarray, fold: np.ndarray) -> float:
    """Customers taken one by one from the highest score, the last tie in equal parts."""
    held = 0.0
    for number in range(10):
        own = np.flatnonzero(fold == number)
        room = len(own) / 10
        for level in sorted(set(score[own]), reverse=True):
            tied = [at for at in own if score[at] == level]
            taken = min(room, len(tied))
            held += taken * float(np.mean(values[tied]))
            room -= taken
    return held / values.sum() / 0.1


@settings(max_examples=40, deadline=None)
@given(outcomes())
def test_every_measure_is_the_one_that_is_worked_out_customer_by_customer(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    returned, spend, group = found
    fold = out_of_fold.deal(returned, seed=SEED)
    # Sums of whole numbers are exact: what ties in the one ties in the other.
    rate, guess = (np.array(left_out(values, group, fold)) for values in (returned.astype(float), spend))
    everyone = np.array(left_out(spend, np.zeros_like(group), fold))
    assert out_of_fold.measures(returned, spend, group, seed=SEED) == pytest.approx(
        {
            "auc": np.mean([auc_of_pairs(returned[fold == number], rate[fold == number]) for number in range(10)]),
            "variance_explained": 1 - np.sum((spend - guess) ** 2) / np.sum((spend - everyone) ** 2),
            "lift_returned": tenth(returned.astype(float), rate, fold),
            "lift_spend": tenth(spend, guess, fold),
        },
        abs=1e-9,
    )


@settings(max_examples=25, deadline=None)
@given(outcomes(), st.permutations(range(6)))
def test_what_groups_are_called_changes_nothing(found: tuple[np.ndarray, np.ndarray, np.ndarray], numbers: list[int]) -> None:
    returned, spend, group = found
    _, renamed = np.unique(np.array(numbers)[group], return_inverse=True)
    assert out_of_fold.measures(returned, spend, renamed, seed=SEED) == pytest.approx(
        out_of_fold.measures(returned, spend, group, seed=SEED)
    )


@settings(max_examples=25, deadline=None)
@given(outcomes())
def test_a_single_group_foretells_nothing(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    returned, spend, group = found
    measured = out_of_fold.measures(returned, spend, np.zeros_like(group), seed=SEED)
    assert measured["auc"] == 0.5
    assert measured["variance_explained"] == 0.0


@settings(max_examples=25, deadline=None)
@given(outcomes())
def test_groups_that_are_the_outcome_foretell_it_perfectly(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    returned, _, _ = found
    measured = out_of_fold.measures(returned, 7.0 * returned, returned.astype(np.int64), seed=SEED)
    assert measured["auc"] == 1.0
    assert measured["variance_explained"] == pytest.approx(1.0)
    assert measured["lift_returned"] == pytest.approx(min(10.0, len(returned) / returned.sum()), rel=0.5)


def by_chance(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Who of 4,000 came back, 40 % of them, and one of 200 groups for each."""
    dice = np.random.default_rng(seed)
    return dice.random(4000) < 0.4, np.concatenate([np.arange(200), dice.integers(0, 200, 3800)])


def test_groups_dealt_by_chance_foretell_nothing_however_many_they_are() -> None:
    """Rates that include the customer who is judged would claim an AUC near 0.6 here."""
    returned, group = by_chance(0)
    looking_ahead = np.bincount(group, returned)[group] / np.bincount(group)[group]
    assert auc_of_pairs(returned[:1000], looking_ahead[:1000]) > 0.58
    shops = [by_chance(seed) for seed in range(8)]
    measured = [out_of_fold.measures(returned, 50.0 * returned, group, seed=SEED) for returned, group in shops]
    assert np.mean([one["auc"] for one in measured]) == pytest.approx(0.5, abs=0.015)
    assert np.mean([one["lift_returned"] for one in measured]) == pytest.approx(1, abs=0.12)
    assert max(one["variance_explained"] for one in measured) < 0


def test_a_customer_alone_in_a_group_is_judged_by_everyone_else() -> None:
    returned = np.array([True, False] * 10)
    group = np.zeros(20, dtype=np.int64)
    group[0] = 1
    fold = out_of_fold.deal(returned, seed=SEED)
    assert out_of_fold.estimates(returned.astype(float), group, fold)[0] == pytest.approx(np.mean(returned[fold != fold[0]]))


def test_those_who_came_back_are_dealt_evenly() -> None:
    returned = np.array([True] * 30 + [False] * 70)
    fold = out_of_fold.deal(returned, seed=SEED)
    assert np.bincount(fold[returned]).tolist() == [3] * 10
    assert np.bincount(fold[~returned]).tolist() == [7] * 10


def test_measures_that_the_spend_does_not_allow_are_left_out() -> None:
    returned, group = np.array([True, False] * 10), np.zeros(20, dtype=np.int64)
    assert set(out_of_fold.measures(returned, np.zeros(20), group, seed=SEED)) == {"auc", "lift_returned"}


def test_the_tenth_takes_equal_parts_of_equal_scores() -> None:
    # A fold of 20: two have a place; one of score 3, and one of the four of score 2, who spent 4 on average.
    values = np.array([10.0, 1, 3, 5, 7, *[0.0] * 15])
    score = np.array([3.0, 2, 2, 2, 2, *[1.0] * 15])
    assert out_of_fold.top_tenth(values, score, np.zeros(20, dtype=np.int64)) == pytest.approx((10 + 4) / 26 / 0.1)
