"""Whether clusters and personas come back when the customers had been others: Hennig's clusterboot.

Hennig (2007), "Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52(1), in the variant that his R
package fpc uses by default (`bootmethod = "boot"`, `multipleboot = FALSE`): customers are drawn with replacement, as many as there are,
and whoever was drawn counts once, in the clustering as in the comparison. About 63 % of customers are in a resample.

The whole procedure is repeated on each: scaling, because where the centre and the spread lie is learned from the customers too, and
K-Means with all its starts from new seeds. Centres of the published clustering are no starts: they would find themselves again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from pipeline import clustering
from pipeline.schema import GRADES
from pipeline.settings import Scaling

RESAMPLES = 100


@dataclass(frozen=True)
class Segments:
    """What is put to the test: a clustering and the procedure that gave it.

    Attributes:
        features: Shape (customers, features), raw units; their order does not matter.
        cluster: Shape (customers,).
        personas: Cluster number to persona name, for every cluster that has customers.
        scaling: See `model.Scaler`.
        seed: Of the resamples.
    """

    features: pd.DataFrame
    cluster: np.ndarray
    personas: dict[int, str]
    scaling: Scaling
    seed: int


def resample(segments: Segments, numbers: Iterable[int]) -> np.ndarray:
    """Measure some of the resamples; each depends on its number alone, so they may be shared out among processes in any way.

    Returns:
        Shape (numbers, clusters + personas + 1): a row per resample, in the order of `numbers`: the Jaccard of each cluster by number,
        of each persona by name, and the adjusted Rand index of the whole. A cluster that nobody was drawn of has 0, as in fpc.
    """
    features, cluster = _ordered(segments)
    code = np.searchsorted(sorted(segments.personas), cluster)
    persona_of_cluster = _persona_codes(segments)
    rows = [
        _row(features, code, persona_of_cluster, segments.scaling, np.random.default_rng([segments.seed, number])) for number in numbers
    ]
    return np.array(rows).reshape(len(rows), len(persona_of_cluster) + persona_of_cluster.max() + 2)


def table(segments: Segments, rows: np.ndarray) -> pd.DataFrame:
    """One row per cluster, per persona, and one for the whole: level, name, measure, value, grade.

    Args:
        segments: What was resampled.
        rows: What `resample` returns of all resamples, stacked in the order of their numbers.

    Returns:
        level: "cluster", "persona" or "whole"; name: the number, the persona, "all"; measure: "jaccard", or "adjusted_rand" of the
        whole (Hubert and Arabie 1985); value: the mean over resamples; grade: one of `schema.GRADES`.
    """
    clusters, personas = sorted(segments.personas), _persona_names(segments)
    values = rows.mean(axis=0)
    return pd.DataFrame(
        {
            "level": ["cluster"] * len(clusters) + ["persona"] * len(personas) + ["whole"],
            "name": [*map(str, clusters), *personas, "all"],
            "measure": ["jaccard"] * (len(clusters) + len(personas)) + ["adjusted_rand"],
            "value": values,
            "grade": [grade(value) for value in values.tolist()],
        }
    )


def grade(value: float) -> str:
    """What a mean is called: below 0.60 unstable, below 0.75 doubtful, below 0.85 stable, else highly stable."""
    return next(name for name, least in reversed(GRADES.items()) if value >= least)


def _ordered(segments: Segments) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers by their features, so that draws do not depend on the order they came in; those alike are in one cluster."""
    order = np.lexsort((segments.cluster, *segments.features.to_numpy().T[::-1]))
    return segments.features.iloc[order], segments.cluster[order]


def _persona_names(segments: Segments) -> list[str]:
    return sorted(set(segments.personas.values()))


def _persona_codes(segments: Segments) -> np.ndarray:
    """Shape (clusters,): the number of each cluster's persona, clusters by number, personas by name."""
    names = _persona_names(segments)
    return np.array([names.index(persona) for _, persona in sorted(segments.personas.items())])


def _row(
    features: pd.DataFrame, cluster: np.ndarray, persona_of_cluster: np.ndarray, scaling: Scaling, dice: np.random.Generator
) -> np.ndarray:
    drawn = np.unique(dice.integers(len(features), size=len(features)))
    again = _clustered(features.iloc[drawn], len(persona_of_cluster), scaling, int(dice.integers(2**31)))
    return _agreement(cluster[drawn], again, persona_of_cluster)


def _clustered(features: pd.DataFrame, k: int, scaling: Scaling, seed: int) -> np.ndarray:
    """Shape (customers,): clusters of the drawn customers, as many as asked for or as they allow."""
    if clustering.different(features) == 1:
        return np.zeros(len(features), dtype="int64")
    scaled = clustering.scaler_for(features, scaling).transform(features)
    k = min(k, clustering.distinguishable(scaled))
    return np.asarray(clustering.kmeans(scaled.to_numpy(), k=k, seed=seed).labels_)


def _agreement(cluster: np.ndarray, again: np.ndarray, persona_of_cluster: np.ndarray) -> np.ndarray:
    """One row of `resample`.

    Args:
        cluster: Shape (drawn,), the clusters put to the test.
        again: Shape (drawn,), the clusters found in the resample.
        persona_of_cluster: Shape (clusters,).
    """
    shared = np.zeros((len(persona_of_cluster), again.max() + 1), dtype="int64")
    np.add.at(shared, (cluster, again), 1)
    personas = np.zeros((persona_of_cluster.max() + 1, shared.shape[1]), dtype="int64")
    np.add.at(personas, persona_of_cluster, shared)
    return np.concatenate([_jaccards(shared).max(axis=1), np.diagonal(_jaccards(_united(personas))), [adjusted_rand_score(cluster, again)]])


def _united(personas: np.ndarray) -> np.ndarray:
    """Clusters found in the resample united to personas: each belongs to the one that most of its customers have, ties to the first.

    Args:
        personas: Shape (personas, clusters found): customers in both.

    Returns:
        Shape (personas, personas): customers of the first whose found cluster belongs to the second.
    """
    belongs = np.eye(len(personas), dtype="int64")[personas.argmax(axis=0)]
    return np.asarray(personas @ belongs)


def _jaccards(shared: np.ndarray) -> np.ndarray:
    """Shares of what two groups have in common in what either has, from the counts in common; 0 where neither has anything."""
    either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    return np.asarray(np.divide(shared, either, out=np.zeros(shared.shape), where=either > 0))
