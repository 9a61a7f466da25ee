"""Lines of made-up orders as numbers: who bought, when, how many and at what price."""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

# Two whole years, fixed: a demo that followed the clock would be another one every day.
FIRST_DAY = datetime(2022, 1, 1, tzinfo=UTC)
_DAYS = 730
_YEAR = 365
_DAY_MINUTES = 24 * 60
_SUNDAY = 6
_SUNDAY_WEIGHT = 0.15
_HOLIDAYS = (0, 358, 359)  # days of the year: 1 January, 25 and 26 December
_HOLIDAY_WEIGHT = 0.05
_PEAK_DAY, _PEAK_WEIGHT, _PEAK_WIDTH_DAYS = 330, 1.6, 32  # late November
_OPEN_MINUTE, _OPEN_MINUTES = 8 * 60, 12 * 60
_SUNDAY_OPEN_MINUTE, _SUNDAY_OPEN_MINUTES = 10 * 60, 6 * 60

COUNTRIES = ("United Kingdom", "Germany", "France", "Ireland", "Netherlands", "Spain", "Belgium", "Australia")
_COUNTRY_SHARES = (0.90, 0.025, 0.025, 0.015, 0.012, 0.010, 0.008, 0.005)
NOBODY = -1
_ORDERS_WITHOUT_CUSTOMER = 0.04
_CANCELLED = 0.018  # share of all lines
_MOST_DAYS_TO_CANCEL = 20

_ARTICLES = 800
_MEDIAN_PRICE, _PRICE_SPREAD, _TOP_PRICE = 240, 0.7, 5_000  # minor units; spread of the logarithm
_CUSTOMER_SPREAD, _ORDER_SPREAD, _LINE_SPREAD = 0.45, 0.3, 0.5  # of the logarithm of units in a line
_REGULARITY = 4.0  # shape of the gamma: how alike the order counts of one group are

_LINE = np.dtype([(name, np.int64) for name in ("customer", "country", "order", "minute", "quantity", "price")])


class _Group(NamedTuple):
    """Customers who buy alike; moments are shares of the two years, 0 to 1."""

    customers: int
    repeats: float  # mean orders after the first
    lines: float  # mean lines of an order
    units: float  # median units of a line
    joined: tuple[float, float]  # when the first of them begin, and the last
    left: tuple[float, float]  # when the first of them stop, and the last


_GROUPS = {
    "wholesalers": _Group(9, 50, 12, 24, (0.0, 0.2), (1.0, 1.0)),
    "loyal": _Group(280, 18, 5, 6, (0.0, 0.5), (1.0, 1.0)),
    "small budgets": _Group(640, 7, 3, 2, (0.0, 0.7), (0.9, 1.0)),
    "newcomers": _Group(420, 0.8, 4.5, 4, (0.88, 0.97), (1.0, 1.0)),
    "once, long ago": _Group(1_180, 0, 4, 3, (0.0, 0.5), (0.5, 0.7)),
    "lapsed": _Group(471, 8, 5, 7, (0.0, 0.2), (0.35, 0.7)),
}


def drawn(rng: np.random.Generator) -> NDArray[np.void]:
    """One row per line in the order of time, cancellations among them: customer, country, order, minute, quantity, price.

    Orders are numbered from 0, minutes from `FIRST_DAY`; a cancelled line has a negative quantity; prices are in minor units.
    """
    sales = _sales(rng)
    return _numbered(np.concatenate([sales, _cancellations(sales, rng)]))


def _sales(rng: np.random.Generator) -> NDArray[np.void]:
    """One row per line sold, sound: quantity in units, price in minor units, minute counted from the first day."""
    group = np.repeat(np.arange(len(_GROUPS)), [group.customers for group in _GROUPS.values()])
    habits = np.array([(group.repeats, group.lines, group.units) for group in _GROUPS.values()])[group]
    repeats, lines, units = habits.T
    orders = 1 + rng.poisson(rng.gamma(_REGULARITY, repeats / _REGULARITY))
    buyer = np.repeat(np.arange(len(group)), orders)
    minutes = _order_minutes(group, buyer, rng)
    # Shuffled: an id must not give its group away.
    customers = np.where(rng.random(len(buyer)) < _ORDERS_WITHOUT_CUSTOMER, NOBODY, rng.permutation(len(group))[buyer])
    countries = rng.choice(len(COUNTRIES), len(group), p=_COUNTRY_SHARES)
    size = units[buyer] * rng.lognormal(0, _CUSTOMER_SPREAD, len(group))[buyer] * rng.lognormal(0, _ORDER_SPREAD, len(buyer))
    order = np.repeat(np.arange(len(buyer)), 1 + rng.poisson(lines[buyer] - 1))
    sales = np.empty(len(order), dtype=_LINE)
    sales["order"], sales["minute"], sales["customer"] = order, minutes[order], customers[order]
    sales["country"] = countries[buyer[order]]
    sales["quantity"] = np.maximum(1, np.rint(size[order] * rng.lognormal(0, _LINE_SPREAD, len(order))))
    # Prices end in 5, as shops have them: 0.85, 2.95.
    articles = np.minimum(rng.lognormal(np.log(_MEDIAN_PRICE), _PRICE_SPREAD, _ARTICLES), _TOP_PRICE).astype(np.int64) // 10 * 10 + 5
    sales["price"] = rng.choice(articles, len(order))
    # Without an article column, two lines of one order at one price could look like a repeat that nobody meant.
    return sales[np.sort(np.unique(order * 2 * _TOP_PRICE + sales["price"], return_index=True)[1])]


