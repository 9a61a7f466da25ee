"""A feature's spread by persona, side by side for the words of a category."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, arrange, axis_title, blank
from webapp.theme import BLUE, BROWN, GREEN, INDIGO, PINK, Theme

_COLOURS = (INDIGO, PINK, GREEN, BROWN, BLUE)


def draw(frame: pd.DataFrame, theme: Theme, *, feature: str, unit: str, personas: Sequence[str]) -> Figure:
    """Box plot from quantiles; one row per persona and word: persona, word, low, q1, median, q3, high (5, 25, 50, 75, 95 %)."""
    figure = blank(theme, boxmode="group", showlegend=True, boxgap=0.35)
    for word, colour in zip(sorted(frame["word"].unique()), _COLOURS * len(frame), strict=False):
        rows = frame[frame["word"] == word].set_index("persona")
        rows = rows.loc[[name for name in personas if name in rows.index]]
        quantiles = {key: rows[column].to_numpy(np.float32) for key, column in _PARTS.items()}
        figure["data"].append(dict(type="box", name=word, x=list(rows.index), marker={"color": colour}, line={"width": 1.5}, **quantiles))
    arrange(
        figure,
        yaxis={"title": {"text": axis_title(feature, unit)}, "zeroline": False},
        xaxis={"showgrid": False, "categoryorder": "array", "categoryarray": list(personas)},
    )
    return figure


_PARTS = {"lowerfence": "low", "q1": "q1", "median": "median", "q3": "q3", "upperfence": "high"}
