"""Business names for clusters, with the rule that gave them and what to do about it."""

import numpy as np
import pandas as pd

from pipeline.personas import profile, transactions
from pipeline.personas.rules import Persona, explain, middles, name_clusters, standings
from pipeline.settings import Dataset, TransactionsDataset


def describe(features: pd.DataFrame, cluster: np.ndarray, dataset: Dataset) -> tuple[dict[int, str], pd.DataFrame]:
    """Name every cluster.

    Args:
        features: Shape (customers, features), raw units.
        cluster: Shape (customers,).
        dataset: Whose rules apply.

    Returns:
        Cluster number to persona name; and one row per persona in the order of the rules, those named by hand last: persona,
        summary, reason, actions, use_cases, avoid.
    """
    standing = standings(features, cluster)
    typical = pd.DataFrame({name: middles(features[name], cluster).mean(axis=1) for name in features})
    rules: tuple[Persona, ...]
    if isinstance(dataset, TransactionsDataset):
        rules, labels = transactions.PERSONAS, transactions.labels(dataset.currency)
    else:
        rules, labels = profile.personas(standing, dataset), profile.labels(dataset)
    named = name_clusters(standing, rules)
    given = {number: persona for number, persona in dataset.personas.items() if number in named}
    rows = []
    for persona in rules:
        clusters = [number for number, found in named.items() if found is persona and number not in given]
        if clusters:
            rows.append(_row(persona, explain(persona, clusters, standing, typical, labels)))
    by_name = {str(row["persona"]): row for row in rows}
    for number, own in sorted(given.items()):
        row = _row(named[number], f"Named by hand. {explain(named[number], [number], standing, typical, labels)}")
        words = {"summary": own.summary or row["summary"], "actions": [*own.actions, *named[number].actions]}
        # Several clusters may bear one name: the first says the words.
        by_name.setdefault(own.name, row | {"persona": own.name} | words)
    names = {number: persona.name for number, persona in named.items()} | {number: own.name for number, own in given.items()}
    return names, pd.DataFrame(list(by_name.values()))


def _row(persona: Persona, reason: str) -> dict[str, object]:
    return {
        "persona": persona.name,
        "summary": persona.summary,
        "reason": reason,
        "actions": list(persona.actions),
        "use_cases": list(persona.use_cases),
        "avoid": list(persona.avoid),
    }
