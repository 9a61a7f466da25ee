"""K-Means on scaled features, with cluster numbers that mean the same from run to run."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import ThreadpoolController

from pipeline.errors import InputError
from pipeline.model import Model, Scaler, logged, nothing_differs
from pipeline.settings import Scaling

INITIALISATIONS = 10
# Cells are few, and each start may find another optimum; from the best of them on, steps are taken on everyone.
INITIALISATIONS_ON_CELLS, STEPS = 40, 100
_REMEDY = "Lower k in datasets.toml, say lower_k = true there, or bring more customers."


@dataclass(frozen=True)
class Assignment:
    """Where each customer stands among the centres: arrays of shape (customers,).

    Attributes:
        cluster: Nearest centre.
        next_cluster: Second nearest.
        margin: How much farther the second is, as a share of its distance: 0 is undecided, 1 is on the centre.
    """

    cluster: np.ndarray
    next_cluster: np.ndarray
    margin: np.ndarray


def scaler_for(features: pd.DataFrame, scaling: Scaling) -> Scaler:
    """Measure what centres each feature and divides it by its spread; constant features are left out.

    Args:
        features: Shape (customers, features), raw units.
        scaling: Whether spans of orders of magnitude are compressed first.

    Raises:
        InputError: If every feature is constant, or a logarithm is asked of a value of -1 or less.
    """
    chosen = logged(features, scaling)
    spread = chosen.std(ddof=0)
    # The mean of equal values may be off by a rounding, and then their spread is not 0.
    varied = spread.index[(spread > 0) & (chosen.min() < chosen.max())]
    if varied.empty:
        raise nothing_differs(features.columns)
    return Scaler(scaling, chosen.mean()[varied], spread[varied])


def different(features: pd.DataFrame) -> int:
    """How many customers differ in at least one feature: there can be no more clusters."""
    return len(features.drop_duplicates())


def distinguishable(scaled: pd.DataFrame) -> int:
    """How many customers K-Means can tell apart: squared distances hide what differs by less than a millionth of the spread."""
    return different(scaled.round(6))


def one_thread() -> AbstractContextManager[object]:
    """Numeric libraries on one thread: with several, sums are added up in whichever order the threads finish."""
    return _libraries().limit(limits=1)  # type: ignore[no-any-return] # threadpoolctl says nothing of its types


def kmeans(values: np.ndarray, *, k: int, seed: int, weights: np.ndarray | None = None, initialisations: int = INITIALISATIONS) -> KMeans:
    """K-Means (Lloyd 1982, k-means++ seeding), the best of ten starts; the same values and seed give the same bytes.

    Args:
        values: Shape (customers, features), scaled, in a fixed order of customers.
        k: Number of clusters.
        seed: Of the starts.
        weights: Shape (customers,): how many each row stands for; None for one.
        initialisations: How many starts.
    """
    with one_thread():
        return KMeans(k, n_init=initialisations, random_state=seed).fit(values, sample_weight=weights)


def fit(features: pd.DataFrame, *, k: int, scaling: Scaling, seed: int) -> Model:
    """Scale and cluster customers with `kmeans`.

    Clusters are numbered from the largest to the smallest; equal sizes by their centres, feature by feature.

    Args:
        features: Shape (customers, features), raw units, in a fixed order of customers.
        k: Number of clusters.
        scaling: See `Scaler`.
        seed: Of the starts.

    Raises:
        InputError: If there are fewer distinct customers than clusters.
    """
    # Before anything is measured: what a single customer has is "the same for all".
    if len(features) < k:
        raise InputError(f"k = {k} needs at least {k} customers, and the usable rows give {len(features):,}. {_REMEDY}")
    scaler = scaler_for(features, scaling)
    scaled = scaler.transform(features)
    _refuse_too_few(different(scaled), len(scaled), scaled.columns, k)
    return _numbered(scaler, scaled.columns, kmeans(scaled.to_numpy(), k=k, seed=seed))


def fit_cells(cells: pd.DataFrame, features: pd.DataFrame, scaler: Scaler, *, k: int, seed: int) -> Model:
    """Cluster customers who are many; clusters are numbered as by `fit`.

    The starts, which take longest, are made on cells that they are counted in, each standing for its customers where their mean lies. The
    best of them is led on to an optimum of all customers, until nobody changes the cluster any more or a hundred steps are taken.

    Args:
        cells: Shape (cells, features and customers): means of the scaled features, and how many customers they are of.
        features: Shape (customers, at least these features), raw units.
        scaler: What scaled the cells.
        k: Number of clusters.
        seed: Of the starts.

    Raises:
        InputError: If there are fewer cells than clusters.
    """
    names, counts = list(scaler.mean.index), cells["customers"].to_numpy(dtype="float64")
    _refuse_too_few(len(cells), len(features), names, k)
    best = kmeans(cells[names].to_numpy(), k=k, seed=seed, weights=counts, initialisations=INITIALISATIONS_ON_CELLS)
    # As K-Means has them, customer by customer: so that it need not hold them a second time.
    everyone = np.ascontiguousarray(scaler.transform(features))
    with one_thread():
        found = KMeans(k, init=best.cluster_centers_, n_init=1, tol=0, max_iter=STEPS, copy_x=False).fit(everyone)
    return _numbered(scaler, names, found)


def renumber(model: Model, previous: Model) -> Model:
    """Give each cluster the number of the closest one in an earlier model.

    Pairs are chosen so that their distances, summed, are least (Kuhn 1955, the Hungarian method), measured in the
    space of the new model. Clusters without a partner take the numbers that are free, in their own order. Models of
    different features or scaling are not comparable: the new one then keeps its own numbers.
    """
    if previous.scaler.scaling != model.scaler.scaling or list(previous.centres.columns) != list(model.centres.columns):
        return model
    raw = previous.centres * previous.scaler.spread + previous.scaler.mean
    theirs = (raw - model.scaler.mean) / model.scaler.spread
    ours, partners = linear_sum_assignment(cdist(model.centres, theirs))
    k = len(model.centres)
    number = {int(our): int(previous.centres.index[partner]) for our, partner in zip(ours, partners, strict=True)}
    number = {our: wanted for our, wanted in number.items() if wanted < k}
    free = iter(sorted(set(range(k)) - set(number.values())))
    numbers = [number[our] if our in number else next(free) for our in range(k)]
    return Model(model.scaler, model.centres.set_axis(numbers, axis="index").sort_index())


def assign(features: pd.DataFrame, model: Model) -> Assignment:
    """Place customers by their nearest centre, Euclidean in scaled features.

    Args:
        features: Shape (customers, features), raw units.
        model: Of at least two clusters.
    """
    distances = cdist(model.scaler.transform(features), model.centres)
    rows = np.arange(len(distances))
    cluster = distances.argmin(axis=1)
    first = distances[rows, cluster]
    distances[rows, cluster] = np.inf
    next_cluster = distances.argmin(axis=1)
    second = distances[rows, next_cluster]
    # Both are 0 only where two centres coincide, and then nothing decides between them.
    margin = np.divide(second - first, second, out=np.zeros_like(second), where=second > 0)
    return Assignment(cluster.astype("int32"), next_cluster.astype("int32"), margin)


def _refuse_too_few(there: int, customers: int, features: Iterable[str], k: int) -> None:
    if there < k:
        raise InputError(
            f"{customers:,} customers, {there:,} of them different in {', '.join(features)}: k = {k} needs at least {k}. {_REMEDY}"
        )


def _numbered(scaler: Scaler, features: Iterable[str], found: KMeans) -> Model:
    centres = found.cluster_centers_
    sizes = np.bincount(found.labels_, minlength=len(centres))
    order = np.lexsort((*centres.T[::-1], -sizes))
    return Model(scaler, pd.DataFrame(centres[order], columns=list(features)))


@cache
def _libraries() -> ThreadpoolController:
    # Looking for them takes as long as clustering a few hundred customers.
    return ThreadpoolController()
