"""Why a customer is where they are, what would move them, and what describes a persona."""

from typing import Any

import pandas as pd

from webapp.views import apart
from webapp.views.scope import Scope


def contributions(scope: Scope, customer: dict[str, Any]) -> pd.DataFrame:
    """How much each feature pulls a customer into their own cluster rather than the next-best, the strongest first.

    Along a feature it is the squared distance to the next-best centre less that to the own one, scaled; their sum is the difference of
    the two squared distances. A feature that speaks for the next-best cluster is negative.

    Returns:
        One row per feature that clusters are made of: feature, pull (in squared standard deviations). None where there is no other cluster.
    """
    if customer["cluster"] == customer["next_cluster"]:
        return pd.DataFrame({"feature": [], "pull": []})
    squares = apart.squares(scope, customer)
    own, other = (squares[customer[cluster]] for cluster in ("cluster", "next_cluster"))
    found = pd.DataFrame({"feature": list(own), "pull": [other[name] - own[name] for name in own]})
    return found.sort_values(["pull", "feature"], ascending=[False, True], ignore_index=True)


def moves(scope: Scope, customer_id: str) -> list[dict[str, Any]]:
    """What would move a customer to another persona, the smallest change first: feature, value, reached, distance, persona."""
    sql = f"""SELECT feature, value, reached, distance, persona FROM {scope.table("moves")}
              WHERE customer_id = ? ORDER BY distance, feature, reached"""
    return scope.snapshot.rows(sql, [customer_id])


def rules(scope: Scope, persona: str) -> list[list[dict[str, Any]]]:
    """The rules that describe a persona, each a list of bounds: feature, least, most (both included, None for no bound)."""
    sql = f"SELECT rule, feature, least, most FROM {scope.table('rules')} WHERE persona = ? ORDER BY rule"
    found: dict[int, list[dict[str, Any]]] = {}
    for row in scope.snapshot.rows(sql, [persona]):
        found.setdefault(row.pop("rule"), []).append(row)
    return list(found.values())


def fidelity(scope: Scope, persona: str) -> dict[str, Any] | None:
    """How well the rules describe a persona: rules, covered, recall, precision, accuracy; None if the run was built quickly."""
    sql = f"SELECT * EXCLUDE (persona) FROM {scope.table('descriptions')} WHERE persona = ?"
    return next(iter(scope.snapshot.rows(sql, [persona])), None)
