"""The rule engine: clusters described by where their typical customer stands among all, and the first rule that fits."""

from collections.abc import Hashable, Iterable, Sequence
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
    return median_of_each(((name, (features[name].rank() - 0.5) / len(features)) for name in features), cluster)


def median_of_each(features: Iterable[tuple[Hashable, pd.Series]], cluster: np.ndarray) -> pd.DataFrame:
    """The median of each cluster, feature by feature: of millions of customers no more than one at a time is worked out.

    Args:
        features: Names with values of shape (customers,), such as the items of a frame.
        cluster: Shape (customers,).

    Returns:
        Indexed by cluster.
    """
    return pd.DataFrame({name: values.groupby(pd.Series(cluster, values.index, name="cluster")).median() for name, values in features})


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
