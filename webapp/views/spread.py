"""How a feature is spread over the customers looked at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.sql import identifier
from webapp.views.scope import Scope

BINS = 28
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Spread:
    """One feature.

    Attributes:
        counts: Customers in each of `BINS` equal bins.
        edges: Of the bins, one more than there are; with `log` their logarithm to the base of 10.
        quartiles: One row per persona, the index: low, middle, high.
        middle: The median of all.
        mean: Of all.
    """

    counts: Array
    edges: Array
    quartiles: pd.DataFrame
    middle: float
    mean: float


def spread(scope: Scope, feature: str, *, log: bool) -> Spread:
    """How a feature is spread; with `log`, bins are equal on a log scale, from 1 up. There has to be a customer."""
    column = identifier(feature)
    place = f"log10(greatest({column}, 1))" if log else f"{column}::DOUBLE"
    condition, values = scope.chosen
    everyone = f"FROM {scope.table('customers')} WHERE {condition}"
    whole = f"SELECT min({place}) AS low, max({place}) AS high, median({column}) AS middle, avg({column}) AS mean {everyone}"
    found = scope.snapshot.rows(whole, values)[0]
    low, high = found["low"], found["high"]
    if low == high:
        low, high = low - 0.5, high + 0.5
    bins = scope.snapshot.columns(
        f"SELECT least(floor(({place} - ?) / ?), {BINS - 1})::INTEGER AS bin, count(*) AS customers {everyone} GROUP BY bin",
        [low, (high - low) / BINS, *values],
    )
    quartiles = scope.of_customers(f"persona, quantile_cont({column}, [0.25, 0.5, 0.75]) AS q", "GROUP BY persona").set_index("persona")[
        "q"
    ]
    return Spread(
        np.bincount(bins["bin"], bins["customers"] * scope.every, BINS).astype(np.float64),
        np.linspace(low, high, BINS + 1),
        pd.DataFrame(quartiles.to_list(), index=quartiles.index, columns=["low", "middle", "high"]),
        float(found["middle"]),
        float(found["mean"]),
    )
