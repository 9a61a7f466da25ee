"""What changed so much between two runs of a dataset that nobody should be shown it before somebody has looked."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline import parquet
from pipeline.artifacts import Run
from pipeline.intake.findings import Finding
from pipeline.settings import Dataset, ProfileFeature

# What Vargha and Delaney call a large effect: between two normal populations, means 0.8 standard deviations apart.
LARGE = 0.71

# Settings that say nothing of what a feature means. Features are compared one by one.
_OTHER = {"title", "file", "sheets", "header", "delimiter", "encoding", "k", "lower_k", "scaling", "seed", "personas", "features"}


@dataclass(frozen=True)
class Seen:
    """One dataset as one run has it.

    Attributes:
        settings: As the manifest holds them.
        rows: How many were kept.
        as_of: The day that recency is counted to; None without orders.
        customers: One row per customer: its features, and `first_order` where there are orders.
    """

    settings: dict[str, Any]
    rows: int
    as_of: date | None
    customers: pd.DataFrame


def findings(before: Seen, now: Seen) -> list[Finding]:
    """What changed too much, a warned line each: rows or customers that halved, features that drifted far.

    A dataset that is of another kind by now is another dataset.

    Recency is compared as a share of the days that the orders span: in days it grows with the file, most of all while that is young.
    Features are left out where settings that define them changed, or where only one of the two has them.

    Args:
        before: The dataset in the run that readers have open.
        now: The same dataset, newly built.
    """
    if before.settings["kind"] != now.settings["kind"]:
        return []
    found = [_halved("rows", before.rows, now.rows), _halved("customers", len(before.customers), len(now.customers))]
    found += [_drifted(feature, before, now) for feature in _comparable(before.settings, now.settings)]
    return [finding for finding in found if finding]


def of_run(run: Run, name: str) -> Seen | None:
    """A dataset as a published run has it; None if it has none, or made it up."""
    record = run.manifest.datasets.get(name)
    if record is None or record.demo:
        return None
    return _seen(record.settings, record.rows.kept, record.as_of, run.table(name, "customers"), list(record.features))


def of_measured(dataset: Dataset, rows: int, as_of: date | None, customers: Path) -> Seen:
    """A dataset as it was measured, before anything is published of it."""
    return _seen(dataset.model_dump(mode="json"), rows, as_of, customers, list(dataset.feature_names))


def superiority(before: pd.Series, now: pd.Series) -> float:
    """How often a value of now is the higher of two, one drawn from each; ties count half. 0.5: neither is higher.

    The measure A of Vargha and Delaney (2000), "A Critique and Improvement of the CL Common Language Effect Size Statistics of McGraw
    and Wong", Journal of Educational and Behavioral Statistics 25(2). It asks only for an order, so it holds for skewed features and
    for those of few values.
    """
    # Both in order: a search from place to place in millions takes long.
    ordered, asked = np.sort(before.to_numpy()), np.sort(now.to_numpy())
    below, up_to = (np.searchsorted(ordered, asked, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(ordered)))


def _seen(settings: dict[str, Any], rows: int, as_of: date | None, customers: Path, features: list[str]) -> Seen:
    # No texts: those of millions of customers would not be held.
    return Seen(settings, rows, as_of, parquet.read(customers, [*features, *(["first_order"] if as_of else [])]))


def _halved(what: str, before: int, now: int) -> Finding | None:
    if 2 * now >= before:
        return None
    return Finding(f"{what} fell to less than half of the run before", "warned", 0, 0.0, f"{before:,} before, {now:,} now")


def _comparable(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Features that both have and that mean the same in both."""
    # A setting that only one version of the product knows did not change on purpose.
    known = (before.keys() & now.keys()) - _OTHER
    if any(before[setting] != now[setting] for setting in known):
        return []
    return [name for feature in now["features"] if feature in before["features"] for name in _names(feature)]


def _names(feature: str | dict[str, Any]) -> list[str]:
    """What a feature of the settings is called among the customers' columns."""
    return [feature] if isinstance(feature, str) else list(ProfileFeature.model_validate(feature).names)


def _drifted(feature: str, before: Seen, now: Seen) -> Finding | None:
    values = before.customers[feature], now.customers[feature]
    if values[0].nunique() > 1 and values[1].nunique() == 1:
        check, how = "a feature differed in the run before and is the same for all customers now", ""
    else:
        higher = superiority(_measured(feature, before), _measured(feature, now))
        if 1 - LARGE < higher < LARGE:
            return None
        check, how = "a feature drifted far from the run before", f"; higher now in {100 * higher:.0f} % of comparisons"
    medians = [f"{value.median():,.2f}".removesuffix(".00") for value in values]
    return Finding(check, "warned", 0, 0.0, f"{feature}: median {medians[0]} before, {medians[1]} now{how}")


def _measured(feature: str, seen: Seen) -> pd.Series:
    values = seen.customers[feature]
    if feature != "recency_days" or seen.as_of is None:
        return values
    return values / (seen.as_of - seen.customers["first_order"].min().date()).days
