"""What is said of one customer among the others."""

from collections.abc import Mapping
from typing import Any

from pipeline import formats
from pipeline.findings import structure

# The shares of customers at both ends that are called so.
_END = 0.01
_SURE = {"strong": "very sure", "reasonable": "sure", "weak": "fairly sure"}


def rank(below: float, feature: str) -> str:
    """Where a value stands among all customers, of whom the share `below` has less; at the ends "above 100 %" would say too much.

    Few days since the last order stand high.
    """
    recent = feature == "recency_days"
    ahead = 1 - below if recent else below
    if ahead >= 1 - _END:
        return f"among the {'most recent' if recent else 'highest'} {formats.share(max(1 - ahead, 0.001))}"
    if ahead <= _END:
        return f"among the {'least recent' if recent else 'lowest'} {formats.share(max(ahead, 0.001))}"
    return f"{'more recent than' if recent else 'above'} {formats.share(ahead)} of customers"


def sure(customer: Mapping[str, Any], clusters: Mapping[int, Mapping[str, Any]]) -> str:
    """How clearly a customer belongs to the cluster, from the silhouette, and to which one else; `clusters` are rows by number."""
    if clusters[customer["cluster"]]["customers"] == 1:
        words = "A case by itself: nobody else is in this cluster."
    else:
        word = _SURE.get(structure(customer["fit"]), "a border case")
        words = f"{word.capitalize()}: fit {formats.score(customer['fit'])} on a scale from -1 to 1."
    other = clusters.get(customer["next_cluster"])
    if other is None or customer["next_cluster"] == customer["cluster"]:
        return words
    persona = other["persona"]
    same = ", the same persona" if persona == customer["persona"] else ""
    nearer = formats.share(customer["margin"])
    return f"{words} The next-best cluster is {customer['next_cluster']} ({persona}{same}); the customer is {nearer} nearer to its own."
