"""Where a customer would be placed, were their figures others: by the published centres, nothing being fitted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from webapp.views import segments
from webapp.views.scope import Scope


@dataclass(frozen=True)
class Placed:
    """A place among the clusters.

    Attributes:
        cluster: The nearest.
        persona: Its persona.
        distance: To its centre, in standard deviations of the scaled features.
        other: The persona of the nearest cluster that has another one; empty where there is none.
        other_distance: To the centre of that.
    """

    cluster: int
    persona: str
    distance: float
    other: str = ""
    other_distance: float = 0.0

    @property
    def margin(self) -> float:
        """How much farther the other persona is, as a share of its distance: 0 is undecided, 1 is on the own centre."""
        return (self.other_distance - self.distance) / self.other_distance if self.other_distance else 0.0


def place(scope: Scope, values: Mapping[str, float]) -> Placed:
    """Where a customer of these features, in raw units, would be placed; of equally near clusters the lowest number counts.

    Features that clusters are not made of, because all customers are alike in them, have no say.
    """
    centres = _centres(scope)
    scaler = centres.drop_duplicates("feature").set_index("feature")
    point = pd.Series({name: float(values[name]) for name in scaler.index}, dtype=float)
    point = np.log1p(point) if scope.record.settings["scaling"] == "log" else point
    point = (point - scaler["mean"]) / scaler["spread"]
    squares = (centres["centre"] - centres["feature"].map(point)) ** 2
    distances = np.sqrt(squares.groupby(centres["cluster"]).sum())
    personas = pd.Series(segments.cluster_personas(scope)).loc[distances.index]
    own = distances.idxmin()
    others = distances[personas != personas[own]]
    if others.empty:
        return Placed(int(own), personas[own], float(distances[own]))
    return Placed(int(own), personas[own], float(distances[own]), personas[others.idxmin()], float(others.min()))


def _centres(scope: Scope) -> pd.DataFrame:
    """One row per cluster and feature: cluster, feature, centre (scaled), mean, spread; by cluster."""
    sql = f"SELECT cluster, feature, centre, mean, spread FROM {scope.table('centres')} ORDER BY cluster"
    return scope.snapshot.once(("centres", scope.name), lambda: scope.snapshot.frame(sql))
