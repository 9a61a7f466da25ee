"""Rectangles on a page, in millimetres from its upper left corner."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle: where it begins, and how large it is, in millimetres."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends, downwards."""
        return self.top + self.height

    def columns(self, *weights: float, gap: float) -> list["Box"]:
        """Boxes side by side that fill it, as wide as their weights say, `gap` between them."""
        unit = (self.width - gap * (len(weights) - 1)) / sum(weights)
        found, left = [], self.left
        for weight in weights:
            found.append(Box(left, self.top, unit * weight, self.height))
            left += unit * weight + gap
        return found

    def below(self, height: float) -> "Box":
        """What is left of it without so much at its top."""
        return Box(self.left, self.top + height, self.width, self.height - height)

    def upper(self, height: float) -> "Box":
        """So much of it at its top."""
        return Box(self.left, self.top, self.width, height)

    def beside(self, width: float) -> "Box":
        """What is left of it without so much at its left."""
        return Box(self.left + width, self.top, self.width - width, self.height)
