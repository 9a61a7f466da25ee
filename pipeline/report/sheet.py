"""One page: what is drawn on it is placed in millimetres from its upper left corner."""

from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from pipeline.report import style, typeset
from pipeline.report.box import Box
from pipeline.report.style import MM_PER_POINT, Style

A4 = (297.0, 210.0)
# The side of a mark, in millimetres, and by how much its corners are rounded.
MARK, _ROUND = 2.4, 0.6
_MM_PER_INCH = 25.4
# Of the size of a text, how far its baseline is below the top of its line.
_BASELINE = 0.95
Align = Literal["left", "right", "center"]


class Sheet:
    """A page of so many millimetres.

    Attributes:
        figure: What matplotlib has of it.
        box: All of it.
    """

    def __init__(self, size: tuple[float, float] = A4) -> None:
        """An empty page, by default A4 across."""
        self.box = Box(0, 0, *size)
        self.figure = Figure((size[0] / _MM_PER_INCH, size[1] / _MM_PER_INCH))

    def line(self, words: str, left: float, top: float, of: Style, *, most: float | None = None, align: Align = "left") -> None:
        """One line of text; `most` is how wide it may be, `left` its end or middle if it is aligned so."""
        text = typeset.legible(words) if most is None else typeset.shortened(words, most, of)
        down = top + of.size * _BASELINE * MM_PER_POINT + (of.leading - 1) / 2 * of.size * MM_PER_POINT
        self.figure.text(left / self.box.width, 1 - down / self.box.height, text, font=of.font, color=of.colour, ha=align, va="baseline")

    def lines(self, lines: Sequence[str], left: float, top: float, of: Style, *, align: Align = "left") -> float:
        """Lines below each other; returns where the next would begin."""
        for at, line in enumerate(lines):
            self.line(line, left, top + at * of.line, of, align=align)
        return top + len(lines) * of.line

    def paragraph(self, words: str, box: Box, of: Style) -> float:
        """Text in lines that fit into a box, set smaller if need be; returns where it ends."""
        lines, smaller = typeset.fitted(words, box.width, box.height, of)
        return self.lines(lines, box.left, box.top, smaller)

    def upright(self, words: str, middle: float, bottom: float, of: Style, *, most: float) -> None:
        """One line of text from below upwards, above a column whose middle is given."""
        text, x, y = typeset.shortened(words, most, of), middle / self.box.width, 1 - bottom / self.box.height
        self.figure.text(x, y, text, font=of.font, color=of.colour, rotation=90, ha="center", va="bottom")

    def rule(self, left: float, top: float, width: float, colour: str = style.GRID) -> None:
        """A hairline."""
        self.fill(Box(left, top, width, 0.2), colour)

    def fill(self, box: Box, colour: str, *, round_by: float = 0) -> None:
        """A filled rectangle, its corners rounded by so many millimetres."""
        at = (box.left / self.box.width, 1 - box.bottom / self.box.height)
        size = (box.width / self.box.width, box.height / self.box.height)
        if not round_by:
            patch: Rectangle | FancyBboxPatch = Rectangle(at, *size)
        else:
            corners = f"round,pad=0,rounding_size={round_by / self.box.width}"
            patch = FancyBboxPatch(at, *size, boxstyle=corners, mutation_aspect=self.box.width / self.box.height)
        patch.set(facecolor=colour, edgecolor="none", transform=self.figure.transFigure)
        self.figure.add_artist(patch)

    def mark(self, colour: str, left: float, top: float) -> None:
        """A square of `MARK` in the colour of what is named beside it."""
        self.fill(Box(left, top, MARK, MARK), colour, round_by=_ROUND)

    def axes(self, box: Box) -> Axes:
        """Room for a chart, which fills the box."""
        at = (box.left / self.box.width, 1 - box.bottom / self.box.height)
        return self.figure.add_axes((*at, box.width / self.box.width, box.height / self.box.height))
