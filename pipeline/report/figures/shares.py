"""What share of customers, and of revenue, each persona has."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from pipeline import formats
from pipeline.palette import INDIGO, OTHER
from pipeline.report import style
from pipeline.report.content import Content
from pipeline.report.style import SMALL

_PARTS = {"share": "of customers", "revenue_share": "of revenue"}
# For what stands at the end of a bar, as a part of what the bars span.
_ROOM = 0.18
COLOURS = {"of customers": OTHER, "of revenue": INDIGO}


def parts(content: Content) -> dict[str, str]:
    """Column to what it is a share of, as far as there is one."""
    return {name: words for name, words in _PARTS.items() if name == "share" or content.earns}


def draw(axes: Axes, content: Content, names: Sequence[str]) -> None:
    """Bars of each of some personas below each other, in their order, unnamed; each says its share at its end."""
    named = parts(content)
    found = content.personas.set_index("persona").loc[names].reset_index()
    long = pd.concat([pd.DataFrame({"persona": found["persona"], "of": words, "share": found[name]}) for name, words in named.items()])
    own = {} if len(named) > 1 else {"palette": [content.colours[name] for name in found["persona"]], "hue": "persona"}
    both = {"palette": COLOURS, "hue": "of"} if len(named) > 1 else own
    sns.barplot(long, x="share", y="persona", ax=axes, orient="y", saturation=1, legend=False, width=0.72, **both)
    for bars in axes.containers:
        assert isinstance(bars, BarContainer)
        axes.bar_label(bars, fmt=formats.share, padding=3, font=SMALL.font, color=style.INK)
    lowest, highest = min(float(long["share"].min()), 0.0), float(long["share"].max())
    room = _ROOM * (highest - lowest)
    # Who gave back more than they bought have less than nothing: their bars go to the left.
    axes.set(xlabel="", ylabel="", xlim=(lowest - room if lowest else 0, highest + room), xticks=[], yticks=[])
    axes.spines[["bottom"]].set_visible(False)
    axes.spines["left"].set_position("zero")
