"""The ways in which a single feature of a customer can change, step by step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.settings import Dataset, TransactionsDataset

# Steps of a measured feature are at most this share of its spread.
_FINE = 0.01
# Whole numbers up to here are all floats.
_EXACT = 2.0**53


@dataclass(frozen=True)
class Walk:
    """One feature in one direction, all others staying as they are.

    Steps are counted as positions: whole numbers that grow in the direction of the walk.

    Attributes:
        feature: Which feature.
        direction: 1: more of it; -1: less.
        per_unit: How many steps make one unit of the feature: 100 pence a pound.
        limit: The value that no walk goes beyond, raw.
    """

    feature: str
    direction: int
    per_unit: int
    limit: float

    def position(self, values: np.ndarray) -> np.ndarray:
        """The step that each value stands on, or the last one before it, shape (customers,)."""
        signed = self.direction * values
        exact = signed * self.per_unit
        nearest = np.rint(exact)
        return np.asarray(np.where(nearest / self.per_unit == signed, nearest, np.floor(exact)))

    def value(self, position: np.ndarray) -> np.ndarray:
        """The raw value at each position; a walk begins at the customer's own value, which need not be on a step."""
        return np.asarray(self.direction * position / self.per_unit + 0.0)  # not -0


def walks(features: pd.DataFrame, dataset: Dataset) -> tuple[Walk, ...]:
    """How the features of a dataset can change: within the values that there are, and only if they can change at all.

    Of buyers: days without an order, more orders, more spend, to the minor unit. Days do not run backwards: an order also counts as one,
    which is more than one feature. Of profiles: every number in both directions, by whole units where all values are
    whole, else by the power of ten that is at most a hundredth of its standard deviation, and at most 1. What is a category is not
    walked.

    Args:
        features: Shape (customers, features), raw units; the lowest and highest values are the limits.
        dataset: What the features are.
    """
    least, most = features.min(), features.max()
    if isinstance(dataset, TransactionsDataset):
        minor = {"monetary": dataset.minor_units}
        return tuple(Walk(name, 1, minor.get(name, 1), float(most[name])) for name in dataset.features)
    found = []
    for name in dataset.feature_names:
        if name not in dataset.words:
            per_unit = _per_unit(features[name].to_numpy(dtype="float64"))
            found += [Walk(name, 1, per_unit, float(most[name])), Walk(name, -1, per_unit, float(least[name]))]
    return tuple(found)


def _per_unit(values: np.ndarray) -> int:
    spread = values.std()
    if spread == 0 or (values == np.rint(values)).all():
        return 1
    finest = np.floor(np.log10(_EXACT / np.abs(values).max()))
    return int(10 ** max(0, min(np.ceil(-np.log10(_FINE * spread)), finest)))
