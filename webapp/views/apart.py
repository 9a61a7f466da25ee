"""How far one customer is from the centres of the clusters. Reckoned here: to plan it as a question, the engine takes milliseconds."""

import math
from collections.abc import Mapping
from typing import Any

from webapp.views.scope import Scope


def squares(scope: Scope, customer: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """Along each feature that clusters are made of, the square of the distance to each centre.

    `placing.squares` says the same of the customers of a table.

    Args:
        scope: The dataset.
        customer: Each of these features, in raw units.

    Returns:
        Cluster, the lowest number first, to feature to the square, in standard deviations of the scaled feature.
    """
    is_log, found = scope.record.settings["scaling"] == "log", dict[int, dict[str, float]]()
    for row in _centres(scope):
        value = float(customer[row["feature"]])
        scaled = ((math.log1p(value) if is_log else value) - row["mean"]) / row["spread"]
        found.setdefault(row["cluster"], {})[row["feature"]] = (scaled - row["centre"]) ** 2
    return found


def _centres(scope: Scope) -> list[dict[str, Any]]:
    sql = f"SELECT cluster, feature, centre, mean, spread FROM {scope.table('centres')} ORDER BY cluster"
    return scope.snapshot.once(("centres", scope.name), lambda: scope.snapshot.rows(sql))
