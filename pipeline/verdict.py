"""How far segments, and what is foretold, can be trusted, in sentences."""

from collections.abc import Mapping

import pandas as pd

from pipeline import findings, formats
from pipeline.schema import NOTICEABLE

RELIABLE = ("stable", "highly stable")
# Silhouettes above this say that customers are much closer to their own cluster (Kaufman and Rousseeuw 1990, table 2).
_MUCH = 0.5
# What a segmentation has to be better than to be worth having.
BASELINES = ("rfm_grid", "spending_deciles")
SEGMENTATIONS = {
    "standard": "Standard",
    "log": "Log",
    "rfm_grid": "Recency-frequency grid",
    "spending_deciles": "Spending deciles",
}

# Each other way to foretell orders and spend: how its measures begin, and what it is called.
OTHER_WAYS = {"year": "The same days a year before", "before": "The days just before"}
# Part of the models that foretell, or of their back-test, to its measures.
Measures = Mapping[str, Mapping[str, float]]


def separation(silhouette: float) -> str:
    """How far apart the clusters are."""
    much = "much " if silhouette > _MUCH else ""
    return (
        f"The clusters show {findings.structure(silhouette)} structure: on average a customer is {much}closer to the own cluster "
        "than to the next."
    )


def unreliable(stability: pd.DataFrame) -> pd.DataFrame:
    """The rows of personas and clusters that are not stable."""
    return stability[~stability["grade"].isin(RELIABLE)]


def stability(grade: str, found: pd.DataFrame) -> str:
    """Whether segments are found again.

    Args:
        grade: Of the whole.
        found: One row per persona and per cluster: level, customers, grade.
    """
    begun = f"When customers are drawn anew, the segmentation as a whole is {grade}"
    weak = [text for level in ("cluster", "persona") if (text := _weak(found, level))]
    if not weak:
        return f"{begun}, and no cluster or persona is doubtful."
    verb = "is" if len(unreliable(found)) == 1 else "are"
    return f"{begun}, {'but' if grade in RELIABLE else 'and'} {' and '.join(weak)} {verb} not surely found again."


def areas(backtest: pd.DataFrame, scaling: str) -> tuple[float, str, float] | None:
    """AUC of the clusters of a scaling at the longest horizon, the better baseline, and its AUC; None without a back-test.

    Args:
        backtest: The published table: segmentation, level, horizon_days, measure, value.
        scaling: The one in use.
    """
    longest = backtest[(backtest["measure"] == "auc") & (backtest["horizon_days"] == backtest["horizon_days"].max())]
    own = longest[(longest["segmentation"] == scaling) & (longest["level"] == "cluster")]
    baselines = longest[longest["segmentation"].isin(BASELINES)]
    if own.empty or baselines.empty:
        return None
    best = baselines.loc[baselines["value"].idxmax()]
    return float(own["value"].iloc[0]), str(best["segmentation"]), float(best["value"])


def foretelling(area: float, baseline: str, other: float, days: int) -> str:
    """How well segments tell who comes back, against the better of the simple ways.

    Args:
        area: AUC of the clusters in use.
        baseline: The better baseline.
        other: Its AUC.
        days: How far they look ahead.
    """
    than = "as well as" if abs(area - other) < NOTICEABLE else "better than" if area > other else "less well than"
    name = {"rfm_grid": "the recency-frequency grid", "spending_deciles": "deciles of spending"}[baseline]
    return (
        f"Of two customers, one who came back within {days} days and one who did not, they point to the right one in "
        f"{formats.share(area)} of cases, {than} {name} ({formats.share(other)}; chance is 50 %)."
    )


def heading(silhouette: float, grade: str, found: pd.DataFrame) -> str:
    """The verdict in a line."""
    clusters = found[found["level"] == "cluster"]
    weak = len(unreliable(clusters))
    by_themselves = f"{weak} of {len(clusters)} clusters to be used with care" if weak else f"all {len(clusters)} clusters found again"
    return f"{findings.structure(silhouette).capitalize()} structure, {grade} as a whole, {by_themselves}"


def _weak(found: pd.DataFrame, level: str) -> str:
    """How many of a level are not stable; empty if none is."""
    own = found[found["level"] == level]
    weak = len(unreliable(own))
    return f"{weak} of {formats.plural(len(own), level)}" if weak else ""


def measures(table: pd.DataFrame) -> Measures:
    """The published table of the models that foretell (part, measure, value), by part and measure."""
    return {str(part): dict(zip(rows["measure"], rows["value"], strict=True)) for part, rows in table.groupby("part")}


def came_true(found: Measures) -> str:
    """How many orders were foretold for the days of the back-test, and how many came."""
    orders, days = found["backtest_orders"], formats.count(found["backtest"]["days"])
    off = orders["expected"] / orders["actual"] - 1 if orders["actual"] else None
    more = "" if off is None else f": the model is {formats.share(abs(off))} {'above' if off > 0 else 'below'}"
    expected, came = (formats.count(orders[name]) for name in ("expected", "actual"))
    return f"{expected} orders were expected within {days} days, and {came} came{more}"


def against_other_ways(found: Measures) -> str:
    """Whether the model is nearer to what each customer ordered than doing what was done before."""
    own = found["backtest_orders"]
    known = {name.lower(): own["error"] < own[f"{way}_error"] for way, name in OTHER_WAYS.items() if f"{way}_error" in own}
    nearer, farther = ([name for name, is_nearer in known.items() if is_nearer == which] for which in (True, False))
    said = [f"nearer to what each ordered than {formats.listed(nearer)}"] if nearer else []
    said += [f"not nearer than {formats.listed(farther)}"] if farther else []
    return f"The model is {', '.join(said)}"
