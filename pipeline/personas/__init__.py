"""Business names for clusters, with the rule that gave them and what to do about it."""

import numpy as np
import pandas as pd

from pipeline.catalogue import Dataset, TransactionsDataset
from pipeline.personas import profile, transactions
from pipeline.personas.rules import Persona, explain, name_clusters, standings


def describe(features: pd.DataFrame, cluster: np.ndarray, dataset: Dataset) -> tuple[dict[int, str], pd.DataFrame]:
    """Name every cluster.

    Args:
        features: Shape (customers, features), raw units.
        cluster: Shape (customers,).
        dataset: Whose rules apply.

    Returns:
        Cluster number to persona name; and one row per persona in the order of the rules: persona, summary, reason,
        actions, use_cases, avoid.
    """
    standing = standings(features, cluster)
    medians = features.groupby(pd.Series(cluster, index=features.index, name="cluster")).median()
    rules: tuple[Persona, ...]
    if isinstance(dataset, TransactionsDataset):
        rules, labels = transactions.PERSONAS, transactions.labels(dataset.currency)
    else:
        rules, labels = profile.personas(standing, dataset), profile.labels(dataset)
    named = name_clusters(standing, rules)
    rows = []
    for persona in rules:
        clusters = [number for number, given in named.items() if given is persona]
        if clusters:
            rows.append(_row(persona, explain(persona, clusters, standing, medians, labels)))
    return {number: persona.name for number, persona in named.items()}, pd.DataFrame(rows)


def _row(persona: Persona, reason: str) -> dict[str, object]:
    return {
        "persona": persona.name,
        "summary": persona.summary,
        "reason": reason,
        "actions": list(persona.actions),
        "use_cases": list(persona.use_cases),
        "avoid": list(persona.avoid),
    }
