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
COLOURS = {"of customers": OTHER, "of revenue": INDIGO}


def parts(content: Content) -> dict[str, str]:
    """Column to what it is a share of, as far as there is one."""
    return {name: words for name, words in _PARTS.items() if name in content.personas}


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
    axes.set(xlabel="", ylabel="", xlim=(0, float(long["share"].max()) * 1.18), xticks=[], yticks=[])
    axes.spines[["bottom"]].set_visible(False)


def order(content: Content, most: int) -> list[str]:
    """At most so many personas, the most customers first."""
    return list(content.personas.sort_values("customers", ascending=False, kind="stable")["persona"].head(most))
