"""Does the segmentation foretell? Customers as they stood on an earlier day, and what they did in the days after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline import clustering, grid, out_of_fold, personas
from pipeline.errors import InputError
from pipeline.features import history
from pipeline.settings import Scaling, TransactionsDataset

HORIZONS = (90, 180)
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


def run(
    orders: pd.DataFrame, dataset: TransactionsDataset, *, as_of: date, cutoff: date | None = None, horizons: Sequence[int] = HORIZONS
) -> Backtest:
    """Segment customers as of an earlier day, and compare what each group did next.

    Args:
        orders: One row per order: customer_id, time, spend (major units), and lines where the published orders do not suffice
            (`history.reason_against`).
        dataset: Its settings; both scalings are tried with its k, features and seed. Names given by hand are left out: they are those of
            clusters of another day.
        as_of: The day that the orders end before; if they end earlier, that counts.
        cutoff: The day to look ahead from; None for the last one that the longest horizon fits behind.
        horizons: Days to look ahead; one is left out unless as many days lie within the orders on either side of the cut-off.
    """
    if reason := history.reason_against(orders, dataset):
        return _nothing(f"There is no back-test: {reason}.")
    bought = history.purchases(orders)["time"]
    if bought.empty:
        return _nothing("There is no back-test: there are no orders.")
    first, end = bought.min().date(), min(as_of, bought.max().date() + timedelta(days=1))
    cutoff = cutoff or _default_cutoff(first, end, horizons)
    fitting = [days for days in horizons if cutoff and _fits(days, first, cutoff, end)]
    missing = [_too_short(days, first, cutoff, end) for days in horizons if days not in fitting]
    if cutoff is None or not fitting:
        return _nothing(*missing)
    features = history.before(orders, dataset, cutoff=cutoff)
    futures = {days: history.after(orders, dataset, customers=features.index, cutoff=cutoff, days=days) for days in fitting}
    undecided = {days: reason for days, future in futures.items() if (reason := _undecided(future["returned"], days))}
    missing += undecided.values()
    decided = [(days, future) for days, future in futures.items() if days not in undecided]
    if not decided:
        return _nothing(*missing)
    found, refused = segmentations(features, dataset)
    groups = [_by_group(one, future).assign(horizon_days=days) for days, future in decided for one in found]
    overall = [_overall(one, future, seed=dataset.seed).assign(horizon_days=days) for days, future in decided for one in found]
    return Backtest(cutoff, _stacked(groups, _GROUPS), _stacked(overall, _OVERALL), (*missing, *refused))


def segmentations(features: pd.DataFrame, dataset: TransactionsDataset) -> tuple[list[Segmentation], list[str]]:
    """Customers grouped in every way that is compared, and why a way is missing, a sentence each.

    Args:
        features: What `history.before` returns.
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


def _default_cutoff(first: date, end: date, horizons: Sequence[int]) -> date | None:
    """The last day that the longest horizon with as long a history fits behind; None if none has."""
    days = [days for days in horizons if _fits(days, first, end - timedelta(days=days), end)]
    return end - timedelta(days=max(days)) if days else None


def _fits(days: int, first: date, cutoff: date, end: date) -> bool:
    return min((cutoff - first).days, (end - cutoff).days) >= days


def _too_short(days: int, first: date, cutoff: date | None, end: date) -> str:
    if cutoff is None:
        return f"{days} days ahead: that needs orders of {2 * days} days, and these span {(end - first).days}."
    past, ahead = max((min(cutoff, end) - first).days, 0), max((end - max(cutoff, first)).days, 0)
    return f"{days} days ahead: that needs as many days of orders before {cutoff} and from then on, and there are {past} and {ahead}."


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
