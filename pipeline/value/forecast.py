"""What customers are expected to order and spend in the days to come, and between which bounds.

Given that a customer is active, what is known of their rate (gamma: r + x, alpha + T) and of their leaving (beta: a, b + x) is independent
of each other. At least n further orders come of a Poisson process that reaches n within the horizon, and of not having left at the n - 1
orders before; so the distribution of orders has a closed form, and its mean is that of equation 10 of the paper. The sum of n orders,
over what the model of spend knows of the customer (v + their spend), is beta prime (p n, q + p times their orders): the distribution of
spend is a mixture of these. Nothing is simulated.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, gammaln
from scipy.stats import nbinom

from pipeline.value.purchases import Past, Purchases
from pipeline.value.spend import Spend

# The share of customers whom the bounds are meant to hold; as many are above as below.
INTERVAL = 0.8
# What is left of a distribution where its sums stop.
_TAIL = 1e-7
# Amounts at which the distribution of spend is worked out, evenly on a log scale; between them lines are drawn.
_GRID = 128
# What customers share is kept of those with fewer repeat orders, of whom there are many; of others, each time larger, it is made again.
_KEPT = 200
# Numbers that are held at a time.
_HELD = 500_000


@dataclass(frozen=True)
class Model:
    """Both models."""

    purchases: Purchases
    spend: Spend


@dataclass(frozen=True)
class Ahead:
    """Of each customer, within a horizon: arrays of shape (customers,); money in major units, bounds by `INTERVAL`."""

    orders: np.ndarray
    orders_low: np.ndarray
    orders_high: np.ndarray
    spend: np.ndarray
    spend_low: np.ndarray
    spend_high: np.ndarray


class Forecast:
    """Looks ahead; keeps what customers of the same number of orders share, where these are not too many."""

    def __init__(self, model: Model, *, longest: int) -> None:
        """Use a model for horizons of at most `longest` days."""
        self.model = model
        self._longest = longest
        self._ratios: dict[int, _Ratios] = {}

    def ahead(self, past: Past, spend: np.ndarray, *, days: int) -> Ahead:
        """What is expected of customers in the next `days` days.

        Args:
            past: Their orders.
            spend: What these came to; below 0 counts as nothing.
            days: The horizon.
        """
        spend = np.maximum(spend, 0.0)
        found = np.empty((6, len(spend)))
        active = self.model.purchases.active(past)
        for repeats, rows in _alike(past):
            ratios = self._shared(repeats)
            for part in self._parts(repeats, rows, past.known_days, days):
                found[:, part] = self._of(repeats, ratios, past.known_days[part], active[part], days)
        # So far in the customer's own measure.
        found[3] = found[0] * self.model.spend.per_order(past.repeats + 1, spend)
        found[4:] *= self.model.spend.v + spend
        return Ahead(*found)

    def _shared(self, repeats: int) -> "_Ratios":
        found = self._ratios.get(repeats) or _Ratios(self.model.spend, repeats + 1, self._most(repeats, 0.0, self._longest))
        if repeats < _KEPT:
            self._ratios[repeats] = found
        return found

    def _most(self, repeats: int, known_days: float, days: int) -> int:
        """So many orders that more are next to impossible."""
        ours = self.model.purchases
        known = ours.alpha + known_days
        return int(nbinom.isf(_TAIL, ours.r + repeats, known / (known + days))) + 2

    def _parts(self, repeats: int, rows: np.ndarray, known_days: np.ndarray, days: int) -> Iterator[np.ndarray]:
        """Customers of the same number of orders a part at a time: those known for longer need fewer orders to be looked at."""
        size = _HELD // max(_GRID, self._most(repeats, float(known_days[rows].min()), days)) or 1
        in_order = rows[np.argsort(known_days[rows], kind="stable")]
        yield from (in_order[start : start + size] for start in range(0, len(rows), size))

    def _of(self, repeats: int, ratios: "_Ratios", known_days: np.ndarray, active: np.ndarray, days: int) -> np.ndarray:
        """Expected orders and their bounds, nothing, and the bounds of spend over what is known of it; shape (6, customers)."""
        # Customers who are known for as long differ in nothing but whether they are active.
        different, place = np.unique(known_days, return_inverse=True)
        if_active = self._if_active(repeats, different, days)
        exactly = if_active - np.hstack([if_active[:, 1:], np.zeros((len(different), 1))])
        more = if_active[:, :1] - exactly @ ratios.below(if_active.shape[1])
        at_least, below = active[:, None] * if_active[place], 1 - active[:, None] * more[place]
        beyond = (1 - INTERVAL) / 2
        return np.stack(
            [
                at_least.sum(axis=1),
                (at_least > 1 - beyond).sum(axis=1),
                (at_least > beyond).sum(axis=1),
                np.zeros(len(at_least)),
                _quantile(below, ratios.grid, beyond, nothing=1 - at_least[:, 0]),
                _quantile(below, ratios.grid, 1 - beyond, nothing=1 - at_least[:, 0]),
            ]
        )

    def _if_active(self, repeats: int, known_days: np.ndarray, days: int) -> np.ndarray:
        """Of whoever is active, the probability of at least 1, 2 and so on further orders, shape (customers, as many as may come)."""
        ours, x = self.model.purchases, repeats
        known, shape = ours.alpha + known_days, ours.r + repeats
        most = self._most(repeats, float(known_days.min()), days)
        n = np.arange(most)
        among = gammaln(shape + n) - gammaln(shape) - gammaln(n + 1)
        share = days / (known + days)
        exactly = np.exp(among + shape * np.log1p(-share)[:, None] + n * np.log(share)[:, None])
        reached = np.maximum(1 - np.cumsum(exactly, axis=1), 0.0)
        # Of 1, 2 and so on orders: not to have left at those before.
        stayed = gammaln(ours.b + x + n) - gammaln(ours.b + x) + gammaln(ours.a + ours.b + x) - gammaln(ours.a + ours.b + x + n)
        return np.asarray(np.exp(stayed) * reached)


class _Ratios:
    """How the sums of 1, 2 and so on orders are distributed, over what is known of the customer's spend."""

    def __init__(self, spend: Spend, orders: int, most: int) -> None:
        self._p, self._rest = spend.p, spend.q + spend.p * orders
        edges = betaincinv(np.array([self._p, self._p * most]), self._rest, np.array([1e-5, 1 - 1e-5]))
        # A share of 1 would be an endless sum.
        low, high = np.log(edges) - np.log1p(-np.minimum(edges, 1 - 1e-12))
        self.grid = np.linspace(low, high, _GRID)
        self._below = np.empty((0, _GRID))

    def below(self, most: int) -> np.ndarray:
        """The probability that so many orders come to no more than each amount of the grid, shape (most, amounts)."""
        there = len(self._below)
        if most > there:
            n = np.arange(there, most)[:, None] + 1
            more = betainc(self._p * n, self._rest, 1 / (1 + np.exp(-self.grid)))
            self._below = np.vstack([self._below, more])
        return self._below[:most]


def _alike(past: Past) -> Iterator[tuple[int, np.ndarray]]:
    """Customers of the same number of orders: repeat orders, and places."""
    order = np.argsort(past.repeats, kind="stable")
    numbers, starts = np.unique(past.repeats[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)


def _quantile(below: np.ndarray, grid: np.ndarray, share: float, *, nothing: np.ndarray) -> np.ndarray:
    """The amount that a share of outcomes does not exceed; 0 where so many are nothing at all."""
    at = np.clip((below < share).sum(axis=1), 1, len(grid) - 1)
    rows = np.arange(len(below))
    before, after = below[rows, at - 1], below[rows, at]
    part = np.clip((share - before) / np.maximum(after - before, np.finfo(float).tiny), 0.0, 1.0)
    return np.asarray(np.where(nothing >= share, 0.0, np.exp(grid[at - 1] + part * (grid[at] - grid[at - 1]))))
