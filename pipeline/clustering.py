"""K-Means on scaled features, with cluster numbers that mean the same from run to run."""

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
from pipeline.settings import Scaling

INITIALISATIONS = 10


@dataclass(frozen=True)
class Scaler:
    """How raw features become comparable.

    Attributes:
        scaling: "standard": as they are; "log": log(1 + x) first.
        mean: Per feature, after the logarithm if any.
        spread: Per feature, the population standard deviation after the logarithm.
    """

    scaling: Scaling
    mean: pd.Series
    spread: pd.Series

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Raw features, shape (customers, at least these features), to scaled ones, shape (customers, features)."""
        chosen = _logged(features[list(self.mean.index)], self.scaling)
        return (chosen - self.mean) / self.spread


@dataclass(frozen=True)
class Model:
    """A clustering that can place any customer.

    Attributes:
        scaler: From raw features to the space of the centres.
        centres: Shape (clusters, features), scaled; row number is cluster number.
    """

    scaler: Scaler
    centres: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row per cluster and feature: cluster, feature, centre (scaled), mean and spread of the scaler."""
        rows = self.centres.rename_axis("cluster").reset_index().melt("cluster", var_name="feature", value_name="centre")
        rows["mean"] = rows["feature"].map(self.scaler.mean)
        rows["spread"] = rows["feature"].map(self.scaler.spread)
        return rows.assign(feature=rows["feature"].astype("str")).reset_index(drop=True)

    @staticmethod
    def from_table(rows: pd.DataFrame, scaling: Scaling) -> "Model":
        """Undo `table`; features keep the order they stand in."""
        order = list(dict.fromkeys(rows["feature"]))
        centres = rows.pivot(index="cluster", columns="feature", values="centre")[order]
        scaler = rows.drop_duplicates("feature").set_index("feature")
        return Model(Scaler(scaling, scaler["mean"], scaler["spread"]), centres)


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
    chosen = _logged(features, scaling)
    spread = chosen.std(ddof=0)
    # The mean of equal values may be off by a rounding, and then their spread is not 0.
    varied = spread.index[(spread > 0) & (chosen.min() < chosen.max())]
    if varied.empty:
        raise InputError(
            f"Every feature ({', '.join(features.columns)}) is the same for all customers: there is nothing to segment by. "
            "Name features that differ in datasets.toml."
        )
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


def kmeans(values: np.ndarray, *, k: int, seed: int) -> KMeans:
    """K-Means (Lloyd 1982, k-means++ seeding), the best of ten starts; the same values and seed give the same bytes.

    Args:
        values: Shape (customers, features), scaled, in a fixed order of customers.
        k: Number of clusters.
        seed: Of the starts.
    """
    with one_thread():
        return KMeans(k, n_init=INITIALISATIONS, random_state=seed).fit(values)


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
    remedy = "Lower k in datasets.toml, say lower_k = true there, or bring more customers."
    # Before anything is measured: what a single customer has is "the same for all".
    if len(features) < k:
        raise InputError(f"k = {k} needs at least {k} customers, and the usable rows give {len(features):,}. {remedy}")
    scaler = scaler_for(features, scaling)
    scaled = scaler.transform(features)
    if (there := different(scaled)) < k:
        raise InputError(
            f"{len(scaled):,} customers, {there:,} of them different in {', '.join(scaled.columns)}: k = {k} needs at least {k}. {remedy}"
        )
    found = kmeans(scaled.to_numpy(), k=k, seed=seed)
    sizes = np.bincount(found.labels_, minlength=k)
    order = np.lexsort((*found.cluster_centers_.T[::-1], -sizes))
    return Model(scaler, pd.DataFrame(found.cluster_centers_[order], columns=scaled.columns))


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
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(distances, nearest, axis=1).T
    # Both are 0 only where two centres coincide, and then nothing decides between them.
    margin = np.divide(second - first, second, out=np.zeros_like(second), where=second > 0)
    return Assignment(nearest[:, 0].astype("int32"), nearest[:, 1].astype("int32"), margin)


@cache
def _libraries() -> ThreadpoolController:
    # Looking for them takes as long as clustering a few hundred customers.
    return ThreadpoolController()


def _logged(features: pd.DataFrame, scaling: Scaling) -> pd.DataFrame:
    if scaling == "standard":
        return features.astype("float64")
    too_low = features.min() <= -1
    if too_low.any():
        column = too_low.idxmax()
        raise InputError(
            f'{column} goes down to {features[column].min():,.2f}, which has no logarithm. Use scaling = "standard" in datasets.toml.'
        )
    # log: spend spans four orders of magnitude and K-Means follows scale.
    return pd.DataFrame(np.log1p(features.astype("float64")))
