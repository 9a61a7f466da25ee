"""The parameters that the authors published are found again, and what they do not say holds as a law."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.value import known, purchases
from pipeline.value.likelihood import NoFitError
from pipeline.value.purchases import Past, Purchases
from tests.value import simulated

parameter = st.floats(0.05, 20)
models = st.builds(Purchases, parameter, st.floats(1, 200), parameter, parameter)


@st.composite
def pasts(draw: st.DrawFn, most: int = 40) -> Past:
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        days, repeats = draw(st.integers(1, 900)), draw(st.integers(0, most))
        rows.append((repeats, draw(st.integers(0, days)) if repeats else 0, days))
    return Past(*np.array(rows).T)


def values(model: Purchases) -> np.ndarray:
    return np.array([model.r, model.alpha, model.a, model.b])


def directly(model: Purchases, repeats: int, active_days: float, known_days: float) -> float:
    """Equation 6 of the paper for one customer, as it stands."""
    r, alpha, a, b = values(model).tolist()
    beta = math.gamma(a) * math.gamma(b) / math.gamma(a + b)
    rate = math.gamma(r + repeats) * alpha**r / math.gamma(r)

    def weight(more: int, less: int) -> float:
        return math.gamma(a + more) * math.gamma(b + repeats - less) / math.gamma(a + b + repeats + more - less) / beta

    found = weight(0, 0) * rate / (alpha + known_days) ** (r + repeats)
    return found + (weight(1, 1) * rate / (alpha + active_days) ** (r + repeats) if repeats else 0.0)


def test_the_published_parameters_of_cdnow_are_found_within_one_percent() -> None:
    found = purchases.fit(simulated.cdnow_past())
    assert values(found) == pytest.approx([0.243, 4.414, 0.793, 2.426], rel=0.01)


@given(models, pasts(most=12))
def test_the_likelihood_is_that_of_the_paper(model: Purchases, past: Past) -> None:
    expected = [math.log(directly(model, *row)) for row in zip(past.repeats, past.active_days, past.known_days, strict=True)]
    assert purchases.log_likelihood(values(model), past)[0] == pytest.approx(np.mean(expected), rel=1e-9, abs=1e-9)


@given(models, pasts())
def test_its_derivatives_are_its_slopes(model: Purchases, past: Past) -> None:
    at = values(model)
    _, slopes = purchases.log_likelihood(at, past)
    for place, slope in enumerate(slopes):
        step = np.zeros(4)
        step[place] = 1e-5 * at[place]
        rise = purchases.log_likelihood(at + step, past)[0] - purchases.log_likelihood(at - step, past)[0]
        assert rise / (2 * step[place]) == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_thousands_of_orders_do_not_overflow() -> None:
    value, slopes = purchases.log_likelihood(np.array([0.6, 47.0, 0.2, 2.8]), Past(np.array([5000]), np.array([700]), np.array([720])))
    assert np.isfinite([value, *slopes]).all()


@given(models, st.integers(1, 900))
def test_whoever_ordered_once_is_active_for_sure(model: Purchases, days: int) -> None:
    assert model.active(Past(np.array([0]), np.array([0]), np.array([days])))[0] == 1.0


@given(models, pasts(), st.integers(1, 400))
def test_the_longer_the_silence_the_less_likely_active(model: Purchases, past: Past, longer: int) -> None:
    now, later = model.active(past), model.active(Past(past.repeats, past.active_days, past.known_days + longer))
    assert ((now >= 0) & (now <= 1)).all()
    assert (later <= now).all()


def test_the_parameters_of_simulated_customers_are_recovered() -> None:
    frame = simulated.known(simulated.orders(6000))
    found = purchases.fit(known.past(frame, simulated.END))
    assert values(found) == pytest.approx(values(simulated.PURCHASES), rel=0.2)


def test_too_few_who_came_back_are_no_model() -> None:
    once = Past(np.array([1] * 49 + [0] * 500), np.array([9] * 49 + [0] * 500), np.full(549, 90))
    with pytest.raises(NoFitError, match=r"^At least 50 customers who ordered more than once are needed, and these orders have 49\.$"):
        purchases.fit(once)


def test_customers_who_never_leave_are_all_active() -> None:
    never = Purchases(0.6, 45.0, 1.0, 1e5)
    past = known.past(simulated.known(simulated.orders(1500, purchases=never)), simulated.END)
    found = purchases.fit(past)
    assert (found.r, found.alpha) == pytest.approx((never.r, never.alpha), rel=0.2)
    assert found.active(past).min() > 0.95


def test_customers_who_are_all_alike_are_foretold_alike() -> None:
    alike = Past(np.full(200, 5), np.full(200, 100), np.full(200, 101))
    assert np.isfinite(purchases.fit(alike).active(alike)).all()
