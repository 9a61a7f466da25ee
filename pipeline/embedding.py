"""A map of customers in two dimensions: UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426)."""

import warnings

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from umap import UMAP, umap_

NEIGHBOURS = 15
# Beyond a thousand customers the neighbourhoods of the map are as true after 100 epochs as after 200, in half the time.
EPOCHS, EPOCHS_OF_FEW, FEW = 100, 500, 1_000


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
