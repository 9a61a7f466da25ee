"""Two features of every customer against each other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from webapp.figures.base import Figure, add, arrange, axis_title, blank, customers
from webapp.theme import Theme, persona_colours, persona_symbols


def draw(frame: pd.DataFrame, theme: Theme, *, across: str, up: str, units: dict[str, str], personas: Sequence[str]) -> Figure:
    """Scatter of two features; one row per customer: customer_id, persona, and both features."""
    colours, symbols = persona_colours(personas), persona_symbols(personas)
    figure = blank(theme, hovermode="closest", showlegend=True)
    add(
        figure,
        [
            {
                "type": "scattergl",
                "name": name,
                "x": rows[across].to_numpy(np.float32),
                "y": rows[up].to_numpy(np.float32),
                **customers(rows["customer_id"], f"{name}<br>%{{x:,}}, %{{y:,}}"),
                "mode": "markers",
                "marker": {"size": 8 if len(frame) < 2_000 else 5, "opacity": 0.85, "color": colours[name], "symbol": symbols[name]},
            }
            for name in personas
            if len(rows := frame[frame["persona"] == name])
        ],
    )
    arrange(
        figure,
        xaxis={"title": {"text": axis_title(across, units.get(across, ""))}, "zeroline": False},
        yaxis={"title": {"text": axis_title(up, units.get(up, ""))}, "zeroline": False},
    )
    return figure
