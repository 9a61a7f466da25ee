"""Rules as bounds on features: whom they cover, and how they are put so that people can read them."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Bound:
    """What a rule asks of one feature, raw, both ends included; infinite where it asks nothing."""

    feature: str
    least: float = -np.inf
    most: float = np.inf


Rule = tuple[Bound, ...]


def covered(features: pd.DataFrame, rule: Rule) -> np.ndarray:
    """For whom all bounds of a rule hold, shape (customers,)."""
    holds = np.ones(len(features), dtype="bool")
    for bound in rule:
        holds &= features[bound.feature].between(bound.least, bound.most).to_numpy()
    return holds


def merged(bounds: Rule, features: pd.DataFrame) -> Rule:
    """The same customers covered in fewer words: one bound per feature, none that changes nothing, each the roundest number there is.

    Args:
        bounds: One-sided, on values that customers have; those that come later are narrower.
        features: Shape (customers, features), raw units.
    """
    whom = covered(features, bounds)
    needed = list(bounds)
    for bound in bounds:
        others = [other for other in needed if other is not bound]
        if (covered(features, tuple(others)) == whom).all():
            needed = others
    found = []
    for name in dict.fromkeys(bound.feature for bound in needed):
        least = max(bound.least for bound in needed if bound.feature == name)
        most = min(bound.most for bound in needed if bound.feature == name)
        found.append(_rounded(Bound(name, least, most), features[name].to_numpy()))
    return tuple(found)


def _rounded(bound: Bound, values: np.ndarray) -> Bound:
    least, most = bound.least, bound.most
    if np.isfinite(least):
        least = roundest(least, float(values[values < least].max()))
    if np.isfinite(most):
        most = roundest(most, float(values[values > most].min()))
    return Bound(bound.feature, least, most)


def roundest(inside: float, outside: float) -> float:
    """Of the numbers from `inside` on, short of `outside`, one of the fewest digits."""
    exact, rounding = Decimal(repr(inside)), ROUND_CEILING if outside > inside else ROUND_FLOOR
    finest = int(exact.as_tuple().exponent)
    coarsest = max(exact.adjusted(), Decimal(repr(outside)).adjusted()) + 1
    for exponent in range(coarsest, finest, -1):
        rounded = float(exact.quantize(Decimal(1).scaleb(exponent), rounding)) + 0.0  # not -0
        if inside <= rounded < outside or outside < rounded <= inside:
            return rounded
    return inside
