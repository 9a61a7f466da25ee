"""Does the segmentation foretell? Customers as they stood on an earlier day, and what they did in the days after it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline import clustering, grid, ids, out_of_fold, personas
from pipeline.errors import InputError
from pipeline.holdout import Holdout
from pipeline.settings import Scaling, TransactionsDataset

SCALINGS: tuple[Scaling, ...] = ("standard", "log")
DECILES = 10

_GROUPS = ["segmentation", "level", "horizon_days", "group", "customers", "returned_share", "mean_spend"]
_OVERALL = ["segmentation", "level", "horizon_days", "measure", "value"]


@dataclass(frozen=True)
class Segmentation:
    """One way of putting every customer into a group.

    Attributes:
        name: "standard" or "log" (K-Means at that scaling), "rfm_grid" or "spending_deciles".
        level: What its groups are: "cluster", "persona", "segment" or "decile".
        groups: Their names, in order; every one of them has customers.
        group: Shape (customers,): place of each customer's among `groups`.
    """

    name: str
    level: str
    groups: tuple[str, ...]
    group: np.ndarray


@dataclass(frozen=True)
class Backtest:
    """What a segmentation as of `cutoff` foretold.

    Attributes:
        cutoff: Orders of this day and later were not known to the segmentation; None if there are no figures.
        groups: One row per segmentation, level, horizon and group: segmentation, level, horizon_days, group, customers, returned_share (of
            its customers, 0 to 1, those who bought within the horizon), mean_spend (of all its customers, in the horizon, major units).
        overall: One row per segmentation, level, horizon and measure: segmentation, level, horizon_days, measure, value; the measures are
            those of `out_of_fold.measures`.
        missing: Why figures are missing, a sentence each; empty if none are.
    """

    cutoff: date | None
    groups: pd.DataFrame
    overall: pd.DataFrame
    missing: tuple[str, ...]


def run(found: Holdout, dataset: TransactionsDataset) -> Backtest:
    """Segment customers as of an earlier day, and compare what each group did next.

    Args:
        found: What was known of them at the cut-off, and what they did after it.
        dataset: Its settings; both scalings are tried with its k, features and seed. Names given by hand are left out: they are those of
            clusters of another day.
    """
    if found.customers is None:
        return _nothing(*found.cut.missing)
    customers = found.customers.to_pandas().set_index("customer_id")
    customers = customers.iloc[ids.order(customers.index)]
    futures = {days: _future(customers, days) for days in found.cut.horizons}
    undecided = {days: reason for days, future in futures.items() if (reason := _undecided(future["returned"], days))}
    missing = (*found.cut.missing, *undecided.values())
    decided = [(days, future) for days, future in futures.items() if days not in undecided]
    if not decided:
        return _nothing(*missing)
    segmented, refused = segmentations(customers, dataset)
    groups = [_by_group(one, future).assign(horizon_days=days) for days, future in decided for one in segmented]
    overall = [_overall(one, future, seed=dataset.seed).assign(horizon_days=days) for days, future in decided for one in segmented]
    return Backtest(found.cut.day, _stacked(groups, _GROUPS), _stacked(overall, _OVERALL), (*missing, *refused))


def segmentations(features: pd.DataFrame, dataset: TransactionsDataset) -> tuple[list[Segmentation], list[str]]:
    """Customers grouped in every way that is compared, and why a way is missing, a sentence each.

    Args:
        features: One row per customer, in the order in which they are clustered: at least recency_days, frequency, monetary.
        dataset: Whose k, features and seed K-Means takes.
    """
    found, refused = [], []
    for scaling in SCALINGS:
        try:
            found += _clustered(features, dataset, scaling)
        except InputError as refusal:
            refused.append(f"There is no back-test of {scaling} scaling. {refusal}")
    segment = grid.scores(features)["segment"]
    decile = grid.quantile(features["monetary"], DECILES).astype("str")
    found.append(_segmentation("rfm_grid", "segment", segment, list(grid.RULES)))
    found.append(_segmentation("spending_deciles", "decile", decile, [str(number) for number in range(DECILES, 0, -1)]))
    return found, refused


def _clustered(features: pd.DataFrame, dataset: TransactionsDataset, scaling: Scaling) -> list[Segmentation]:
    """Clusters and personas, fitted anew.

    Raises:
        InputError: If the features do not allow it.
    """
    chosen = features[list(dataset.feature_names)]
    k = min(dataset.k, clustering.different(chosen)) if dataset.lower_k else dataset.k
    cluster = clustering.assign(chosen, clustering.fit(chosen, k=k, scaling=scaling, seed=dataset.seed)).cluster
    names, described = personas.describe(chosen, cluster, dataset.model_copy(update={"personas": {}}))
    numbers = pd.Series(cluster, index=features.index)
    return [
        _segmentation(scaling, "cluster", numbers.astype("str"), [str(number) for number in range(k)]),
        _segmentation(scaling, "persona", numbers.map(names), list(described["persona"])),
    ]


def _segmentation(name: str, level: str, group: pd.Series, order: list[str]) -> Segmentation:
    there = pd.Categorical(group, order).remove_unused_categories()
    return Segmentation(name, level, tuple(there.categories), there.codes.astype("int64"))


def _by_group(found: Segmentation, future: pd.DataFrame) -> pd.DataFrame:
    by_group = future.groupby(found.group)
    table = by_group.agg(customers=("returned", "size"), returned_share=("returned", "mean"), mean_spend=("spend", "mean"))
    return table.assign(segmentation=found.name, level=found.level, group=found.groups)


def _overall(found: Segmentation, future: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    measured = out_of_fold.measures(future["returned"].to_numpy(), future["spend"].to_numpy(), found.group, seed=seed)
    return pd.DataFrame({"segmentation": found.name, "level": found.level, "measure": list(measured), "value": list(measured.values())})


def _future(customers: pd.DataFrame, days: int) -> pd.DataFrame:
    """One row per customer: returned (bought within the days), spend (in these days, major units)."""
    return pd.DataFrame({"returned": customers[f"returned_{days}"], "spend": customers[f"spend_{days}"]})


def _undecided(returned: pd.Series, days: int) -> str | None:
    """Why this outcome tells nothing of groups; None if it does."""
    came, stayed_away = int(returned.sum()), int((~returned).sum())
    if min(came, stayed_away) >= out_of_fold.FOLDS:
        return None
    return (
        f"{days} days ahead: {came:,} of {len(returned):,} customers bought again. At least {out_of_fold.FOLDS} who did and "
        f"{out_of_fold.FOLDS} who did not are needed."
    )


def _nothing(*missing: str) -> Backtest:
    return Backtest(None, _stacked([], _GROUPS), _stacked([], _OVERALL), missing)


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
