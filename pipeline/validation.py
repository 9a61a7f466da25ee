"""How well separated clusters are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

# Megabytes of distances held at a time; the whole matrix of 6,000 customers would be 276.
_WORKING_MEMORY = 32


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


def score(scaled: pd.DataFrame, cluster: np.ndarray, fit: np.ndarray) -> Scores:
    """Score a clustering.

    Args:
        scaled: Shape (customers, features).
        cluster: Shape (customers,).
        fit: What `fit_of_each` returns.
    """
    values = scaled.to_numpy()
    return Scores(float(fit.mean()), float(davies_bouldin_score(values, cluster)), float(calinski_harabasz_score(values, cluster)))
