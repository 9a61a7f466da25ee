"""How reports look: the font that ships with them, sizes, and colours, of the light theme."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from pipeline import palette

FONT = "Inter"
INK, MUTED, GRID, FAINT = palette.INK["light"], palette.MUTED["light"], palette.GRID["light"], palette.FAINT["light"]
# Behind the word that data is made up.
CAUTION, ON_CAUTION = "#fff4d6", "#7a4b00"
_FILES = tuple(Path(__file__).parent / "fonts" / f"Inter-{name}.ttf" for name in ("Regular", "SemiBold"))
_LOOK: Any = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "white",
    "font.family": [FONT],
    "font.size": 8,
    "pdf.fonttype": 42,  # outlines as they are, so that text can be searched, copied and edited
    "svg.fonttype": "path",  # whoever opens it need not have the font
    "svg.hashsalt": "clientele",  # else every file has ids of its own
    "text.color": INK,
    "text.parse_math": False,  # a price list may say $9 and $12 in one line
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


@dataclass(frozen=True)
class Style:
    """How text is set: size in points, weight, colour, and the distance of its lines as a multiple of the size."""

    size: float
    weight: int = 400
    colour: str = INK
    leading: float = 1.38

    def sized(self, size: float) -> "Style":
        """The same in another size."""
        return replace(self, size=size)

    @property
    def font(self) -> FontProperties:
        """As matplotlib knows it."""
        return _font(self.size, self.weight)

    @property
    def line(self) -> float:
        """From one line to the next, in millimetres."""
        return self.size * self.leading * MM_PER_POINT


MM_PER_POINT = 25.4 / 72
TITLE = Style(19, 600)
FIGURE = Style(14, 600)
HEADING = Style(9.5, 600)
NAME = Style(8, 600)
BODY = Style(8)
SMALL = Style(7)
NOTE = Style(7, colour=MUTED)
LABEL = Style(6.5, 600, MUTED)


@contextmanager
def look() -> Iterator[None]:
    """Have all that is drawn within the block look like a report."""
    register()
    with mpl.rc_context(_LOOK):
        yield


@cache
def register() -> None:
    """Have matplotlib know the font."""
    for path in _FILES:
        font_manager.fontManager.addfont(path)


@cache
def characters() -> frozenset[int]:
    """What the font has a sign for."""
    return frozenset(font_manager.get_font(str(_FILES[0])).get_charmap())


@cache
def _font(size: float, weight: int) -> FontProperties:
    register()
    return FontProperties(family=FONT, size=size, weight=weight)
