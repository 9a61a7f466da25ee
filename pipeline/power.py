"""What a campaign could show, before it is sent: the smallest lift that would most likely be found."""

import math
from statistics import NormalDist

POWER = 0.8
_SIGNIFICANCE = 0.05
_STEPS = 60


def smallest_lift(contacted: int, control: int, rate: float) -> float | None:
    """The least rise of a conversion rate that is found in four campaigns of five, in a two-sided test at 5 %.

    The sample size formula without correction for continuity of Fleiss, Levin and Paik (2003, Statistical Methods for Rates and
    Proportions, section 4.2, and 4.3 for groups of different sizes), solved for the difference.

    Args:
        contacted: Customers who are contacted.
        control: Customers of the control group.
        rate: The share that converts without being contacted, 0 to 1.

    Returns:
        A difference of shares, 0 to 1; None if no rise at all would be found so surely.
    """
    if min(contacted, control) < 1 or not is_found(contacted, control, rate, 1 - rate):
        return None
    low, high = 0.0, 1 - rate
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(contacted, control, rate, middle) else (middle, high)
    return high


def is_found(contacted: int, control: int, rate: float, difference: float) -> bool:
    """Whether a rise of a conversion rate is large enough to be found in four campaigns of five."""
    normal = NormalDist()
    risen = rate + difference
    together = (contacted * risen + control * rate) / (contacted + control)
    unrelated = math.sqrt(together * (1 - together) * (1 / contacted + 1 / control))
    own = math.sqrt(risen * (1 - risen) / contacted + rate * (1 - rate) / control)
    return difference > 0 and difference >= normal.inv_cdf(1 - _SIGNIFICANCE / 2) * unrelated + normal.inv_cdf(POWER) * own
