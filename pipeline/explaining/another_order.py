"""Where one more order would take each buyer."""

import numpy as np
import pandas as pd

from pipeline import clustering
from pipeline.clustering import Model


def another_order(customers: pd.DataFrame, model: Model) -> np.ndarray:
    """The cluster each buyer would be in after one more order like their own so far.

    Recency becomes the lowest there is, that of whoever bought last. Frequency and spend grow by the customer's own mean per order; spend
    that returns have brought below zero stays as it is.

    Args:
        customers: Shape (customers, ...): recency_days, frequency, monetary, orders.
        model: Of at least two clusters of some of these features.

    Returns:
        Shape (customers,).
    """
    after = customers.assign(
        recency_days=customers["recency_days"].min(),
        frequency=customers["frequency"] * (1 + 1 / customers["orders"]),
        monetary=customers["monetary"] + customers["monetary"].clip(lower=0) / customers["orders"],
    )
    return clustering.assign(after, model).cluster
