"""How well separated clusters are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn import config_context
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

from pipeline import sampling

# Megabytes of distances held at a time; the whole matrix of 6,000 customers would be 276.
_WORKING_MEMORY = 32
# Of each cluster, so many stand for all when they are too many; customers measured at a time; threads that measure.
OF_EACH, _CHUNK, _THREADS = 100, 5_000, 2
# Standard errors on either side of a mean that hold the true one in 95 of 100 samples: of many customers, and of ten groups.
_SURE, _SURE_OF_GROUPS, _GROUPS = 1.96, 2.262, 10


@dataclass(frozen=True)
class Scores:
    """Separation of one clustering, at full precision.

    Attributes:
        silhouette: Mean over customers of `fit`, -1 to 1, higher is better (Rousseeuw 1987).
        davies_bouldin: Mean similarity of each cluster to its most similar one, 0 is best (Davies and Bouldin 1979).
        calinski_harabasz: Spread between clusters over spread within, higher is better (Calinski and Harabasz 1974).
    """

    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float

    def table(self, k: int) -> pd.DataFrame:
        """One row per score: k, score, value."""
        return pd.DataFrame({"k": np.int32(k), "score": list(self.__dict__), "value": list(self.__dict__.values())})


def fit_of_each(scaled: pd.DataFrame, cluster: np.ndarray) -> np.ndarray:
    """Silhouette of each customer, shape (customers,): near 1 well inside its cluster, below 0 closer to another."""
    with config_context(working_memory=_WORKING_MEMORY):
        return np.asarray(silhouette_samples(scaled.to_numpy(), cluster))


def estimated_fit(scaled: pd.DataFrame, cluster: np.ndarray, *, seed: int) -> np.ndarray:
    """An estimate of `fit_of_each` by the distances to at most a hundred customers of each cluster, drawn at random.

    It is exact where no cluster has more. A mean over the drawn stands for that over all but the customer: each is among the drawn as often
    as they are a share of the cluster, and then adds nothing.

    Args:
        scaled: Shape (customers, features).
        cluster: Shape (customers,).
        seed: Of the draw.
    """
    numbers, sizes = np.unique(cluster, return_counts=True)
    values, drawn = scaled.to_numpy(), sampling.of_each(cluster, OF_EACH, seed=seed)
    drawn = drawn[np.argsort(cluster[drawn], kind="stable")]
    starts = np.searchsorted(cluster[drawn], numbers)
    of_each = np.diff(starts, append=len(drawn))
    fit = np.empty(len(values))

    def measure(start: int) -> None:
        part = slice(start, start + _CHUNK)
        own = np.searchsorted(numbers, cluster[part])
        sums = np.add.reduceat(cdist(values[part], values[drawn]), starts, axis=1)
        rows, means = np.arange(len(own)), sums / of_each
        # A customer alone is neither here nor there.
        alone = sizes[own] == 1
        within = means[rows, own] / np.where(alone, 1, 1 - 1 / sizes[own])
        means[rows, own] = np.inf
        beyond = means.min(axis=1)
        farther = np.maximum(beyond, within)
        fit[part] = np.divide(beyond - within, farther, out=np.zeros(len(own)), where=~alone & (farther > 0))

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(measure, range(0, len(values), _CHUNK)))
    return fit


def half_interval(scaled: pd.DataFrame, cluster: np.ndarray, fit: np.ndarray, *, seed: int) -> float:
    """Half of the 95 % confidence interval of the mean silhouette of a random sample.

    The sample is dealt into ten, and the silhouettes of these are compared (random groups: Wolter 2007, "Introduction to Variance
    Estimation"): customers of one sample are measured by the same neighbours, so that their own spread alone says too little.

    Args:
        scaled: Shape (customers, features).
        cluster: Shape (customers,).
        fit: What `fit_of_each` returns of them.
        seed: Of the dealing.
    """
    mixed = np.random.default_rng(seed).permutation(len(fit))
    # Cluster by cluster, so that none is missing from a group where it need not be.
    dealt = mixed[np.argsort(cluster[mixed], kind="stable")]
    groups = [np.sort(dealt[at::_GROUPS]) for at in range(_GROUPS)]
    alone = float(_SURE * fit.std(ddof=1) / np.sqrt(len(fit)))
    # Of one cluster there is no silhouette, nor of single customers.
    if not all(1 < len(np.unique(cluster[group])) < len(group) for group in groups):
        return alone
    means = [fit_of_each(scaled.iloc[group], cluster[group]).mean() for group in groups]
    return max(alone, float(_SURE_OF_GROUPS * np.std(means, ddof=1) / np.sqrt(_GROUPS)))


def score(scaled: pd.DataFrame, cluster: np.ndarray, fit: np.ndarray) -> Scores:
    """Score a clustering.

    Args:
        scaled: Shape (customers, features).
        cluster: Shape (customers,).
        fit: What `fit_of_each` returns.
    """
    values = scaled.to_numpy()
    return Scores(float(fit.mean()), float(davies_bouldin_score(values, cluster)), float(calinski_harabasz_score(values, cluster)))
