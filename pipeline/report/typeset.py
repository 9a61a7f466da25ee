"""Text measured, and broken into lines that fit."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.textpath import text_to_path

from pipeline.report.style import MM_PER_POINT, Style, characters

CUT = "…"
# In place of what the font has no sign for.
_UNKNOWN = "\N{WHITE SQUARE}"
# A number stays with its sign, as in 38 % and £1.2 m.
_TOGETHER = re.compile(r"(?<=\d) (?=(?:%|k|m|bn|tn)(?:\W|$))")
_NO_BREAK = "\N{NO-BREAK SPACE}"
# Points by which text that is too long is set smaller, and the smallest that can be read on paper.
_STEP, _SMALLEST = 0.25, 5.5


def legible(text: str) -> str:
    """Text on one line, of characters that the font has."""
    return "".join(sign if sign.isprintable() and ord(sign) in characters() else _UNKNOWN for sign in " ".join(text.split()))


@lru_cache(maxsize=50_000)
def width(text: str, style: Style) -> float:
    """How wide a line is, in millimetres."""
    found, _, _ = text_to_path.get_text_width_height_descent(text, style.font, ismath=False)
    return float(found) * MM_PER_POINT


def wrapped(text: str, most: float, style: Style) -> list[str]:
    """Text in lines of at most `most` millimetres; a word that is longer than a line is broken."""
    lines, line = [], ""
    for word in (part for whole in _TOGETHER.sub(_NO_BREAK, legible(text)).split(" ") for part in _broken(whole, most, style)):
        longer = f"{line} {word}" if line else word
        if line and width(longer, style) > most:
            lines.append(line)
            line = word
        else:
            line = longer
    return [found.replace(_NO_BREAK, " ") for found in ([*lines, line] if line else lines)]


def shortened(text: str, most: float, style: Style) -> str:
    """One line; what has no room is cut off, and three dots say so."""
    text = legible(text)
    if width(text, style) <= most:
        return text
    while text and width(text + CUT, style) > most:
        text = text[:-1].rstrip()
    return text + CUT


def fitted(text: str, most: float, height: float, style: Style) -> tuple[list[str], Style]:
    """Lines that fit into a width and a height, in millimetres, set smaller if need be; at the smallest, the rest is cut off."""
    size = style.size
    while True:
        smaller = style.sized(size)
        lines = wrapped(text, most, smaller)
        if len(lines) * smaller.line <= height:
            return lines, smaller
        if size - _STEP < _SMALLEST:
            break
        size -= _STEP
    room = max(int(height / smaller.line), 1)
    return [*lines[: room - 1], shortened(" ".join(lines[room - 1 :]), most, smaller)], smaller


def stacked(texts: Sequence[str], most: float, height: float, between: float, style: Style) -> tuple[list[list[str]], Style]:
    """Lines of texts below each other, `between` millimetres apart, all in the largest size in which they fit; see `fitted`."""
    for step in range(int((style.size - _SMALLEST) / _STEP) + 1):
        smaller = style.sized(style.size - step * _STEP)
        found = [wrapped(text, most, smaller) for text in texts]
        # As a sum: what is left of the height once the rest is taken off may lack the last bit of what lines that fill it need.
        if sum(map(len, found)) * smaller.line + (len(texts) - 1) * between <= height:
            return found, smaller
    room = height - (len(texts) - 1) * between
    return [fitted(text, most, room / len(texts), smaller)[0] for text in texts], smaller


def _broken(word: str, most: float, style: Style) -> list[str]:
    """A word in pieces that are no longer than a line."""
    pieces = []
    while width(word, style) > most and len(word) > 1:
        at = max(bisect_right(range(1, len(word)), most, key=lambda at: width(word[:at], style)), 1)
        pieces.append(word[:at])
        word = word[at:]
    return [*pieces, word]
