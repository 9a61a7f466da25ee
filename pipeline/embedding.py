"""A map of customers in two dimensions: UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426)."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from sklearn.manifold import trustworthiness
from umap import UMAP, umap_

from pipeline import sampling

NEIGHBOURS = 15
# Of many customers so many are fitted, and others placed by the nearest so many of them. After 100 epochs 20,000 are laid out more truly
# than 50,000, and in a third of the time.
FITTED, PLACED_BY = 20_000, 3
# Customers between whom neighbours are compared; all distances between them are held.
_COMPARED = 2_000
# Customers placed at a time.
_CHUNK = 250_000
# Beyond a thousand customers the neighbourhoods of the map are as true after 100 epochs as after 200, in half the time.
EPOCHS, EPOCHS_OF_FEW, FEW = 100, 500, 1_000


@dataclass(frozen=True)
class Trustworthiness:
    """How many of a customer's 15 neighbours on the map are its neighbours in the features, 0 to 1 (Venna and Kaski 2001).

    Attributes:
        fitted: How many customers the map was fitted on.
        compared: Between how many neighbours are compared, drawn at random from either side.
        of_fitted: Of those it was fitted on.
        of_placed: Of those placed by their nearest.
    """

    fitted: int
    compared: int
    of_fitted: float
    of_placed: float


@dataclass(frozen=True)
class Chart:
    """A map: float32, shape (customers, 2), no unit; and how far it can be trusted, None where everyone was fitted."""

    places: np.ndarray
    trustworthiness: Trustworthiness | None


def prepare() -> None:
    """Compile what UMAP compiles, on made-up points: seconds that pass while files are being read."""
    for function in (umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        try:
            # umap does not keep these compiled; kept on disk, they cost the second build nothing.
            function.enable_caching()
        except RuntimeError:
            warnings.warn("compiled code cannot be kept: set NUMBA_CACHE_DIR to a folder that can be written", stacklevel=2)
    points = np.random.default_rng(0).normal(size=(4 * NEIGHBOURS, 2))
    embed(pd.DataFrame(points), seed=0)


def embed(scaled: pd.DataFrame, *, seed: int) -> np.ndarray:
    """Lay customers out so that neighbours stay neighbours.

    Args:
        scaled: Shape (customers, features).
        seed: Of the layout; the same customers and seed give the same map.

    Returns:
        float32, shape (customers, 2), no unit.
    """
    values = scaled.to_numpy(dtype="float32")
    neighbours = min(NEIGHBOURS, len(values) - 1)
    if neighbours < 3:
        # Too few for a neighbourhood: their first two features are the map.
        return np.column_stack([values[:, 0], values[:, min(1, values.shape[1] - 1)]])
    # Exact neighbours: the approximate search is slower to compile than these are to find.
    distances, indices = KDTree(values).query(values, k=neighbours)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")  # nothing is added to the map later
        # Few different customers have no spectrum to begin with: the layout then begins at random, by the seed.
        warnings.filterwarnings("ignore", message="Spectral initialisation failed")
        warnings.filterwarnings("ignore", message="n_jobs value")  # one job is what a seed needs
        layout = UMAP(
            n_neighbors=neighbours,
            n_epochs=EPOCHS_OF_FEW if len(values) <= FEW else EPOCHS,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(indices.astype("int32"), distances.astype("float32"), None),
        ).fit_transform(values)
    return np.asarray(layout, dtype="float32")


def chart(scaled: pd.DataFrame, cluster: np.ndarray, *, seed: int, fitted: int | None = None) -> Chart:
    """Lay customers out; where only some are fitted, place the others by them.

    Those fitted cover every cluster: small ones whole, the others evenly.

    Args:
        scaled: Shape (customers, features).
        cluster: Shape (customers,).
        seed: Of the draw and the layout.
        fitted: On how many customers at most; None for all.
    """
    if fitted is None or fitted >= len(scaled):
        return Chart(embed(scaled, seed=seed), None)
    chosen = sampling.of_each(cluster, sampling.evenly(cluster, fitted), seed=seed)
    layout = embed(scaled.iloc[chosen], seed=seed)
    values = scaled.to_numpy()
    places = placed(values, values[chosen], layout)
    places[chosen] = layout
    left = np.ones(len(values), dtype="bool")
    left[chosen] = False
    others = np.flatnonzero(left)
    of_fitted, of_placed = (_trustworthiness(values, places, which, seed) for which in (chosen, others))
    return Chart(places, Trustworthiness(len(chosen), min(_COMPARED, len(chosen), len(others)), of_fitted, of_placed))


def placed(values: np.ndarray, fitted: np.ndarray, layout: np.ndarray) -> np.ndarray:
    """Each customer amid the three nearest that were fitted, the nearer the closer (Shepard 1968, inverse distance weighting).

    Args:
        values: Shape (customers, features), scaled.
        fitted: Shape (fitted, features), scaled.
        layout: Shape (fitted, 2).

    Returns:
        float32, shape (customers, 2).
    """
    # Of those alike one: where many are, their places differ, and the search for the nearest would take long.
    different, first = np.unique(fitted, axis=0, return_index=True)
    tree, theirs = KDTree(different), layout[first].astype("float64")
    found = np.empty((len(values), 2), dtype="float32")
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        distances, nearest = tree.query(values[part], k=np.arange(1, min(PLACED_BY, len(different)) + 1), workers=-1)
        # Whoever is like one of them is where that one is.
        weights = 1 / np.maximum(distances, np.finfo("float64").tiny ** 0.5)
        found[part] = np.einsum("ij,ijk->ik", weights / weights.sum(axis=1, keepdims=True), theirs[nearest])
    return found


def _trustworthiness(values: np.ndarray, places: np.ndarray, which: np.ndarray, seed: int) -> float:
    drawn = which[sampling.at_random(len(which), _COMPARED, seed=seed)]
    return float(trustworthiness(values[drawn], places[drawn], n_neighbors=min(NEIGHBOURS, (len(drawn) - 1) // 2)))
