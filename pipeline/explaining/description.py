"""What describes the customers of a persona: a few plain bounds on their features, and how well these tell them from all others.

Shallow classification trees of Breiman, Friedman, Olshen and Stone (1984), "Classification and Regression Trees".
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.explaining.bounds import Bound, Rule, covered, merged
from pipeline.explaining.tree import paths

MOST_RULES = 3

_BOUNDS = {"persona": "str", "rule": "int32", "feature": "str", "least": "float64", "most": "float64"}


@dataclass(frozen=True)
class Description:
    """Rules that describe personas, and how well.

    Attributes:
        bounds: One row per persona, rule and feature: persona, rule (from 1, the one that covers most of the persona first), feature,
            least, most (raw, both included; missing where the rule asks nothing). A rule holds where all its bounds do.
        fidelity: One row per persona: persona, rules (how many; whom any of them holds for is covered), covered (customers), recall (share
            of the persona who are covered), precision (share of the covered who belong to it; missing where nobody is covered), accuracy
            (share of all customers who are covered and belong, or neither).
    """

    bounds: pd.DataFrame
    fidelity: pd.DataFrame


def describe(features: pd.DataFrame, persona: pd.Series) -> Description:
    """Describe every persona by at most three rules, each of at most three bounds.

    A tree per persona tells its customers from all others. The leaves where most customers belong to the persona are the rules. A
    persona that is in the minority everywhere has none, nor has one that everybody belongs to.

    Args:
        features: Shape (customers, features), raw units.
        persona: Shape (customers,), in the same order.
    """
    bounds, fidelity = [], []
    for name in sorted(persona.unique()):
        members = (persona == name).to_numpy()
        rules = _rules(features, members)
        bounds += [_row(name, number, bound) for number, rule in enumerate(rules, start=1) for bound in rule]
        fidelity.append({"persona": name, "rules": len(rules), **_fidelity(features, members, rules)})
    return Description(pd.DataFrame(bounds, columns=list(_BOUNDS)).astype(_BOUNDS), pd.DataFrame(fidelity))


def _rules(features: pd.DataFrame, members: np.ndarray) -> list[Rule]:
    rules = [merged(path, features) for path in paths(features, members)]
    return sorted(rules, key=lambda rule: -int((covered(features, rule) & members).sum()))[:MOST_RULES]


def _row(persona: str, number: int, bound: Bound) -> dict[str, object]:
    least, most = (value if np.isfinite(value) else np.nan for value in (bound.least, bound.most))
    return {"persona": persona, "rule": number, "feature": bound.feature, "least": least, "most": most}


def _fidelity(features: pd.DataFrame, members: np.ndarray, rules: list[Rule]) -> dict[str, float]:
    found = np.logical_or.reduce([np.zeros(len(features), dtype="bool"), *(covered(features, rule) for rule in rules)])
    both, count = (found & members).sum(), found.sum()
    return {
        "covered": int(count),
        "recall": float(both / members.sum()),
        "precision": float(both / count) if count else np.nan,
        "accuracy": float((found == members).mean()),
    }
