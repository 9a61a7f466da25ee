"""Quality against something else: the other scaling, and what customers did in the days after a cut-off."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from pipeline import formats, verdict
from pipeline.manifest import TrustRecord
from webapp.components import links
from webapp.components.card import Chart, card, panel, switch
from webapp.components.table import Column, table
from webapp.figures import bars
from webapp.pages.ask import Ask
from webapp.theme import persona_colours
from webapp.views import segments, trust
from webapp.views.scope import Scope

# Measure to what it is called, and what is better.
_MEASURES = {
    "silhouette": ("Silhouette", "higher"),
    "davies_bouldin": ("Davies-Bouldin", "lower"),
    "adjusted_rand": ("Adjusted Rand index", "higher"),
    "smallest_cluster": ("Smallest cluster, customers", ""),
    "largest_cluster": ("Largest cluster, customers", ""),
    "largest_share": ("Largest cluster, share", ""),
    "auc_90": ("AUC, 90 days ahead", "higher"),
    "auc_180": ("AUC, 180 days ahead", "higher"),
}
_FORETELLING = {"auc": "AUC", "variance_explained": "Spend explained", "lift_returned": "Lift, return", "lift_spend": "Lift, spend"}
# Of K-Means; grid and deciles have one each.
_LEVELS = ("cluster", "persona")


def scalings(scope: Scope, trusted: TrustRecord) -> html.Section:
    """Both scalings side by side."""
    frame = trust.scalings(scope)
    used = scope.record.settings["scaling"]
    columns: list[Column | str] = ["Measure"]
    columns += [Column(f"{name.capitalize()}{', in use' if name == used else ''}", numeric=True) for name in frame]
    rows = [
        [name, *(_written(measure, value) for value in frame.loc[measure]), better]
        for measure, (name, better) in _MEASURES.items()
        if measure in frame.index
    ]
    content = [html.P(trusted.scaling_reason), table([*columns, "Better is"], rows, caption="Scalings side by side")]
    return panel("Standard or log scaling", content)


def foretold(ask: Ask, scope: Scope, trusted: TrustRecord) -> list[Any]:
    """What the segments of an earlier day foretold; nothing where there are no orders."""
    if not scope.sells:
        return []
    days = [str(one) for one in trust.horizons(scope)]
    if not days:
        words = "There are no figures of what these segments foretell. What is missing is said above."
        return [panel("Do the segments foretell?", html.P(words))]
    chosen = ask.choice("days", days)
    tools = switch("Days ahead", [(f"{one} days", ask.href(days=one), one == chosen) for one in days])
    frame = trust.foretold(scope, int(chosen))
    compared = _overall(scope, int(chosen), tools if frame.empty else None)
    if frame.empty:
        return [compared]
    note = (
        f"As of {formats.day(trusted.cutoff)}, looking {chosen} days ahead; nothing from that day on was known to the segments. The mean "
        "is of everyone in the persona, those who did not come back included."
    )
    shown = card("foretold", _came_back(ask, scope, frame, chosen, note), height=100 + 46 * len(frame), tools=tools)
    return [html.Div([shown, compared], className="two")]


def _came_back(ask: Ask, scope: Scope, frame: pd.DataFrame, days: str, note: str) -> Chart:
    """Share that came back, and mean spend, per persona as of the cut-off."""
    names = segments.persona_names(scope)
    colours = persona_colours([*names, *(name for name in frame["persona"] if name not in names)])
    first, last = frame.iloc[0], frame.iloc[-1]
    finding = f"{formats.share(first['returned_share'])} of {first['persona']} came back within {days} days"
    if len(frame) > 1:
        finding += f", {formats.share(last['returned_share'])} of {last['persona']}"
    spends = [formats.money(value, scope.currency) for value in frame["mean_spend"]]
    shares = [formats.share(value) for value in frame["returned_share"]]
    labels = [f"{name}<br>spent {spend} each" for name, spend in zip(frame["persona"], spends, strict=True)]
    figure = bars.draw(
        labels,
        frame["returned_share"].tolist(),
        shares,
        ask.theme,
        measure=f"Came back within {days} days",
        colours=[colours[name] for name in frame["persona"]],
        ticks=".0%",
    )
    rows = [
        [links.persona_if_known(scope.name, name, names), formats.count(customers), share, spend]
        for name, customers, share, spend in zip(frame["persona"], frame["customers"], shares, spends, strict=True)
    ]
    columns: list[Column | str] = ["Persona then", *(Column(name, numeric=True) for name in ("Customers then", "Came back", "Mean spend"))]
    return Chart(finding, figure, columns, rows, note)


def _overall(scope: Scope, days: int, tools: Any) -> html.Section:
    """How well each way of grouping customers foretells."""
    frame = trust.overall(scope)
    frame = frame[frame["horizon_days"] == days]
    used = scope.record.settings["scaling"]
    columns: list[Column | str] = ["Grouped by"]
    measures = [name for name in _FORETELLING if name in frame]
    columns += [Column(_FORETELLING[name], numeric=True) for name in measures]
    rows = [[_grouped_by(row), *(_measured(name, row[name]) for name in measures)] for row in frame.to_dict("records")]
    best = frame.loc[frame["auc"].idxmax()]
    heading = f"Best at telling who comes back: {_grouped_by(best).lower()} (AUC {formats.score(best['auc'])})"
    words = (
        "AUC: how often somebody who came back was in a group of a higher rate than somebody who did not; 0.5 is chance. Spend explained: "
        "the share of its variance. Lift: how many times the average the best tenth of customers reaches. Every customer is judged by "
        f"figures worked out without them. {verdict.SEGMENTATIONS[used]} scaling is in use."
    )
    return panel(heading, [table(columns, rows, caption=heading), html.P(words, className="note")], tools=tools)


def _grouped_by(row: Mapping[str, Any]) -> str:
    """A segmentation and, where it has several, its level."""
    name = verdict.SEGMENTATIONS[row["segmentation"]]
    return f"{name}, {row['level']}s" if row["level"] in _LEVELS else name


def _measured(measure: str, value: float) -> str:
    return formats.share(value) if measure == "variance_explained" else formats.score(value)


def _written(measure: str, value: float) -> str:
    if measure in ("smallest_cluster", "largest_cluster"):
        return formats.count(value)
    return formats.share(value) if measure == "largest_share" else formats.score(value)
