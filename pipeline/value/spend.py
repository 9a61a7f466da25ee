"""Gamma-Gamma: what an order of a customer is worth.

Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", after Colombo and Jiang (1999). Orders of a customer are gamma
distributed (p, nu) around a mean of their own, whose nu is gamma distributed (q, v) among customers; how much is spent has nothing to do
with how often.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from pipeline.value.likelihood import NoFitError, maximise

NAMES = ("p", "q", "v")


@dataclass(frozen=True)
class Spend:
    """The fitted model; names are those of the note (its gamma is v), money in major units."""

    p: float
    q: float
    v: float

    def per_order(self, orders: np.ndarray, spend: np.ndarray) -> np.ndarray:
        """The expected mean spend of each customer's orders, shape (customers,).

        Args:
            orders: How many are known, at least one each.
            spend: What they came to in all, not below 0.
        """
        return np.asarray(self.p * (self.v + spend) / (self.p * orders + self.q - 1))


def fit(orders: np.ndarray, spend: np.ndarray) -> Spend:
    """The parameters of those who ordered more than once: only they tell how much orders of one customer differ.

    Args:
        orders: Of each customer.
        spend: What they came to; customers of whom it is not above 0 are left out.

    Raises:
        NoFitError: As `fitted` says, or if nobody is left.
    """
    told = (orders > 1) & (spend > 0)
    if not told.any():
        raise NoFitError("Nobody who ordered more than once spent anything.")
    return fitted(orders[told].astype("float64"), spend[told].astype("float64"))


def fitted(orders: np.ndarray, spend: np.ndarray) -> Spend:
    """The parameters of the largest likelihood.

    Args:
        orders: Of each customer, at least one customer.
        spend: What they came to, above 0.

    Raises:
        NoFitError: If no parameters fit best, or those that do leave an order without a mean.
    """
    # In units of its mean, so that the currency does not matter.
    mean = float((spend / orders).mean())
    starts = [(1.0, 1.0, 1.0), (5.0, 4.0, 0.5), (2.0, 3.0, 2.0)]
    found = maximise(lambda values: log_likelihood(values, orders, spend / mean), starts, "The model of spend (Gamma-Gamma)")
    model = Spend(*(found * [1.0, 1.0, mean]).tolist())
    if model.p + model.q <= 1:
        raise NoFitError("The model of spend (Gamma-Gamma) leaves what an order is worth without a mean: a few orders hold nearly all.")
    return model


def log_likelihood(values: np.ndarray, orders: np.ndarray, spend: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean log-likelihood per customer of what their orders cost on average, and its derivatives by p, q and v.

    Equation 1a of the note.

    Args:
        values: p, q, v.
        orders: Of each customer, at least one customer.
        spend: What they came to, above 0.
    """
    p, q, v = values.tolist()
    shape, total = p * orders, v + spend
    value = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(spend) - (shape + q) * np.log(total)
    # The density is of the mean, not of the total: log(n) more.
    value += np.log(orders) - np.log(spend)
    slopes = (
        orders * (digamma(shape + q) - digamma(shape) + np.log(spend) - np.log(total)),
        digamma(shape + q) - digamma(q) + np.log(v) - np.log(total),
        q / v - (shape + q) / total,
    )
    return float(value.mean()), np.array([slope.mean() for slope in slopes])
