"""BG/NBD: how often customers order while they are active, and when they cease to be.

Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model", Marketing Science 24(2).
While active, a customer orders at random at a rate of their own, gamma distributed (r, alpha) among customers. After every repeat order
they leave with a probability of their own, beta distributed (a, b). Units are days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from pipeline.value.likelihood import NoFitError, maximise

# Fewer who came back do not tell four parameters.
LEAST = 50
NAMES = ("r", "alpha", "a", "b")


@dataclass(frozen=True)
class Past:
    """All that the model knows of customers, arrays of shape (customers,).

    Attributes:
        repeats: Orders after the first one, integers.
        active_days: Days from the first order to the last.
        known_days: Days from the first order to the day that is looked ahead from, at least `active_days`.
    """

    repeats: np.ndarray
    active_days: np.ndarray
    known_days: np.ndarray


@dataclass(frozen=True)
class Purchases:
    """The fitted model; names are those of the paper, time in days."""

    r: float
    alpha: float
    a: float
    b: float

    def active(self, past: Past) -> np.ndarray:
        """The probability that each customer is still active, shape (customers,); 1 for whoever has one order."""
        still, gone = _still_and_gone(np.array([self.r, self.alpha, self.a, self.b]), past)
        return np.asarray(np.exp(still - np.logaddexp(still, gone)))


def fit(past: Past) -> Purchases:
    """The parameters of the largest likelihood.

    Begun from three points of the scale of the data: much dropping out, little of it, and hardly any.

    Raises:
        NoFitError: If too few customers came back, or no parameters fit best.
    """
    came_back = int((past.repeats > 0).sum())
    if came_back < LEAST:
        raise NoFitError(f"At least {LEAST} customers who ordered more than once are needed, and these orders have {came_back:,}.")
    days = float(past.known_days.mean()) or 1.0
    starts = [(1.0, days, 1.0, 1.0), (0.3, days / 5, 0.5, 2.0), (1.0, days / 2, 0.1, 5.0)]
    return Purchases(*maximise(lambda values: log_likelihood(values, past), starts, "The model of orders (BG/NBD)").tolist())


def log_likelihood(values: np.ndarray, past: Past) -> tuple[float, np.ndarray]:
    """The mean log-likelihood per customer, and its derivatives by r, alpha, a and b.

    The sum of section 4.3 of the paper, each factor as a logarithm, so that no number of orders overflows.

    Args:
        values: r, alpha, a, b.
        past: At least one customer.
    """
    r, alpha, a, b = values.tolist()
    x = past.repeats
    # Customers have few different numbers of orders, and functions of these are slow.
    n = np.arange(x.max() + 1)
    rate = (gammaln(r + n) - gammaln(r) + r * np.log(alpha))[x]
    leaving = (gammaln(a + b) + gammaln(b + n) - gammaln(b) - gammaln(a + b + n))[x]
    still, gone = _still_and_gone(values, past)
    both = np.logaddexp(still, gone)
    # Of the likelihood, the share of those who are still active; the rest is of those who left after their last order.
    active = np.exp(still - both)
    left = 1 - active
    after, at_last = alpha + past.known_days, alpha + past.active_days
    slopes = (
        (digamma(r + n) - digamma(r) + np.log(alpha))[x] - active * np.log(after) - left * np.log(at_last),
        r / alpha - (r + x) * (active / after + left / at_last),
        (digamma(a + b) - digamma(a + b + n))[x] + left / a,
        (digamma(a + b) - digamma(a + b + n) + digamma(b + n) - digamma(b))[x] - left / (b + np.maximum(x, 1) - 1),
    )
    return float((rate + leaving + both).mean()), np.array([slope.mean() for slope in slopes])


def _still_and_gone(values: np.ndarray, past: Past) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the two ways to have ordered as they did: being active to this day, and having left after the last order."""
    r, alpha, a, b = values.tolist()
    x = past.repeats
    still = -(r + x) * np.log(alpha + past.known_days)
    # Nobody leaves after a first order: the model has it so.
    gone = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + past.active_days), -np.inf)
    return still, gone
