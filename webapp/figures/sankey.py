"""Who went from where to where: groups before on the left, groups after on the right, and the flows between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, blank, wrapped
from webapp.theme import FAINT, SURFACE, Theme

# Pixels: of the whole, beside it, and above, below and between two groups, where the words of small ones have to fit.
HEIGHT = 480
_BESIDE, _ABOVE, _GAP = 8, 16, 32
# Of a name and its value beside a group, so that those of both sides fit beside each other on a phone.
_LETTERS = 18
# Those who stay are the most, and not what the chart is about.
_OPACITY_OF_MOVED, _OPACITY_OF_STAYED = "80", "66"


@dataclass(frozen=True)
class Node:
    """A group on one side.

    Attributes:
        name: What flows call it; the same on both sides where it is the same group.
        colour: As #rrggbb.
        value: What flows out of it, or into it.
        text: The value as it is written beside the name.
    """

    name: str
    colour: str
    value: float
    text: str


def draw(flows: pd.DataFrame, theme: Theme, *, left: Sequence[Node], right: Sequence[Node]) -> Figure:
    """Sankey chart; one row per flow: source and target (names of groups on the left and on the right), value, text (said on hover).

    Groups stand in the order given; those of no value are left out. A flow between groups of one name is drawn in grey, any other in the
    colour of where it comes from.
    """
    sides = [[node for node in nodes if node.value > 0] for nodes in (left, right)]
    figure = blank(theme, margin={"l": _BESIDE, "r": _BESIDE, "t": _ABOVE, "b": _ABOVE})
    figure["data"].append(
        {"type": "sankey", "arrangement": "fixed", "textfont": _words(theme), "node": _nodes(sides), "link": _links(flows, sides, theme)}
    )
    return figure


def _words(theme: Theme) -> dict[str, Any]:
    """Flows pass behind words, and each is to be read before them."""
    return {"size": 11, "shadow": ", ".join([f"0 0 2px {SURFACE[theme]}"] * 4)}


def _nodes(sides: Sequence[Sequence[Node]]) -> dict[str, Any]:
    nodes = [node for side in sides for node in side]
    return {
        "label": [_label(node) for node in nodes],
        "color": [node.colour for node in nodes],
        "customdata": [f"{escape(node.name, quote=False)}: {node.text}" for node in nodes],
        "hovertemplate": "%{customdata}<extra></extra>",
        # Plotly takes 0 for a place that is not given.
        "x": np.repeat(np.array([0.001, 0.999], np.float32), [len(side) for side in sides]),
        "y": _places(sides),
        "thickness": 12,
        "pad": _GAP,
        "line": {"width": 0},
    }


def _links(flows: pd.DataFrame, sides: Sequence[Sequence[Node]], theme: Theme) -> dict[str, Any]:
    first, last = ({node.name: number for number, node in enumerate(side)} for side in sides)
    known = flows[flows["source"].isin(list(first)) & flows["target"].isin(list(last))]
    colours = {node.name: f"{node.colour}{_OPACITY_OF_MOVED}" for node in sides[0]}
    stayed = f"{FAINT[theme]}{_OPACITY_OF_STAYED}"
    return {
        "source": np.array([first[name] for name in known["source"]], np.float32),
        "target": np.array([len(first) + last[name] for name in known["target"]], np.float32),
        "value": known["value"].to_numpy(np.float32),
        "color": [stayed if one == other else colours[one] for one, other in zip(known["source"], known["target"], strict=True)],
        "customdata": known["text"].to_list(),
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _label(node: Node) -> str:
    # The value is never torn apart.
    value = node.text.replace(" ", "\N{NO-BREAK SPACE}")
    return wrapped(f"{escape(node.name, quote=False)} {value}", _LETTERS)


def _places(sides: Sequence[Sequence[Node]]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Where the middle of each group is, from 0 at the top to 1: one below the other, and the smaller side in the middle."""
    total = max(sum(node.value for node in nodes) for nodes in sides) or 1.0
    room = HEIGHT - 2 * _ABOVE
    scale = (room - _GAP * (max(map(len, sides)) - 1)) / total
    places: list[float] = []
    for nodes in sides:
        heights = [node.value * scale for node in nodes]
        top = (room - sum(heights) - _GAP * (len(nodes) - 1)) / 2
        for height in heights:
            places.append((top + height / 2) / room)
            top += height + _GAP
    return np.array(places, np.float32)
