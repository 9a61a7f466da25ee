"""The rule engine: clusters described by where their typical customer stands among all, and the first rule that fits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Condition:
    """A bound on the standing of a cluster's typical customer.

    Attributes:
        feature: Whose standing.
        least: Lowest standing that fits, 0 to 1.
        most: Standing that no longer fits, 0 to 1; None for no bound.
    """

    feature: str
    least: float = 0.0
    most: float | None = None

    def holds(self, standing: pd.Series) -> bool:
        """Whether a cluster's standing, indexed by feature, fits."""
        return bool(self.least <= standing[self.feature] and (self.most is None or standing[self.feature] < self.most))


@dataclass(frozen=True)
class Persona:
    """A business name, the rule that gives it, and what to do with the people it names."""

    name: str
    summary: str
    actions: tuple[str, ...]
    use_cases: tuple[str, ...]
    avoid: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()


def standings(features: pd.DataFrame, cluster: np.ndarray) -> pd.DataFrame:
    """Where the median customer of each cluster stands among all customers, feature by feature.

    Args:
        features: Shape (customers, features), raw units.
        cluster: Shape (customers,).

    Returns:
        Indexed by cluster; the share of customers below the median member, 0 to 1. Ties share their mean rank, so
        that equal customers stand equally.
    """
    found = {}
    for name in features:
        ordered = np.sort(features[name].to_numpy())
        middle = middles(features[name], cluster)
        # Twice the mean rank of a value, less 1, is how many are below it and how many are not above it.
        ranks = sum(np.searchsorted(ordered, middle.to_numpy(), side) for side in ("left", "right")) + 1
        found[name] = pd.Series(((ranks / 2 - 0.5) / len(features)).mean(axis=1), middle.index)
    return pd.DataFrame(found)


def middles(values: pd.Series, cluster: np.ndarray) -> pd.DataFrame:
    """The two values in the middle of each cluster, twice the same where it has an odd number: their mean is its median.

    Args:
        values: Shape (customers,).
        cluster: Shape (customers,).

    Returns:
        Indexed by cluster: lower, upper.
    """
    found = {}
    for number in np.unique(cluster).tolist():
        own = np.sort(values.to_numpy()[cluster == number])
        found[number] = (own[(len(own) - 1) // 2], own[len(own) // 2])
    return pd.DataFrame.from_dict(found, orient="index", columns=["lower", "upper"]).rename_axis("cluster")


def name_clusters(standing: pd.DataFrame, personas: Sequence[Persona]) -> dict[int, Persona]:
    """Cluster number to the first persona all of whose conditions hold.

    Args:
        standing: What `standings` returns.
        personas: In order of priority; the last has no conditions, so that no cluster is left nameless.
    """
    return {
        int(str(number)): next(persona for persona in personas if all(condition.holds(row) for condition in persona.conditions))
        for number, row in standing.iterrows()
    }


def explain(persona: Persona, clusters: Sequence[int], standing: pd.DataFrame, medians: pd.DataFrame, labels: dict[str, str]) -> str:
    """The rule in words with the numbers of the clusters it named.

    Args:
        persona: Whose rule.
        clusters: Numbers of the clusters that bear its name.
        standing: What `standings` returns.
        medians: Indexed by cluster; raw units.
        labels: Feature to the words for it, with its unit as "{}": "last order {} days ago".
    """
    if not persona.conditions:
        return f"No earlier rule fits. {_typical(medians.loc[list(clusters)], labels)}"
    parts = []
    for condition in persona.conditions:
        values = _span(medians.loc[list(clusters), condition.feature])
        above = _percent(*standing.loc[list(clusters), condition.feature].agg(["min", "max"]))
        parts.append(f"{labels[condition.feature].format(values)} (above {above} of customers; rule: {_bound(condition)})")
    return f"Typical customer: {', '.join(parts)}."


def _typical(medians: pd.DataFrame, labels: dict[str, str]) -> str:
    return f"Typical customer: {', '.join(words.format(_span(medians[feature])) for feature, words in labels.items())}."


def _bound(condition: Condition) -> str:
    if condition.most is None:
        return f"at least {_percent(condition.least)}"
    return _percent(condition.least, condition.most) if condition.least else f"less than {_percent(condition.most)}"


def _percent(*shares: float) -> str:
    """One share, or a span of two, rounded for reading; what is not quite everyone is not called 100 %."""
    low, high = (f"{min(share * 100, 99.9):.{int(share >= 0.995)}f}" for share in (shares[0], shares[-1]))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _span(values: pd.Series) -> str:
    """One number, or the lowest and the highest, rounded for reading."""
    low, high = (f"{value:,.0f}" for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"
