"""Where a customer would be placed, were their figures others: by the published centres, nothing being fitted."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.views import apart, segments
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
    distances = {cluster: math.sqrt(sum(along.values())) for cluster, along in apart.squares(scope, values).items()}
    personas = segments.cluster_personas(scope)
    own = min(distances, key=lambda number: distances[number])
    others = {number: distance for number, distance in distances.items() if personas[number] != personas[own]}
    if not others:
        return Placed(own, personas[own], distances[own])
    other = min(others, key=lambda number: others[number])
    return Placed(own, personas[own], distances[own], personas[other], others[other])
