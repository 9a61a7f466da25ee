"""The smallest change of a single feature that places a customer elsewhere: a counterfactual explanation.

Wachter, Mittelstadt and Russell (2018), "Counterfactual Explanations without Opening the Black Box", Harvard Journal of Law and
Technology 31(2).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from pipeline import clustering
from pipeline.explaining.walks import Walk
from pipeline.model import Model, Scaler

# Centres that differ less than this along a feature, scaled, are level: where their cells meet is a matter of rounding.
_LEVEL = 1e-9

_COLUMNS = {
    "customer": "int64",
    "feature": "str",
    "value": "float64",
    "reached": "float64",
    "steps": "int64",
    "distance": "float64",
    "cluster": "int32",
}


def moves(features: pd.DataFrame, model: Model, walks: Iterable[Walk], groups: np.ndarray) -> pd.DataFrame:
    """For each customer and walk, the first step that leads into another group of clusters.

    The value reached is assigned to a cluster of another group, and no step before it is.

    Args:
        features: Shape (customers, features), raw units.
        model: Of at least two clusters.
        walks: Those of features that the model left out as constant lead nowhere.
        groups: Shape (clusters,): what has to change. `np.arange(k)` for the cluster, the names of personas for the persona.

    Returns:
        One row per customer and walk that leads anywhere within its limit, by customer, then in the order of walks: customer (place
        in `features`), feature, value (as it is, raw), reached (the value that moves them, raw), steps, distance (between the two, in
        standard deviations of the scaled feature), cluster (the one reached).
    """
    chosen = features[list(model.centres.columns)].astype("float64")
    codes = pd.factorize(groups)[0]
    found = [_walked(chosen, model, walk, codes) for walk in walks if walk.feature in chosen]
    table = pd.concat([pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS), *found])
    return table.sort_values("customer", kind="stable", ignore_index=True)


def _walked(features: pd.DataFrame, model: Model, walk: Walk, codes: np.ndarray) -> pd.DataFrame:
    """One walk of all customers, as `moves` returns it.

    From wherever a customer is, the end of the present cell is known in closed form, so that a walk takes about as many tries as it
    crosses cells. Each try stops short of that end by up to a step and is judged by assigning it, never by the formula.
    """
    start = walk.position(features[walk.feature].to_numpy())
    last = walk.position(np.array([walk.limit]))[0]
    home = codes[clustering.assign(features, model).cluster]
    position, at = start.copy(), features
    reached = np.zeros(len(features), dtype="bool")
    going = np.flatnonzero(position < last)
    while len(going):
        aim = walk.position(_end_of_cell(at.iloc[going], model, walk))
        position[going] = np.clip(aim, position[going] + 1, last)
        at = at.assign(**{walk.feature: np.where(position > start, walk.value(position), at[walk.feature])})
        reached[going] = codes[clustering.assign(at.iloc[going], model).cluster] != home[going]
        going = going[~reached[going] & (position[going] < last)]
    who = np.flatnonzero(reached)
    position = _stepped_back(features.iloc[who], model, walk, codes, position[who])
    return _described(who, features.iloc[who], model, walk, position)


def _end_of_cell(at: pd.DataFrame, model: Model, walk: Walk) -> np.ndarray:
    """Where along the walk another centre becomes as near as the present one, raw, at most the limit; shape (customers,).

    The difference of the squared distances to two centres is linear in each scaled feature.
    """
    scaler, centres = model.scaler, model.centres.to_numpy()
    scaled = scaler.transform(at)
    distances = cdist(scaled, centres, "sqeuclidean")
    cluster = clustering.assign(at, model).cluster
    along = walk.direction * model.centres[walk.feature].to_numpy()
    lead = along - along[cluster][:, None]
    behind = distances - np.take_along_axis(distances, cluster[:, None], axis=1)
    to_go = np.divide(behind, 2 * lead, out=np.full_like(behind, np.inf), where=lead > _LEVEL).min(axis=1)
    here = walk.direction * scaled[walk.feature].to_numpy()
    limit = walk.direction * scaler.transform(at.iloc[:1].assign(**{walk.feature: walk.limit}))[walk.feature].to_numpy()
    return _raw(walk.direction * np.minimum(here + to_go, limit), walk.feature, scaler)


def _raw(scaled: np.ndarray, feature: str, scaler: Scaler) -> np.ndarray:
    values = scaled * scaler.spread[feature] + scaler.mean[feature]
    return np.expm1(values) if scaler.scaling == "log" else np.asarray(values)


def _stepped_back(features: pd.DataFrame, model: Model, walk: Walk, codes: np.ndarray, position: np.ndarray) -> np.ndarray:
    """The positions, each as many steps earlier as already lead into another group: rounding may overshoot the end of a cell."""
    home = codes[clustering.assign(features, model).cluster]
    position, start = position.copy(), walk.position(features[walk.feature].to_numpy())
    early = np.flatnonzero(position > start + 1)
    while len(early):
        before = features.iloc[early].assign(**{walk.feature: walk.value(position[early] - 1)})
        early = early[codes[clustering.assign(before, model).cluster] != home[early]]
        position[early] -= 1
        early = early[position[early] > start[early] + 1]
    return position


def _described(who: np.ndarray, features: pd.DataFrame, model: Model, walk: Walk, position: np.ndarray) -> pd.DataFrame:
    value = features[walk.feature].to_numpy()
    moved = features.assign(**{walk.feature: walk.value(position)})
    distance = (model.scaler.transform(moved) - model.scaler.transform(features))[walk.feature].abs()
    columns = {
        "customer": who,
        "feature": walk.feature,
        "value": value,
        "reached": moved[walk.feature].to_numpy(),
        "steps": position - walk.position(value),
        "distance": distance.to_numpy(),
        "cluster": clustering.assign(moved, model).cluster,
    }
    return pd.DataFrame(columns).astype(_COLUMNS)
