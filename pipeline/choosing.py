"""How many clusters: the scores of every k that comes into question, and what they say together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from pipeline import clustering, sampling, validation

LARGEST = 15
# Beyond so many customers, a sample of so many: distances between all pairs grow with the square.
SAMPLE = 10_000
# Reference sets cost as much as the data each: ten keep Online Retail II within seconds.
REFERENCES = 10

_NAMES = {
    "silhouette": "the silhouette",
    "davies_bouldin": "Davies-Bouldin",
    "calinski_harabasz": "Calinski-Harabasz",
    "gap": "the gap statistic",
}


@dataclass(frozen=True)
class Choice:
    """A number of clusters.

    Attributes:
        k: What most scores name; where no k has most of them, the one in use.
        reason: What each score names, and how the k in use compares; sentences.
    """

    k: int
    reason: str


def table(scaled: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """One row per k and score: k, score, value; k from 1 to 15, or to as many as there are different customers.

    Each k is clustered as the published one is, so that the row of its k holds the published scores. Where a score is not defined
    there is no row: one cluster has neither neighbours nor a space between, and nothing is spread within clusters of equal customers.

    Args:
        scaled: Shape (customers, features), in the order of customers that was clustered.
        seed: Of the starts, the sample and the reference sets.

    Returns:
        score: those of `validation.Scores`; inertia, the sum of squared distances to the nearest centre; gap and gap_error, the gap
        statistic and its standard error. From more than 10,000 customers on all are those of a sample of 10,000.
    """
    sampled = _sampled(scaled, seed)
    with clustering.one_thread():
        different = clustering.distinguishable(sampled)
        largest = min(LARGEST, different, len(sampled) - 1)
        found = [clustering.kmeans(sampled.to_numpy(), k=k, seed=seed) for k in range(1, largest + 1)]
        inertia = np.array([model.inertia_ for model in found])
        separation = [_separation(sampled, model.labels_, k) for k, model in enumerate(found[1:], 2)]
        gaps = _gaps(sampled.to_numpy(), inertia[: different - 1], seed)
    rows = pd.concat([_column("inertia", inertia), *separation, *gaps])
    rows = rows[~((rows["score"] == "calinski_harabasz") & (rows["k"] == different))]
    return rows.sort_values("k", kind="stable", ignore_index=True)


def recommend(table: pd.DataFrame, k_in_use: int) -> Choice:
    """Weigh the scores: a k that more than half of them name is recommended, and otherwise none.

    Silhouette and Calinski-Harabasz name the k of their highest value, Davies-Bouldin that of its lowest, the smallest of equals; one
    that is best at 15 may be better beyond, and names none. The gap statistic names the smallest k whose gap is no more than a standard
    error below that of k + 1.

    Args:
        table: What `table` returns.
        k_in_use: Of the published clustering.
    """
    scores = table.pivot(index="k", columns="score", values="value")
    if "silhouette" not in scores:
        return Choice(k_in_use, "There are too few customers to compare numbers of clusters.")
    named = _named(scores)
    by_k: dict[int | None, list[str]] = {}
    for score, k in named.items():
        by_k.setdefault(k, []).append(_NAMES[score])
    most = next((k for k, voters in by_k.items() if k is not None and 2 * len(voters) > len(named)), None)
    # What most say comes first.
    said = sorted(by_k.items(), key=lambda item: item[0] is None or item[0] != most)
    phrases = "; ".join(_phrase(voters, k, scores) for k, voters in said)
    if most is None:
        return Choice(k_in_use, f"No k stands out: {phrases}. {_kept(scores['silhouette'], k_in_use)}")
    return Choice(most, f"{phrases[0].upper()}{phrases[1:]}. {_compared(scores['silhouette'], k_in_use, most)}")


def _sampled(scaled: pd.DataFrame, seed: int) -> pd.DataFrame:
    return scaled.iloc[sampling.at_random(len(scaled), SAMPLE, seed=seed)]


def _separation(scaled: pd.DataFrame, cluster: np.ndarray, k: int) -> pd.DataFrame:
    return validation.score(scaled, cluster, validation.fit_of_each(scaled, cluster)).table(k)


def _gaps(values: np.ndarray, inertia: np.ndarray, seed: int) -> Iterator[pd.DataFrame]:
    """The gap statistic and its standard error for k = 1, 2, ... (Tibshirani, Walther and Hastie 2001).

    Reference sets are uniform in the box of the principal components, where they stay: K-Means does not depend on rotation.

    Args:
        values: Shape (customers, features), scaled.
        inertia: Of the data, by k from 1 on, none 0.
        seed: Of the reference sets and the starts.
    """
    box = PCA().fit_transform(values)
    references = np.empty((REFERENCES, len(inertia)))
    for number in range(REFERENCES):
        drawn = np.random.default_rng([seed, number]).uniform(box.min(axis=0), box.max(axis=0), size=box.shape)
        references[number] = [np.log(clustering.kmeans(drawn, k=k, seed=seed).inertia_) for k in range(1, len(inertia) + 1)]
    yield _column("gap", references.mean(axis=0) - np.log(inertia))
    yield _column("gap_error", references.std(axis=0) * np.sqrt(1 + 1 / REFERENCES))


def _column(score: str, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"k": np.arange(1, len(values) + 1, dtype="int32"), "score": score, "value": values})


def _named(scores: pd.DataFrame) -> dict[str, int | None]:
    """The k that each score names, None if none; scores that are not defined at the largest k have no say."""
    best = {
        "silhouette": scores["silhouette"].idxmax(),
        "davies_bouldin": scores["davies_bouldin"].idxmin(),
    }
    last = scores.iloc[-1]
    if "calinski_harabasz" in scores and pd.notna(last["calinski_harabasz"]):
        best["calinski_harabasz"] = scores["calinski_harabasz"].idxmax()
    named = {score: None if k == LARGEST else int(k) for score, k in best.items()}
    if pd.notna(last["gap"]):
        enough = scores["gap"] >= (scores["gap"] - scores["gap_error"]).shift(-1)
        named["gap"] = int(enough.idxmax()) if enough.any() else None
    return named


def _phrase(voters: list[str], k: int | None, scores: pd.DataFrame) -> str:
    who = " and ".join([", ".join(voters[:-1]), voters[-1]]) if len(voters) > 1 else voters[0]
    s = "s" if len(voters) == 1 else ""
    if k is None:
        return f"{who} still improve{s} at {scores.index[-1]}, the largest tried"
    return f"{who} name{s} {k}{_about_one(scores) if k == 1 else ''}"


def _about_one(scores: pd.DataFrame) -> str:
    """What the rest of the gap statistic says when its rule stops at one cluster."""
    wider = scores["gap"] - scores["gap_error"] > scores["gap"].iloc[0]
    return f", though the gap is wider at {scores['gap'].idxmax()}" if wider.any() else ", no clusters at all"


def _kept(silhouette: pd.Series, k_in_use: int) -> str:
    if k_in_use not in silhouette.index:
        return f"The k in use, {k_in_use}, was not tried, and stays."
    best = silhouette.idxmax()
    than = "the highest of all" if best == k_in_use else f"against {silhouette[best]:.2f} at {best}, the highest"
    return f"The k in use, {k_in_use}, stays: its silhouette is {silhouette[k_in_use]:.2f}, {than}."


def _compared(silhouette: pd.Series, k_in_use: int, k: int) -> str:
    if k_in_use == k:
        return f"It is the k in use, with a silhouette of {silhouette[k]:.2f}."
    if k_in_use not in silhouette.index:
        return f"The k in use, {k_in_use}, was not tried."
    return f"The k in use, {k_in_use}, has a silhouette of {silhouette[k_in_use]:.2f}, against {silhouette[k]:.2f} at {k}."
