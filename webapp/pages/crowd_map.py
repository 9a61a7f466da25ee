"""The map of a dataset of more customers than can be drawn one by one: an image, sharper where the reader zooms in."""

import math
from typing import Any

from pipeline import formats
from webapp.components.card import Chart
from webapp.crowd import CELLS
from webapp.figures import density
from webapp.figures import map as map_figure
from webapp.figures.base import Figure
from webapp.figures.density import Ink, Raster
from webapp.figures.map import Marked
from webapp.pages.ask import Ask
from webapp.theme import Theme, persona_colours
from webapp.views import density as where
from webapp.views import segments
from webapp.views.density import Part
from webapp.views.scope import Scope

_NOTE = (
    "Each cell of the image holds all customers who lie in it: the stronger, the more. {} Customers of the rarest clusters are points; a "
    "click opens the record. Zoom in for smaller cells; draw a lasso or a box to select. {}Customers who are alike lie close together "
    "(UMAP); the axes have no unit."
)
_SAMPLED = "Where filters leave more than {} customers, the image of the whole map is made of one in {}. "
_COLOURS = {
    "persona": "Its colour is the persona that most of them have.",
    "cluster": "Its colour is the cluster that most of them are in.",
}


def chart(scope: Scope, theme: Theme, colour: str) -> Chart:
    """The map without what is shown on it, and the words for the customers who are left."""
    names = segments.persona_names(scope)
    # All that is drawn on the map can be selected there.
    counts = where.by_persona(scope.outside_the_map())
    shares = [formats.share(count / max(counts.sum(), 1)) for count in counts]
    largest = int(counts.argmax())
    finding = f"Largest group here: {names[largest]}, {shares[largest]} of the customers"
    rows = [[name, formats.count(count), share] for name, count, share in zip(names, counts, shares, strict=True) if count]
    assert scope.crowd is not None
    about = _COLOURS.get(colour, "Its colour is their mean.")
    every = scope.crowd.every
    sampled = _SAMPLED.format(formats.count(scope.snapshot.most), formats.count(every)) if every > 1 else ""
    note = _NOTE.format(about, sampled)
    return Chart(finding, _empty(scope, theme, colour), ("Persona", "Customers", "Share"), rows, note)


def shown(ask: Ask, scope: Scope, colour: str, part: Part | None = None) -> dict[str, Any]:
    """What the customers looked at come to on the map, see `assets/map.js`; `part` is what the reader zoomed to."""
    return {**_seen(scope, ask.theme, colour, part), "search": ask.search.removeprefix("?")}


def _seen(scope: Scope, theme: Theme, colour: str, part: Part | None = None) -> dict[str, Any]:
    around, ink = scope.outside_the_map(), _ink(scope, theme, colour)
    count = CELLS if part is None else CELLS * 3 // 2
    part = part and _around(part)
    if part is None and scope.filters:
        around = around.drawn(int(where.by_persona(around).sum()))
    # Beside a map of few who are chosen by nothing on it stand the months of the same customers.
    few = part is None and scope.filters and not scope.filters.area and around.every == 1
    shared = few and scope.sells and colour == "persona"
    found = where.shared_cells(around) if shared else where.cells(around, colour, part, count)
    raster = _raster(part or _whole(scope), count)
    found = _placed(scope, found, colour)
    picture = density.image(raster, found, ink, scope.filters.area)
    points = density.points(_placed(scope, where.rarest(around, colour), colour), ink)
    names = [] if ink.low is not None else [ink.names[at] for at in sorted(set(found["value"].to_list()))]
    layout = {**map_figure.selection(scope.filters.area, theme), "images": [picture]}
    return {"traces": points, "layout": layout, "names": names, "whole": _whole(scope)}


def marked(scope: Scope, theme: Theme, customer: Marked) -> Figure:
    """The map of everybody with one customer pointed at."""

    def make() -> Figure:
        seen = _seen(scope.all(), theme, "persona")
        figure = _empty(scope, theme, "persona")
        faint = [{**image, "opacity": 0.55} for image in seen["layout"]["images"]]
        return {"data": seen["traces"], "layout": {**figure["layout"], **seen["layout"], "images": faint}}

    return map_figure.mark(scope.snapshot.once(("marked map", scope.name, theme), make), customer, theme)


def part_of(numbers: Any) -> Part | None:
    """What a browser says it shows: left, low, right, high; None for anything else."""
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(isinstance(number, int | float) for number in numbers):
        return None
    left, low, right, high = (round(float(number), 3) for number in numbers)
    whole = all(math.isfinite(number) and abs(number) < 1e6 for number in (left, low, right, high))
    return (left, low, right, high) if whole and left < right and low < high else None


def _empty(scope: Scope, theme: Theme, colour: str) -> Figure:
    places: dict[str, tuple[str, float, float]] = {}
    personas = segments.cluster_personas(scope)
    for cluster, (x, y) in where.middles(scope).items():
        if colour == "persona":
            places.setdefault(personas[cluster], (personas[cluster], x, y))
        elif colour == "cluster":
            places[f"Cluster {cluster}"] = (str(cluster), x, y)
    return density.draw(_whole(scope), theme, ink=_ink(scope, theme, colour), places=places)


def _whole(scope: Scope) -> Part:
    assert scope.crowd is not None
    return scope.crowd.whole


def _raster(part: Part, count: int) -> Raster:
    left, low, right, high = part
    return Raster(left, low, (max(right - left, high - low) / count) or 1.0, count)


def _around(part: Part) -> Part:
    """A part of the map with a quarter of it on each side: what comes into sight when it is moved a little."""
    left, low, right, high = part
    width, height = (right - left) / 4, (high - low) / 4
    return left - width, low - height, right + width, high + height


def _ink(scope: Scope, theme: Theme, colour: str) -> Ink:
    names = segments.persona_names(scope)
    if colour == "persona":
        return Ink(names, list(persona_colours(names).values()))
    if colour == "cluster":
        colours = map_figure.cluster_colours(segments.clusters(scope.all())[["cluster", "persona"]], names)
        return Ink(
            [f"Cluster {cluster}" for cluster in segments.cluster_personas(scope)], [colours[c] for c in segments.cluster_personas(scope)]
        )
    return density.ink_of_feature(colour, scope.units[colour], *where.ends(scope, colour), theme)


def _placed(scope: Scope, found: Any, colour: str) -> Any:
    """Clusters as their places in the legend."""
    if colour != "cluster":
        return found
    places = {cluster: at for at, cluster in enumerate(segments.cluster_personas(scope))}
    return found.assign(value=found["value"].map(places))
