"""Colours of what is shown, in light and in dark: the same on pages, in reports and in workbooks."""

from collections.abc import Iterable
from typing import Literal

Theme = Literal["light", "dark"]

# Every two differ by 20 or more (CIE 1976) to a reader without red or green cones as to anyone else, and each stands out from
# both backgrounds at 3 to 1 or more: found by search over the RGB cube, checked by a test.
MAGENTA, BLUE, INDIGO, BROWN, RED, PINK, GREEN = "#c300b4", "#1e96f0", "#5a5aff", "#78694b", "#e12d00", "#e15a96", "#2da53c"
PALETTE = (INDIGO, GREEN, MAGENTA, BLUE, RED, PINK, BROWN)
OTHER = "#74808f"

# The names in the field have their colours, whatever else a run holds.
_KNOWN = {
    "Premium / VIP Spenders": MAGENTA,
    "Loyal High Spenders": INDIGO,
    "Potential Loyalists": BLUE,
    "Regular Budget Buyers": GREEN,
    "Low Value Customers": PINK,
    "Churn Risk": RED,
    "Lost Customers": BROWN,
    "High Income Low Spending": INDIGO,
    "Young High Spenders": MAGENTA,
    "Loyal Moderate Spenders": GREEN,
    "Older Low Spending": BROWN,
    "Budget Conscious": BLUE,
    "Middle Income Low Spending": PINK,
    "Older High Spenders": RED,
}

SURFACE: dict[Theme, str] = {"light": "#ffffff", "dark": "#161b22"}
INK: dict[Theme, str] = {"light": "#1c2430", "dark": "#e6eaf0"}
MUTED: dict[Theme, str] = {"light": "#586374", "dark": "#9aa7b8"}
GRID: dict[Theme, str] = {"light": "#e8ebf0", "dark": "#2a323d"}
FAINT: dict[Theme, str] = {"light": "#d5dae2", "dark": "#39424f"}

# From few to many, legible from the first step on.
SEQUENTIAL: dict[Theme, list[str]] = {
    "light": ["#eef1ff", "#c7cdfb", "#9aa3f6", "#7378f2", "#4f49d8", "#332a9c"],
    "dark": ["#1d2233", "#2c3160", "#43459a", "#6063d6", "#8b90f5", "#c3c8ff"],
}
# Below and above the average; the middle is the background.
DIVERGING: dict[Theme, list[str]] = {
    "light": ["#b3470f", "#e3935e", "#f6d9c4", "#f7f8fa", "#c9dcf5", "#6a9fdf", "#1f5fae"],
    "dark": ["#f0915a", "#b3602f", "#5c3a26", "#20262f", "#233f63", "#3a74b8", "#7db4f2"],
}


def persona_colours(names: Iterable[str]) -> dict[str, str]:
    """Persona to its colour: the known ones their own, any others what is left of the palette."""
    names = list(names)
    known = {name: _KNOWN[name] for name in names if name in _KNOWN}
    left = iter([colour for colour in PALETTE if colour not in known.values()])
    return {name: known.get(name) or next(left, OTHER) for name in names}


def shades(colour: str, count: int) -> list[str]:
    """As many shades of a colour as a persona has clusters, the first the colour itself."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))

    def shade(at: int) -> str:
        # Alternately lighter and darker, so that neighbours differ most.
        step = (at + 1) // 2 * 0.5 / max(count // 2, 1)
        towards = 255 if at % 2 else 0
        return "#" + "".join(f"{round(part + (towards - part) * step):02x}" for part in (red, green, blue))

    return [shade(at) for at in range(count)]
