"""What a campaign did: those contacted beside a control group drawn at random, with 95 % confidence intervals."""

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
_UPPER = (1 + CONFIDENCE) / 2


@dataclass(frozen=True)
class Estimate:
    """A figure of one group, and the interval that it is believed to lie in."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """What contacting customers changed.

    Attributes:
        contact: The figure of those contacted.
        control: The same of the control group.
        difference: Contact less control.
        low: Lower end of the interval of the difference; None where there is none.
        high: Its upper end.
        relative: The difference as a share of the control group's figure; None where that is not above 0, where the figure of those
            contacted is below 0, and where there is no interval.
        relative_low: Lower end of the interval of that; None where there is none.
        relative_high: Its upper end; None where nothing bounds it.
    """

    contact: float
    control: float
    difference: float
    low: float | None = None
    high: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None


def proportions(converted: int, contacted: int, control_converted: int, control: int) -> Effect:
    """The effect on the share of customers who convert.

    The interval of the difference is method 10 of Newcombe (1998, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17), which joins the intervals of Wilson (1927) of both groups.

    Args:
        converted: Of those contacted.
        contacted: How many were; at least one.
        control_converted: Of the control group.
        control: How many it holds; at least one.
    """
    return _effect(wilson(converted, contacted), wilson(control_converted, control))


def wilson(count: int, of: int) -> Estimate:
    """A share with its interval (Wilson 1927, "Probable inference", Journal of the American Statistical Association 22)."""
    z = NormalDist().inv_cdf(_UPPER)
    share = count / of
    middle, half = 2 * count + z**2, z * math.sqrt(z**2 + 4 * count * (1 - share))
    # Rounding must not set an end beyond what it is the end of.
    low, high = (middle - half) / (2 * (of + z**2)), (middle + half) / (2 * (of + z**2))
    return Estimate(share, 0.0 if count == 0 else min(low, share), 1.0 if count == of else max(high, share))


@dataclass(frozen=True)
class Spend:
    """What the customers of a group spent: how many they are, their mean, and their sample variance."""

    customers: int
    mean: float
    variance: float


def means(contact: Spend, control: Spend) -> Effect:
    """The effect on spend per customer: intervals of Welch (1947, "The generalization of 'Student's' problem", Biometrika 34).

    Without two customers in each group, or where nobody differs from others of the group, there is no interval.
    """
    errors = [group.variance / group.customers for group in (contact, control)]
    if min(contact.customers, control.customers) < 2 or not sum(errors) > 0:
        return Effect(contact.mean, control.mean, contact.mean - control.mean)
    from scipy.special import stdtrit

    # Welch and Satterthwaite's degrees of freedom.
    freedom = sum(errors) ** 2 / sum(error**2 / (group.customers - 1) for error, group in zip(errors, (contact, control), strict=True))
    quantile = float(stdtrit(freedom, _UPPER))
    halves = [quantile * math.sqrt(error) for error in errors]
    return _effect(
        *(Estimate(group.mean, group.mean - half, group.mean + half) for group, half in zip((contact, control), halves, strict=True))
    )


def _effect(contact: Estimate, control: Estimate) -> Effect:
    """Difference and ratio of two estimates, from the interval of each (Donner and Zou 2012, Statistical Methods in Medical Research 21).

    The ratio's interval holds 1 just where that of the difference holds 0.
    """
    difference = contact.value - control.value
    low = difference - math.hypot(contact.value - contact.low, control.high - control.value)
    high = difference + math.hypot(contact.high - contact.value, control.value - control.low)
    found = Effect(contact.value, control.value, difference, low, high)
    if control.value <= 0 or contact.value < 0:
        return found
    lowest = _ratio(contact.value, control.value, contact.value - contact.low, control.high - control.value, -1)
    highest = _ratio(contact.value, control.value, contact.high - contact.value, control.value - control.low, +1)
    return Effect(
        found.contact,
        found.control,
        difference,
        low,
        high,
        difference / control.value,
        None if lowest is None else lowest - 1,
        None if highest is None else highest - 1,
    )


def _ratio(first: float, second: float, first_half: float, second_half: float, side: int) -> float | None:
    """The r at which the interval of first - r * second ends at 0, below (-1) or above (+1) first / second; None where there is none."""
    square, product, rest = second**2 - second_half**2, first * second, first**2 - first_half**2
    root = product**2 - square * rest
    if root < 0:
        return None
    if side > 0:
        return (product + math.sqrt(root)) / square if square > 0 else None
    # The smaller root, in the form that holds where `square` is not above 0 as well.
    divisor = product + math.sqrt(root)
    return rest / divisor if divisor > 0 else 0.0
