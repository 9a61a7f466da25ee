"""Gradio's theme in the colours of the product; the fonts are the system's and ours, none is fetched."""

from gradio.themes import Base
from gradio.themes.utils import sizes
from gradio.themes.utils.colors import Color

from webapp.theme import INDIGO, INK, MUTED, SURFACE

_FONTS = ("Inter", "system-ui", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")
_INDIGO = Color("#f3f3ff", "#e7e8ff", "#cfd0ff", "#b0b1ff", "#8385ff", INDIGO, "#4a48e0", "#3d3bbd", "#322f96", "#292772", "#17164a")
_GREY = Color("#f6f7f9", "#eef0f4", "#e1e5eb", "#c9d0da", "#9aa7b8", "#6b7788", "#586374", "#39424f", "#2a323d", "#1c232d", "#0e1218")

LOOK = Base(primary_hue=_INDIGO, secondary_hue=_INDIGO, neutral_hue=_GREY, radius_size=sizes.radius_lg, font=_FONTS, font_mono=_MONO).set(
    body_background_fill="*neutral_50",
    body_background_fill_dark="*neutral_950",
    body_text_color=INK["light"],
    body_text_color_dark=INK["dark"],
    body_text_color_subdued=MUTED["light"],
    body_text_color_subdued_dark=MUTED["dark"],
    background_fill_primary=SURFACE["light"],
    background_fill_primary_dark=SURFACE["dark"],
    block_background_fill=SURFACE["light"],
    block_background_fill_dark=SURFACE["dark"],
    input_background_fill=SURFACE["light"],
    input_background_fill_dark=SURFACE["dark"],
    border_color_primary="*neutral_200",
    border_color_primary_dark="*neutral_800",
    button_primary_background_fill="*primary_500",
    button_primary_background_fill_dark="*primary_500",
    button_primary_background_fill_hover="*primary_600",
    button_primary_background_fill_hover_dark="*primary_600",
    button_primary_text_color="white",
    button_primary_text_color_dark="white",
    color_accent="*primary_500",
)
