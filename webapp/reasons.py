"""Reasons in sentences: what holds a customer in a cluster, what would move them, what describes a persona, how surely it comes back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline import formats
from pipeline.manifest import DatasetRecord

NO_MOVE = "No change of a single feature moves them within what the data holds."
NO_RULE = "No short rule describes them."
_RETURNS = {
    "highly stable": ("highly stable", "it comes back nearly the same"),
    "stable": ("stable", "it comes back much the same"),
    "doubtful": ("stability doubtful", "it comes back in part, and whom it holds is doubtful"),
    "unstable": ("unstable", "it mostly does not come back"),
}


@dataclass(frozen=True)
class Grade:
    """How surely a persona is found again: a word or two, and what they mean."""

    word: str
    meaning: str


def grade(name: str, value: float) -> Grade:
    """The grade of a persona's stability in words; `value` is the mean Jaccard over resamples."""
    word, comes_back = _RETURNS[name]
    return Grade(word, f"When customers are drawn anew and segmented again, {comes_back}: mean overlap (Jaccard) {value:.2f}, at best 1.")


def holding(pulls: pd.DataFrame, other: str) -> str:
    """Which feature holds a customer in the cluster most, and which speak for the next-best.

    Args:
        pulls: One row per feature, the strongest first: feature, pull. At least one.
        other: What the next-best cluster is called.
    """
    if pulls["pull"].iloc[0] <= 0:
        return f"Nothing tells them from {other}"
    against = [formats.words(name) for name in pulls.loc[pulls["pull"] < 0, "feature"]]
    speaks = f"{formats.listed(against)} {'speaks' if len(against) == 1 else 'speak'}" if against else "nothing speaks"
    return f"{formats.words(pulls['feature'].iloc[0])} holds them here most; {speaks} for {other}"


def move(row: Mapping[str, Any], record: DatasetRecord) -> str:
    """One change that is enough: "6 more orders: Loyal High Spenders"; `row` holds feature, value, reached, persona."""
    feature, more = row["feature"], row["reached"] - row["value"]
    if record.kind != "transactions":
        way = "up to" if more > 0 else "down to"
        reached = formats.in_full(row["reached"])
        unit = f" {record.features[feature]}" if record.features[feature] else ""
        said = f"{formats.words(feature)} {way} {reached}{unit} instead of {formats.in_full(row['value'])}"
    elif feature == "recency_days":
        said = f"No order in {formats.plural(more, 'more day')}"
    elif feature == "frequency":
        said = formats.plural(more, "more order" if record.settings.get("frequency") != "lines" else "more order line")
    else:
        said = f"{formats.exact_money(more, record.currency)} more spend"
    return f"{said}: {row['persona']}"


def rule(bounds: Sequence[Mapping[str, Any]], record: DatasetRecord) -> str:
    """One rule: "Recency from 123 to 313 days and frequency at most 10"; a bound holds feature, least, most."""
    said = formats.listed(_bound(bound, record) for bound in bounds)
    return said[:1].upper() + said[1:]


def fidelity(found: Mapping[str, Any]) -> str:
    """How well rules describe a persona; `found` holds rules, recall, precision."""
    if not found["rules"]:
        return NO_RULE
    said, it = ("This rule describes", "it fits") if found["rules"] == 1 else (f"These {found['rules']} rules describe", "they fit")
    return f"{said} {formats.share(found['recall'])} of them, and {formats.share(found['precision'])} of those {it} are theirs."


def _bound(bound: Mapping[str, Any], record: DatasetRecord) -> str:
    name, least, most = bound["feature"], bound["least"], bound["most"]
    if name in record.words:
        lowest, highest = (-math.inf if formats.is_nothing(least) else least), (math.inf if formats.is_nothing(most) else most)
        words = [word for word, code in record.words[name].items() if lowest <= code <= highest]
        return f"{formats.words(name).lower()} {' or '.join(words)}"
    return f"{formats.words(name).lower()} {formats.between(least, most, record.features[name], record.currency)}"
