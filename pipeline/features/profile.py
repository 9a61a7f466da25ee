"""Customers with attributes: the features are columns of the file."""

import ibis.expr.types as ir

from pipeline.settings import ProfileDataset


def customers(kept: ir.Table, dataset: ProfileDataset) -> ir.Table:
    """One row per customer, sorted by `customer_id`: every feature as float64 in the file's own units."""
    return kept.select("customer_id", *dataset.feature_names).order_by("customer_id")
