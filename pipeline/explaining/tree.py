"""A shallow tree that tells some customers from all others, and the ways through it that lead to them."""

import math
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from pipeline.explaining.bounds import Bound, Rule

# How many bounds a rule may have. More would describe better and be read by nobody.
_DEPTH = 3

# The least that a leaf holds, as a share of those to be told apart: smaller ones describe accidents.
_LEAF = 0.05


def paths(features: pd.DataFrame, members: np.ndarray) -> list[Rule]:
    """The ways to the leaves where most customers are members, from left to right; none where no split helps.

    Every customer weighs the same: weighing members as much as all others finds more of a small group, and more of others with it.

    Args:
        features: Shape (customers, features), raw units.
        members: Shape (customers,), whom to tell from the rest.

    Returns:
        Each way as the bounds it passes, one per split, on values that customers have.
    """
    if members.all():
        return []
    # The library compares in single precision, and a tree depends only on the order of values: it is given their ranks.
    values, ranks = zip(*(np.unique(features[name], return_inverse=True) for name in features), strict=True)
    leaf = math.ceil(_LEAF * members.sum())
    fitted = DecisionTreeClassifier(max_depth=_DEPTH, min_samples_leaf=leaf, random_state=0).fit(np.column_stack(ranks), members)
    found = _below(fitted.tree_, 0, (), list(zip(features.columns, values, strict=True)))
    return [path for path in found if path]


def _below(tree: Any, node: int, path: Rule, columns: list[tuple[str, np.ndarray]]) -> list[Rule]:
    if tree.children_left[node] == tree.children_right[node]:
        return [path] if tree.value[node, 0, 1] > 0.5 else []
    name, values = columns[tree.feature[node]]
    rank = int(tree.threshold[node])
    left = (*path, Bound(name, most=float(values[rank])))
    right = (*path, Bound(name, least=float(values[rank + 1])))
    found = [*_below(tree, tree.children_left[node], left, columns), *_below(tree, tree.children_right[node], right, columns)]
    # A split whose two sides are both taken whole says nothing.
    return [path] if found == [left, right] else found
