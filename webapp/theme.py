"""The look of charts, in light and in dark, and which colours and markers are whose."""

from collections.abc import Iterable
from typing import Any

from pipeline.palette import (
    BLUE,
    BROWN,
    DIVERGING,
    FAINT,
    GREEN,
    GRID,
    INDIGO,
    INK,
    MUTED,
    OTHER,
    PALETTE,
    PINK,
    RED,
    SEQUENTIAL,
    SURFACE,
    Theme,
    persona_colours,
    shades,
)

__all__ = [
    "BLUE", "BROWN", "DIVERGING", "FAINT", "FONT", "GREEN", "GRID", "INDIGO", "INK", "MUTED", "OTHER", "PALETTE", "PINK", "RED",
    "SEQUENTIAL", "SURFACE", "SYMBOLS", "TEMPLATES", "Theme", "persona_colours", "persona_symbols", "shades", "template",
]  # fmt: skip

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "pentagon")
FONT = "Inter, system-ui, sans-serif"


def persona_symbols(names: Iterable[str]) -> dict[str, str]:
    """Persona to its marker: colour is never the only carrier."""
    return {name: SYMBOLS[at % len(SYMBOLS)] for at, name in enumerate(names)}


def template(theme: Theme) -> dict[str, Any]:
    """The look of every chart."""
    axis = {
        "gridcolor": GRID[theme],
        "zerolinecolor": GRID[theme],
        "linecolor": GRID[theme],
        "tickfont": {"color": MUTED[theme], "size": 12},
        "title": {"font": {"color": MUTED[theme], "size": 12}, "standoff": 8},
        "automargin": True,
        "ticks": "",
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": INK[theme]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE),
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"orientation": "h", "y": -0.16, "x": 0, "font": {"size": 12}, "title": {"text": ""}, "itemsizing": "constant"},
            "hoverlabel": {
                "bgcolor": SURFACE[theme],
                "bordercolor": FAINT[theme],
                "font": {"color": INK[theme], "family": FONT, "size": 13},
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED[theme], "activecolor": INDIGO, "orientation": "h"},
            "polar": {
                "bgcolor": "rgba(0,0,0,0)",
                "radialaxis": {"gridcolor": GRID[theme], "tickfont": {"color": MUTED[theme], "size": 11}, "linecolor": GRID[theme]},
                "angularaxis": {"gridcolor": GRID[theme], "linecolor": GRID[theme]},
            },
            "transition": {"duration": 0},
        }
    }


TEMPLATES: dict[Theme, dict[str, Any]] = {"light": template("light"), "dark": template("dark")}
