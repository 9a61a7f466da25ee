"""Profiles as a heat map: the mean of each persona in each feature, coloured by how far it is from the average of all customers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from pipeline import formats
from pipeline.palette import DIVERGING
from pipeline.report import style, typeset
from pipeline.report.content import Content
from pipeline.report.style import BODY, LABEL, Style

# Standard deviations at which the colour ends.
_END = 2.0
# Beyond it the colour is dark, and what stands on it white.
_DARK = 1.4
# Between a cell's edge and its words, in millimetres.
_INSIDE = 1.0
_COLOURS = LinearSegmentedColormap.from_list("diverging", DIVERGING["light"])
NOTE = f"Colour: above (blue) or below (orange) the average of all customers, full at {_END:.0f} standard deviations."


def draw(axes: Axes, content: Content, names: Sequence[str], *, cell: tuple[float, float]) -> None:
    """Draw the cells of some personas without names of rows and columns; `cell` is the width and height of one, in millimetres."""
    away, means = distances(content).loc[names], content.means.loc[names]
    words = pd.DataFrame({name: [said(content, name, value) for value in means[name]] for name in away.columns})
    font = _font([word for name in words for word in words[name]], cell)
    sns.heatmap(
        away.to_numpy(), ax=axes, cmap=_COLOURS, vmin=-_END, vmax=_END, cbar=False, linewidths=1.2, linecolor="white", xticklabels=False,
        yticklabels=False, annot=words.to_numpy() if font else False, fmt="", annot_kws={"font": font.font, "va": "center"} if font else {},
    )  # fmt: skip
    for text, value in zip(axes.texts, away.to_numpy().ravel(), strict=False):
        text.set_color("white" if abs(value) > _DARK else style.INK)


def distances(content: Content) -> pd.DataFrame:
    """One row per persona: how many standard deviations of all customers its mean is above their mean, by feature."""
    return pd.DataFrame(
        {
            name: (content.means[name] - content.everyone[name]) / content.spreads[name] if content.spreads[name] else 0.0
            for name in content.record.features
        },
        index=content.means.index,
    )


def said(content: Content, feature: str, value: float) -> str:
    """A mean in words; of two categories that are written as 0 and 1, the share of the second."""
    words = {code: word for word, code in content.record.words.get(feature, {}).items()}
    if set(words) == {0.0, 1.0}:
        return f"{formats.share(value)} {words[1.0]}"
    return formats.measure(value, content.record.features[feature], content.currency)


def _font(words: list[str], cell: tuple[float, float]) -> Style | None:
    """The largest in which all words fit into their cells; None where none does."""
    width, height = cell
    for size in np.arange(BODY.size, LABEL.size - 1.5, -0.25):
        found = BODY.sized(float(size))
        if found.line <= height and all(typeset.width(typeset.legible(word), found) <= width - _INSIDE for word in words):
            return found
    return None
