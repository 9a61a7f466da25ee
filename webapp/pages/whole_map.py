"""The map of everybody in a dataset, drawn once per run, and which of its points filters leave."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from webapp.figures import map as map_figure
from webapp.figures.base import Figure
from webapp.theme import Theme
from webapp.views import customers, segments
from webapp.views.scope import Scope


@dataclass(frozen=True)
class WholeMap:
    """Everybody.

    Attributes:
        figure: The map.
        order: Positions of the customers, in the order of the table, as the map has them.
        personas: Each customer's place in the list of personas, in the order of the table.
    """

    figure: Figure
    order: np.ndarray[Any, Any]
    personas: np.ndarray[Any, Any]


def whole_map(scope: Scope, theme: Theme, colour: str = "persona") -> WholeMap:
    """The map of a dataset whatever the filters, coloured by persona, cluster or a feature."""

    def make() -> WholeMap:
        points, names = customers.points(scope.all(), colour), segments.persona_names(scope)
        figure = map_figure.draw(points, theme, personas=names, colour=colour, unit=scope.units.get(colour, ""))
        places = {name: place for place, name in enumerate(names)}
        personas = np.fromiter((places[name] for name in points["persona"]), np.uint8, len(points))
        return WholeMap(figure, map_figure.order(points, names, colour), personas)

    return scope.snapshot.once(("map", scope.name, theme, colour), make)
