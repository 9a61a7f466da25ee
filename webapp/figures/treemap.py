"""Personas as areas."""

from collections.abc import Sequence

import numpy as np

from webapp.figures.base import Figure, blank
from webapp.theme import Theme, persona_colours


def draw(names: Sequence[str], values: Sequence[float], texts: Sequence[str], theme: Theme, *, personas: Sequence[str]) -> Figure:
    """Treemap; `texts` says each value in words."""
    colours = persona_colours(personas)
    # A name that does not fit in a legible size is left to the table.
    figure = blank(theme, uniformtext={"minsize": 11, "mode": "hide"})
    figure["data"].append(
        {
            "type": "treemap",
            "labels": list(names),
            "parents": [""] * len(names),
            "values": np.asarray(values, np.float32),
            "text": list(texts),
            "texttemplate": "<b>%{label}</b><br>%{text}",
            "hovertemplate": "%{label}<br>%{text}<extra></extra>",
            "marker": {"colors": [colours[name] for name in names], "line": {"width": 0}, "pad": {"t": 0, "l": 0, "r": 0, "b": 0}},
            "tiling": {"pad": 3},
            "textfont": {"color": "#ffffff", "size": 14},
            "pathbar": {"visible": False},
        }
    )
    return figure
