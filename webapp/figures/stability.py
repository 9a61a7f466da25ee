"""How surely each persona and each cluster is found again, with the bounds of the grades."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline import formats
from webapp.figures.base import Figure, above, add, arrange, blank, horizontal, upright
from webapp.theme import INK, MUTED, Theme


def draw(frame: pd.DataFrame, theme: Theme, *, labels: Sequence[str], colours: Sequence[str], bounds: Mapping[str, float]) -> Figure:
    """Horizontal bars, the first on top; one row per persona or cluster: value, the mean Jaccard, 0 to 1.

    `bounds` are grades with the value that each begins at; they stand too close for one line of words.
    """
    figure = blank(theme, bargap=0.14, showlegend=False)
    texts = [formats.score(value) for value in frame["value"]]
    inside = {"textfont": {"size": 11}, "insidetextanchor": "start", "hovertemplate": "%{y}: %{x:.3f}<extra></extra>"}
    add(figure, [horizontal(labels, frame["value"].to_list(), texts, colours, **inside)])
    arrange(
        figure,
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "type": "category",
            "tickfont": {"size": 12},
            "dtick": 1,
            "ticklabelstandoff": 6,
        },
        xaxis={"range": [0, 1], "title": {"text": "mean Jaccard"}, "tickvals": [0, 0.5, 1], "tickangle": 0},
        shapes=[upright(bound, INK[theme]) for bound in bounds.values()],
        annotations=[
            above(bound, f"{grade} from {bound:.2f}", MUTED[theme], size=11, up=2 + 16 * at, xanchor="right")
            for at, (grade, bound) in enumerate(bounds.items())
        ],
        margin={"t": 8 + 16 * len(bounds)},
    )
    return figure