def _order_minutes(group: Integers, buyer: Integers, rng: np.random.Generator) -> Integers:
    """Minute of each order since the first day, by the season and within the days that its buyer is around.

    Args:
        group: Position in `_GROUPS` of each customer.
        buyer: Position in `group` of each order's customer.
        rng: Where the chances come from.
    """
    windows = np.array([(*group.joined, *group.left) for group in _GROUPS.values()])[group] * (_DAYS - 1)
    joined = rng.uniform(windows[:, 0], windows[:, 1]).astype(np.int64)[buyer]
    left = rng.uniform(windows[:, 2], windows[:, 3]).astype(np.int64)[buyer]
    # The inverse of the cumulated season gives days in its proportion, for windows of any length at once.
    season = np.concatenate([[0.0], np.cumsum(_season())])
    days = np.searchsorted(season, rng.uniform(season[joined], season[left + 1]), side="right") - 1
    days = np.clip(days, joined, left)
    # The two years are covered to the day, whatever the seed.
    days[days.argmin()], days[days.argmax()] = 0, _DAYS - 1
    return _opening_minutes(days, rng)


def _season() -> Floats:
    """How busy each of the days is, 1 being a plain working day."""
    days = np.arange(_DAYS)
    busy = 1 + _PEAK_WEIGHT * np.exp(-(((days % _YEAR - _PEAK_DAY) / _PEAK_WIDTH_DAYS) ** 2))
    busy[_weekday(days) == _SUNDAY] *= _SUNDAY_WEIGHT
    busy[np.isin(days % _YEAR, _HOLIDAYS)] *= _HOLIDAY_WEIGHT
    return busy


def _opening_minutes(days: Integers, rng: np.random.Generator) -> Integers:
    """A minute of each day at which the shop is open, most of them around the middle, counted from the first day."""
    sunday = _weekday(days) == _SUNDAY
    opens = np.where(sunday, _SUNDAY_OPEN_MINUTE, _OPEN_MINUTE)
    length = np.where(sunday, _SUNDAY_OPEN_MINUTES, _OPEN_MINUTES)
    return days * _DAY_MINUTES + opens + (rng.beta(2, 2, len(days)) * length).astype(np.int64)


def _weekday(days: Integers) -> Integers:
    """Monday is 0, as in datetime."""
    return (days + FIRST_DAY.weekday()) % 7


def _cancellations(sales: NDArray[np.void], rng: np.random.Generator) -> NDArray[np.void]:
    """One row per cancelled line: a line of `sales` with its quantity negative, in an order of its own, days later."""
    day = sales["minute"] // _DAY_MINUTES
    in_time = np.flatnonzero(day + _MOST_DAYS_TO_CANCEL + 1 < _DAYS)
    count = round(len(sales) * _CANCELLED / (1 - _CANCELLED))
    chosen = rng.choice(in_time, count, replace=False)
    days = day[chosen] + rng.integers(1, _MOST_DAYS_TO_CANCEL, count, endpoint=True)
    days += _weekday(days) == _SUNDAY  # nobody works them off on a Sunday
    cancelled: NDArray[np.void] = sales[chosen]
    cancelled["quantity"] *= -1
    cancelled["order"] = sales["order"].max() + 1 + np.arange(count)
    cancelled["minute"] = _opening_minutes(days, rng)
    return cancelled


def _numbered(lines: NDArray[np.void]) -> NDArray[np.void]:
    """The same lines in the order of time, orders numbered so from 0; those of one minute as they were."""
    ordered = lines[np.lexsort((lines["order"], lines["minute"]))]
    ordered["order"] = np.cumsum(np.diff(ordered["order"], prepend=ordered["order"][:1]) != 0)
    return ordered
