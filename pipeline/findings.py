"""What the data says, in sentences, each with the persona it speaks of. Nothing is said that the data does not show."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from pipeline import formats
from pipeline.schema import VALUE_DAYS

# A cluster below this silhouette overlaps its neighbours (Kaufman and Rousseeuw 1990, table 2: no substantial structure).
OVERLAPPING = 0.25
# A persona that brings this many times its share of customers is worth a sentence.
_CONCENTRATED = 2.0
_AT_RISK = "Churn Risk"
_GRADES = ((0.7, "strong"), (0.5, "reasonable"), (0.25, "weak"), (-1.0, "no substantial"))


@dataclass(frozen=True)
class Finding:
    """One sentence.

    Attributes:
        text: What is so.
        persona: Whom it speaks of.
        weight: Share of customers, or of revenue so far or ahead, concerned: what is largest comes first.
    """

    text: str
    persona: str
    weight: float


def of_segments(personas: pd.DataFrame, clusters: pd.DataFrame, currency: str | None) -> list[Finding]:
    """The findings of a dataset, the largest first.

    Args:
        personas: One row per persona: persona, customers, share; revenue and revenue_share where there are orders.
        clusters: One row per cluster: cluster, persona, customers, share, fit.
        currency: Of revenue.
    """
    found = [_largest(personas), *_overlapping(clusters)]
    # Of what does not come to more than 0 nobody has a share.
    if "revenue" in personas and personas["revenue"].sum() > 0:
        found += [*_concentrated(personas, currency), *_at_risk(personas, currency)]
    return _largest_first(found)


def of_run(personas: pd.DataFrame, clusters: pd.DataFrame, value: pd.DataFrame, currency: str | None) -> list[Finding]:
    """Findings as of `of_segments` and of `of_value`, the largest first."""
    return _largest_first([*of_segments(personas, clusters, currency), *of_value(value, currency)])


def _largest_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: -finding.weight)


def of_value(value: pd.DataFrame, currency: str | None) -> list[Finding]:
    """What is at risk with customers who may have left.

    Args:
        value: One row per persona, most at risk first: persona, spend, at_risk; empty where nothing is foretold.
        currency: Of both.
    """
    total = float(value["at_risk"].sum()) if len(value) else 0.0
    if not total:
        return []
    part, row = total / (total + float(value["spend"].sum())), value.iloc[0]
    text = (
        f"{formats.money(total, currency)} of the next {max(VALUE_DAYS)} days is at risk, {formats.share(part)} of what customers would "
        f"spend if all were still active; the largest part with {row['persona']}: {formats.money(row['at_risk'], currency)}."
    )
    return [Finding(text, row["persona"], part)]


def structure(silhouette: float) -> str:
    """How much structure a silhouette shows, in a word (Kaufman and Rousseeuw 1990, table 2)."""
    return next(word for least, word in _GRADES if silhouette > least or least == -1.0)


def _largest(personas: pd.DataFrame) -> Finding:
    row = personas.loc[personas["customers"].idxmax()]
    text = f"Largest group: {row['persona']}, {formats.plural(row['customers'], 'customer')}, {formats.share(row['share'])} of all."
    return Finding(text, row["persona"], float(row["share"]))


def _concentrated(personas: pd.DataFrame, currency: str | None) -> list[Finding]:
    times = personas["revenue_share"] / personas["share"]
    row = personas.loc[times.idxmax()]
    if times.max() < _CONCENTRATED:
        return []
    text = (
        f"{formats.plural(row['customers'], 'customer')}, {formats.share(row['share'])}, bring "
        f"{formats.share(row['revenue_share'])} of revenue ({formats.money(row['revenue'], currency)}): {row['persona']}."
    )
    return [Finding(text, row["persona"], float(row["revenue_share"]))]


def _at_risk(personas: pd.DataFrame, currency: str | None) -> list[Finding]:
    rows = personas[personas["persona"] == _AT_RISK]
    if rows.empty:
        return []
    row = rows.iloc[0]
    text = (
        f"{formats.plural(row['customers'], 'customer')} at risk of leaving spent {formats.money(row['revenue'], currency)} so far, "
        f"{formats.share(row['revenue_share'])} of revenue."
    )
    return [Finding(text, row["persona"], float(row["revenue_share"]))]


def _overlapping(clusters: pd.DataFrame) -> list[Finding]:
    # The silhouette of a customer alone in a cluster is 0 by definition, and says nothing.
    shared = clusters[clusters["customers"] > 1]
    if shared.empty or shared["fit"].min() >= OVERLAPPING:
        return []
    row = shared.loc[shared["fit"].idxmin()]
    text = (
        f"Cluster {row['cluster']} ({row['persona']}, {formats.plural(row['customers'], 'customer')}) overlaps its neighbours: "
        f"fit {formats.score(row['fit'])}. Treat its border cases with care."
    )
    return [Finding(text, row["persona"], float(row["share"]))]
