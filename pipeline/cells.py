"""Customers counted in cells of their scaled features, as expressions that any engine can run: a summary to cluster in their stead.

A number of customers that are near each other weighs on K-Means as they do together where their mean lies, but for the spread within: the
sum of squares to a centre is that of their mean, as often as there are customers, plus what they are apart (Zhang, Ramakrishnan and Livny
1996, "BIRCH: An Efficient Data Clustering Method for Very Large Databases", SIGMOD).
"""

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from pipeline.model import Scaler, logged, logged_expression, nothing_differs, refuse_without_logarithm
from pipeline.settings import Scaling

CELLS = 30_000
# The finest cells that are tried, and how much coarser the next ones are at least.
_FINEST, _COARSER = 0.02, 1.1
# Sums of decimals are exact: they do not depend on which thread adds first, as those of floats do.
_EXACT = "decimal(28, 18)"


def scaler_of(customers: ir.Table, features: Sequence[str], scaling: Scaling) -> Scaler:
    """What `clustering.scaler_for` measures, to twelve digits.

    Args:
        customers: One row per customer, with the features in raw units.
        features: Their names.
        scaling: See `Scaler`.

    Raises:
        InputError: If every feature is constant, or a logarithm is asked of a value of -1 or less.
    """
    least, most = _ends(customers, features)
    if scaling == "log":
        refuse_without_logarithm(least)
    low, high = (logged(end.to_frame().T, scaling).iloc[0] for end in (least, most))
    span = (high - low)[high > low]
    if span.empty:
        raise nothing_differs(features)
    # Between 0 and 1, whatever the unit: so the digits of a decimal suffice.
    inside = customers.select(
        **{name: (logged_expression(customers[name], scaling) - float(low[name])) / float(span[name]) for name in span.index}
    )
    mean = _means(inside)
    apart = {name: inside[name] - float(mean[name]) for name in span.index}
    variance = _means(inside.select(**{name: value * value for name, value in apart.items()}))
    return Scaler(scaling, low[span.index] + mean * span, np.sqrt(variance) * span)


def cells(customers: ir.Table, scaler: Scaler, *, most: int = CELLS) -> pd.DataFrame:
    """One row per cell, in their order: the mean of each scaled feature, and `customers`, how many it is of.

    Each different customer is a cell where there are no more than `most` of them. Otherwise cells are boxes, as wide at the mean as `width`
    and wider away from it, by as much as the distance in standard deviations: where customers are few, spans are wide.

    Args:
        customers: One row per customer, with the features in raw units.
        scaler: Of what `scaler_of` returns.
        most: Of cells; the finest of those tried that are no more.
    """
    scaled = customers.select(**scaler.expressed(customers))
    names, width = list(scaled.columns), 0.0
    while True:
        keyed = scaled.mutate(**{f"_{name}": _key(scaled[name], width) for name in names})
        keys = [f"_{name}" for name in names]
        count = int(keyed.select(*keys).distinct().count().to_pyarrow().as_py())
        if count <= most:
            break
        width = width * max(_COARSER, (count / most) ** (1 / len(names))) if width else _FINEST
    sums = {name: keyed[name].cast(_EXACT).sum().cast("float64") / keyed.count() for name in names}
    counted = keyed.group_by(keys).aggregate(customers=keyed.count(), **sums).order_by(keys)
    found: pd.DataFrame = counted.select(*names, "customers").to_pyarrow().to_pandas()
    return found


def _key(scaled: ir.NumericColumn, width: float) -> ir.NumericColumn:
    """The box that a value is in along one feature; the value itself where boxes have no width."""
    if not width:
        return scaled
    return (scaled.sign() * (1.0 + scaled.abs()).ln() / width).floor().cast("int64")


def _ends(customers: ir.Table, features: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """The lowest and the highest value of each feature, raw."""
    asked = {f"least_{name}": customers[name].min() for name in features} | {f"most_{name}": customers[name].max() for name in features}
    found = customers.aggregate(**asked).to_pyarrow().to_pylist()[0]
    least, most = (pd.Series({name: float(found[f"{end}_{name}"]) for name in features}) for end in ("least", "most"))
    return least, most


def _means(values: ir.Table) -> pd.Series:
    """The mean of each column; none goes much beyond 1."""
    sums = {name: values[name].cast(_EXACT).sum().cast("float64") for name in values.columns}
    found = values.aggregate(_count=values.count(), **sums).to_pyarrow().to_pylist()[0]
    return pd.Series({name: found[name] / found["_count"] for name in values.columns})
