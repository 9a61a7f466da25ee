"""What is foretold is what the paper says, and what customers who behave as the model says do."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from pipeline.value import forecast
from pipeline.value.forecast import Ahead, Forecast, Model
from pipeline.value.purchases import Past, Purchases
from tests.value import simulated
from tests.value.test_purchases import pasts
from tests.value.test_spend import models as spends

MODEL = Model(simulated.PURCHASES, simulated.SPEND)
# Away from a = 1, where the formula of the paper divides by nothing, and with no heavier tails than orders have.
purchases = st.builds(Purchases, st.floats(0.3, 5), st.floats(5, 200), st.floats(0.1, 0.9) | st.floats(1.1, 5), st.floats(0.5, 10))


def look(past: Past, spend: np.ndarray, days: int, model: Model = MODEL) -> Ahead:
    return Forecast(model, longest=365).ahead(past, spend, days=days)


def paid(past: Past) -> np.ndarray:
    return 20.0 * (past.repeats + 1)


@given(purchases, spends, pasts(most=20), st.integers(1, 365))
@example(Purchases(1.0, 5.0, 0.5, 0.5), simulated.SPEND, Past(np.array([0]), np.array([0]), np.array([1])), 1)
def test_expected_orders_are_those_of_the_papers_equation_ten(ours: Purchases, spend: object, past: Past, days: int) -> None:
    assert isinstance(spend, type(simulated.SPEND))
    r, alpha, a, b, x = ours.r, ours.alpha, ours.a, ours.b, past.repeats
    known = alpha + past.known_days
    # The formula has a limit where this is 0, and no value.
    c = np.where(np.abs(a + b + x - 1) < 1e-9, 1e-9, a + b + x - 1)
    hyper = hyp2f1(r + x, b + x, c, days / (known + days))
    expected = c / (a - 1) * (1 - (known / (known + days)) ** (r + x) * hyper) * ours.active(past)
    found = look(past, paid(past), days, Model(ours, spend)).orders
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(pasts(), st.integers(1, 200), st.integers(1, 165))
def test_more_days_bring_more_and_bounds_surround_each_other(past: Past, days: int, longer: int) -> None:
    sooner, later = look(past, paid(past), days), look(past, paid(past), days + longer)
    assert (sooner.orders <= later.orders + 1e-6).all()
    assert (sooner.spend <= later.spend + 1e-3).all()
    for found in (sooner, later):
        assert (found.orders_low <= found.orders_high).all()
        assert (found.spend_low <= found.spend_high).all()
        assert ((found.orders_low == 0) | (found.spend_low > 0)).all()


@given(pasts())
def test_expected_spend_is_expected_orders_times_what_an_order_is_worth(past: Past) -> None:
    found = look(past, paid(past), 180)
    assert found.spend == pytest.approx(found.orders * simulated.SPEND.per_order(past.repeats + 1, paid(past)))


@given(pasts(most=6))
def test_customers_do_not_depend_on_each_other(past: Past) -> None:
    together = look(past, paid(past), 365)
    for at in range(len(past.repeats)):
        one = Past(*(values[at : at + 1] for values in vars(past).values()))
        for name, values in vars(look(one, paid(one), 365)).items():
            assert values[0] == pytest.approx(getattr(together, name)[at], rel=1e-5, abs=1e-5), name


def test_what_is_kept_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    repeats = np.arange(0, 600, 3)
    past = Past(repeats, np.minimum(repeats, 400), np.full(len(repeats), 500))
    keeping = Forecast(MODEL, longest=365)
    kept = [keeping.ahead(past, paid(past), days=days) for days in (90, 365)]
    assert len(keeping._ratios) == len(range(0, forecast._KEPT, 3))
    monkeypatch.setattr(forecast, "_KEPT", 0)
    for days, one in zip((90, 365), kept, strict=True):
        for name, values in vars(look(past, paid(past), days)).items():
            assert np.array_equal(values, getattr(one, name)), name


@pytest.mark.parametrize("row", [(0, 0, 30), (2, 150, 400), (12, 600, 640), (150, 700, 705)])
def test_outcomes_drawn_from_the_model_have_its_means_and_bounds(row: tuple[int, int, int]) -> None:
    dice, ours, count = np.random.default_rng(1), simulated.PURCHASES, 200_000
    past = Past(*(np.array([value]) for value in row))
    repeats, _, known_days = row
    spend = paid(past)
    found = look(past, spend, 365)
    ordered = dice.poisson(dice.gamma(ours.r + repeats, 1 / (ours.alpha + known_days), count) * 365)
    leaves = dice.geometric(dice.beta(ours.a, ours.b + repeats, count))
    orders = np.where(dice.random(count) < ours.active(past)[0], np.minimum(ordered, leaves), 0)
    money = simulated.SPEND
    own = dice.gamma(money.q + money.p * (repeats + 1), 1 / (money.v + spend[0]), count)
    spent = np.where(orders > 0, dice.gamma(np.maximum(money.p * orders, 1e-9), 1 / own), 0.0)
    assert found.orders[0] == pytest.approx(orders.mean(), rel=0.02)
    assert found.spend[0] == pytest.approx(spent.mean(), rel=0.03)
    drawn = np.quantile(orders, [0.1, 0.9])
    assert abs(found.orders_low[0] - drawn[0]) <= 1
    assert abs(found.orders_high[0] - drawn[1]) <= 1
    assert [found.spend_low[0], found.spend_high[0]] == pytest.approx(np.quantile(spent, [0.1, 0.9]), rel=0.03, abs=1.0)
