"""How a feature is spread over the customers looked at."""

from collections.abc import Iterable
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


def spreads(scope: Scope, features: Iterable[str], *, log: bool) -> dict[str, Spread]:
    """How each of some features is spread; with `log`, bins are equal on a log scale, from 1 up. There has to be a customer."""
    columns = {name: identifier(name) for name in features}
    chosen, parameters = scope.chosen
    found = scope.snapshot.columns(f"SELECT {', '.join(columns.values())} FROM {chosen}", parameters)
    quantiles = (f"quantile_cont({column}, [0.25, 0.5, 0.75]) AS {column}" for column in columns.values())
    quartiles = scope.of_customers(f"persona, {', '.join(quantiles)}", "GROUP BY persona").set_index("persona")
    return {name: _spread(found[name].to_numpy(np.float64), quartiles[name], scope.every, log=log) for name in columns}


def _spread(values: Array, quartiles: pd.Series, every: int, *, log: bool) -> Spread:
    counts, edges = np.histogram(np.log10(np.maximum(values, 1)) if log else values, BINS)
    return Spread(
        counts * float(every),
        edges,
        pd.DataFrame(quartiles.to_list(), index=quartiles.index, columns=["low", "middle", "high"]),
        float(np.median(values)),
        float(values.mean()),
    )
