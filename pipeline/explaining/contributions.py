"""What each feature does to keep a customer in their cluster."""

import pandas as pd

from pipeline import clustering
from pipeline.clustering import Model


def contributions(features: pd.DataFrame, model: Model) -> pd.DataFrame:
    """How much each feature pulls each customer into their own cluster rather than the next nearest.

    Along a feature it is the squared distance to the next centre less that to the own one, scaled. A customer's row sums to the
    difference of the two squared distances, which is never negative; a feature that speaks for the next cluster is.

    Args:
        features: Shape (customers, features), raw units.
        model: Of at least two clusters.

    Returns:
        Shape (customers, features of the model), the same index, in squared standard deviations.
    """
    placed = clustering.assign(features, model)
    scaled, centres = model.scaler.transform(features), model.centres.to_numpy()
    return (scaled - centres[placed.next_cluster]) ** 2 - (scaled - centres[placed.cluster]) ** 2
