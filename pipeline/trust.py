"""How far segments can be trusted, and why customers are where they are: all that a quick build leaves out.

Where customers are too many it is asked of some who stand for all.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from pipeline import choosing, clustering, ids, personas, stability, validation
from pipeline.backtest import Backtest
from pipeline.errors import InputError
from pipeline.explaining import description, moves, walks
from pipeline.manifest import TableRecord, TrustRecord
from pipeline.schema import NOTICEABLE
from pipeline.segmentation import Placed
from pipeline.settings import Dataset, Scaling
from pipeline.value.foretold import Foretold

# Resamples that are shared out at a time.
_PART = 10


@dataclass(frozen=True)
class Trust:
    """What was found out of one dataset's segments.

    Attributes:
        tables: By the name that they are published under, in parts, to be gone through once.
        written: Those that are written already.
        record: What the manifest says of it.
    """

    tables: dict[str, Iterable[pd.DataFrame]]
    written: dict[str, TableRecord]
    record: TrustRecord


@dataclass(frozen=True)
class _Segmented:
    """The customers at one scaling: the published clustering, or the one at the other scaling."""

    scaling: Scaling
    segments: stability.Segments
    scores: dict[str, float]


@dataclass(frozen=True)
class Asked:
    """Work that was begun, of customers who stand for all; `finish` waits for it."""

    placed: Placed
    customers: pd.DataFrame
    dataset: Dataset
    scalings: list[_Segmented]
    missing: list[str]
    resampled: "dict[Scaling, list[Future[np.ndarray]]]"
    chosen: "Future[pd.DataFrame]"


def begin(dataset: Dataset, placed: Placed, customers: pd.DataFrame, workers: Executor) -> Asked:
    """Begin all that takes long.

    Args:
        dataset: Its settings.
        placed: Its customers in their clusters.
        customers: Those who are asked: what `placed.asked` returns.
        workers: What runs it; results do not depend on how many there are.
    """
    scalings, missing = _scalings(dataset, placed, customers)
    starts = range(0, stability.RESAMPLES, _PART)
    resampled = {
        one.scaling: [workers.submit(stability.resample, one.segments, range(start, start + _PART)) for start in starts] for one in scalings
    }
    features = customers[placed.features]
    by_id = ids.order(customers["customer_id"])
    chosen = workers.submit(choosing.table, placed.grouped.model.scaler.transform(features.iloc[by_id]), seed=dataset.seed)
    return Asked(placed, customers, dataset, scalings, missing, resampled, chosen)


def finish(
    asked: Asked, *, tested: "Future[Backtest] | None", changes: pd.DataFrame | None, value: Future[Foretold] | None = None
) -> Trust:
    """Wait for what was begun, and put it into tables.

    Args:
        asked: What was begun.
        tested: The back-test of the same customers; None without orders.
        changes: What `identity` says has changed since the run before; None if there was none.
        value: What customers will order and spend; None without orders.
    """
    foretold = value.result() if value else None
    found = tested.result() if tested else None
    scores = asked.chosen.result()
    stable = [
        stability.table(one.segments, np.vstack([part.result() for part in asked.resampled[one.scaling]])).assign(scaling=one.scaling)
        for one in asked.scalings
    ]
    measured = {one.scaling: one.scores for one in asked.scalings}
    for table in stable:
        whole = table[table["level"] == "whole"].iloc[0]
        measured[whole["scaling"]]["adjusted_rand"] = float(whole["value"])
    choice = choosing.recommend(scores, len(asked.placed.grouped.model.centres))
    scalings = [(scaling, measure, value) for scaling, values in measured.items() for measure, value in values.items()]
    tables: dict[str, Iterable[pd.DataFrame]] = {
        "scores": [scores],
        "stability": stable,
        "scalings": [pd.DataFrame(scalings, columns=["scaling", "measure", "value"])],
        "moves": _moves(asked.dataset, asked.placed),
        **_described(asked.customers, asked.placed.features),
        **({} if changes is None else {"changes": [changes]}),
        **({"backtest_groups": [found.groups], "backtest": [found.overall]} if found else {}),
        **({name: [table] for name, table in foretold.tables.items()} if foretold else {}),
    }
    return Trust(
        tables,
        {"value": foretold.value} if foretold and foretold.value else {},
        TrustRecord(
            recommended_k=choice.k,
            k_reason=choice.reason,
            scaling_reason=_compared(measured, found.overall if found else None),
            cutoff=found.cutoff if found else None,
            missing=[*asked.missing, *(found.missing if found else []), *(foretold.missing if foretold else [])],
            sample=asked.placed.sampled,
            value_cutoff=foretold.cutoff if foretold else None,
        ),
    )


def _scalings(dataset: Dataset, placed: Placed, customers: pd.DataFrame) -> tuple[list[_Segmented], list[str]]:
    """The published clustering first, then the one at the other scaling, or why there is none."""
    features, cluster = customers[placed.features], customers["cluster"].to_numpy()
    names = dict(zip(customers["cluster"].tolist(), customers["persona"].tolist(), strict=True))
    own = _Segmented(
        dataset.scaling,
        stability.Segments(features, cluster, names, dataset.scaling, dataset.seed),
        {**placed.scores.__dict__, **_sizes(cluster)},
    )
    found, missing = [own], []
    for scaling in get_args(Scaling):
        if scaling == dataset.scaling:
            continue
        try:
            found.append(_segmented(dataset, customers, scaling, k=len(placed.grouped.model.centres)))
        except InputError as refusal:
            missing.append(f"There are no segments at {scaling} scaling to compare with. {refusal}")
    return found, missing


def _segmented(dataset: Dataset, customers: pd.DataFrame, scaling: Scaling, *, k: int) -> _Segmented:
    features = customers[list(dataset.feature_names)]
    by_id = ids.order(customers["customer_id"])
    model = clustering.fit(features.iloc[by_id], k=k, scaling=scaling, seed=dataset.seed)
    scaled, cluster = model.scaler.transform(features), clustering.assign(features, model).cluster
    scores = validation.score(scaled, cluster, validation.fit_of_each(scaled, cluster))
    # Names given by hand are those of the published clusters.
    names, _ = personas.describe(features, cluster, dataset.model_copy(update={"personas": {}}))
    segments = stability.Segments(features, cluster, names, scaling, dataset.seed)
    return _Segmented(scaling, segments, {**scores.__dict__, **_sizes(cluster)})


def _sizes(cluster: np.ndarray) -> dict[str, float]:
    counts = np.bincount(cluster)
    counts = counts[counts > 0]
    largest = float(counts.max())
    return {"smallest_cluster": float(counts.min()), "largest_cluster": largest, "largest_share": largest / counts.sum()}


def _described(customers: pd.DataFrame, features: list[str]) -> dict[str, Iterable[pd.DataFrame]]:
    """What describes each persona."""
    found = description.describe(customers[features], customers["persona"])
    return {"rules": [found.bounds], "descriptions": [found.fidelity]}


def _moves(dataset: Dataset, placed: Placed) -> Iterator[pd.DataFrame]:
    """What would move each customer to another persona; of everyone, some at a time."""
    features, model = placed.numbers[placed.features], placed.grouped.model
    walked = walks.walks(features, dataset)
    names = pd.Series(placed.names).reindex(model.centres.index).to_numpy()
    for rows, read in placed.grouped.read(["customer_id"]):
        found = moves.moves(features.iloc[rows], model, walked, names)
        yield pd.DataFrame(
            {
                "customer_id": read.column(0).to_numpy(zero_copy_only=False)[found["customer"]],
                "feature": found["feature"],
                "value": found["value"],
                "reached": found["reached"],
                "distance": found["distance"],
                "persona": names[found["cluster"]],
            }
        )


def _compared(measured: dict[Scaling, dict[str, float]], overall: pd.DataFrame | None) -> str:
    """Which scaling is good for what, in words."""
    if len(measured) < len(get_args(Scaling)):
        return "There is no other scaling to compare with."
    (own, mine), (other, theirs) = measured.items()
    said = [_better("separates clusters better", "silhouette", own, mine["silhouette"], other, theirs["silhouette"])]
    rand = "adjusted_rand"
    said.append(_better("is found again more surely", "adjusted Rand index", own, mine[rand], other, theirs[rand]))
    areas = _areas(overall, measured)
    if areas:
        said.append(_better("foretells better who comes back", "AUC", own, areas[own], other, areas[other]))
    even = min(measured, key=lambda scaling: measured[scaling]["largest_share"])
    odd = other if even == own else own
    largest = {scaling: f"{measured[scaling]['largest_share'] * 100:.0f} %" for scaling in measured}
    said.append(f"{even} is the more even: its largest cluster holds {largest[even]} of customers, against {largest[odd]}")
    if areas and abs(areas[own] - areas[other]) >= NOTICEABLE:
        foretells = own if areas[own] > areas[other] else other
        separates = own if mine["silhouette"] > theirs["silhouette"] else other
        between = f", {foretells};" if foretells != separates else " and"
        said.append(f"For acting on who comes back{between} for setting apart who differs most, {separates}")
    return ". ".join(text[0].upper() + text[1:] for text in said) + "."


def _areas(overall: pd.DataFrame | None, measured: dict[Scaling, dict[str, float]]) -> dict[Scaling, float]:
    """AUC of each scaling's clusters at the longest horizon; empty unless all have one."""
    if overall is None or overall.empty:
        return {}
    rows = overall[(overall["level"] == "cluster") & (overall["measure"] == "auc")]
    rows = rows[rows["horizon_days"] == rows["horizon_days"].max()].set_index("segmentation")["value"]
    return {scaling: float(rows[scaling]) for scaling in measured} if set(measured) <= set(rows.index) else {}


def _better(what: str, measure: str, one: str, mine: float, other: str, theirs: float) -> str:
    if abs(mine - theirs) < NOTICEABLE:
        return f"neither {what}: {measure} {mine:.2f} and {theirs:.2f}"
    best, worst = ((one, mine), (other, theirs)) if mine > theirs else ((other, theirs), (one, mine))
    digits = 2 if f"{best[1]:.2f}" != f"{worst[1]:.2f}" else 3
    return f"{best[0]} {what}: {measure} {best[1]:.{digits}f} against {worst[1]:.{digits}f}"
