"""The parameters that the note gives are found again, and an order is worth something between one's own mean and everybody's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from pipeline.value import spend
from pipeline.value.likelihood import NoFitError
from pipeline.value.spend import Spend
from tests.value import simulated

models = st.builds(Spend, st.floats(0.5, 10), st.floats(1.5, 10), st.floats(1, 1000))


def test_the_published_parameters_of_cdnow_are_found_within_one_percent() -> None:
    frame = simulated.cdnow()
    paid = frame[frame["z"] > 0]
    # All of these are repeat buyers, also those of one repeat purchase, whom the note counts in.
    found = spend.fitted(paid["x"].to_numpy(), (paid["x"] * paid["z"]).to_numpy())
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)


@given(models, st.integers(1, 8), st.floats(1, 5000))
def test_the_likelihood_mixes_gamma_distributions(model: Spend, orders: int, total: float) -> None:
    shape = model.p * orders

    def density(nu: float) -> float:
        mixed = model.q * math.log(model.v) - math.lgamma(model.q) + (model.q - 1) * math.log(nu) - model.v * nu
        own = shape * math.log(nu * orders) - math.lgamma(shape) + (shape - 1) * math.log(total / orders) - nu * total
        return math.exp(mixed + own)

    peak = (shape + model.q) / (model.v + total)
    slow, _ = integrate.quad(density, 0, 20 * peak, points=[peak], limit=200, epsabs=0)
    value, _ = spend.log_likelihood(np.array([model.p, model.q, model.v]), np.array([orders]), np.array([total]))
    assert value == pytest.approx(math.log(slow), rel=1e-4, abs=1e-4)


@given(models, st.integers(1, 8), st.floats(1, 5000))
def test_its_derivatives_are_its_slopes(model: Spend, orders: int, total: float) -> None:
    at = np.array([model.p, model.q, model.v])
    known = np.array([orders]), np.array([total])
    _, slopes = spend.log_likelihood(at, *known)
    for place, slope in enumerate(slopes):
        step = np.zeros(3)
        step[place] = 1e-5 * at[place]
        rise = spend.log_likelihood(at + step, *known)[0] - spend.log_likelihood(at - step, *known)[0]
        assert rise / (2 * step[place]) == pytest.approx(slope, rel=1e-4, abs=1e-5)


@given(models, st.integers(1, 50), st.floats(0, 5000))
def test_an_order_is_worth_something_between_everybodys_mean_and_the_own(model: Spend, orders: int, total: float) -> None:
    everybody, own = model.p * model.v / (model.q - 1), total / orders
    found = model.per_order(np.array([orders]), np.array([total]))[0]
    assert min(everybody, own) * (1 - 1e-9) <= found <= max(everybody, own) * (1 + 1e-9)


def test_the_parameters_of_simulated_customers_are_recovered() -> None:
    frame = simulated.known(simulated.orders(6000))
    found, true = spend.fit(frame["orders"].to_numpy(), frame["monetary"].to_numpy()), simulated.SPEND
    assert (found.p, found.q, found.v) == pytest.approx((true.p, true.q, true.v), rel=0.15)


def test_the_currency_does_not_matter() -> None:
    frame = simulated.known(simulated.orders(800))
    pounds, yen = (spend.fit(frame["orders"].to_numpy(), frame["monetary"].to_numpy() * rate) for rate in (1.0, 1e4))
    assert (yen.p, yen.q, yen.v) == pytest.approx((pounds.p, pounds.q, 1e4 * pounds.v), rel=1e-6)


def test_customers_who_got_everything_free_tell_nothing() -> None:
    with pytest.raises(NoFitError, match=r"^Nobody who ordered more than once spent anything\.$"):
        spend.fit(np.array([1, 4]), np.array([9.0, 0.0]))
