"""What the run made by hand says of how far its segments can be trusted; plausible, and easy to check."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipeline.manifest import TrustRecord
from tests.webapp import handmade_value

Row = dict[str, Any]

CUTOFF = date(2023, 9, 3)
HORIZONS = (90, 180)

_GRADES = {0.9: "highly stable", 0.8: "stable", 0.7: "doubtful", 0.5: "unstable"}
# Of clusters by number, and of personas in the order of the rules.
_CLUSTERS, _PERSONAS = (0.9, 0.7, 0.5), (0.8, 0.7)
# Score to its values for k = 1, 2, 3, 4.
_SCORES: dict[str, tuple[float | None, ...]] = {
    "inertia": (15.0, 8.0, 3.0, 1.0),
    "silhouette": (None, 0.4, 0.5, 0.3),
    "davies_bouldin": (None, 0.9, 0.6, 0.7),
    "calinski_harabasz": (None, 50.0, 100.0, 90.0),
    "gap": (0.1, 0.2, 0.5, 0.4),
    "gap_error": (0.01, 0.02, 0.03, 0.04),
}
_SEGMENTATIONS = (
    ("standard", "cluster"),
    ("standard", "persona"),
    ("log", "cluster"),
    ("log", "persona"),
    ("rfm_grid", "segment"),
    ("spending_deciles", "decile"),
)
# Segmentation and level to its area under the curve 90 days ahead; 180 days ahead it is 0.05 more.
_AREAS = dict(zip(_SEGMENTATIONS, (0.75, 0.74, 0.78, 0.76, 0.77, 0.72), strict=True))


def record(kind: str, k: int) -> TrustRecord:
    """What the manifest says; `k` is the one in use."""
    sells = kind == "transactions"
    return TrustRecord(
        recommended_k=3,
        k_reason=f"The silhouette, Davies-Bouldin, Calinski-Harabasz and the gap statistic name 3. The k in use is {k}.",
        scaling_reason="Standard separates clusters better: silhouette 0.50 against 0.40.",
        cutoff=CUTOFF if sells else None,
        missing=[],
        value_cutoff=CUTOFF if sells else None,
    )


def tables(kind: str, scaling: str, names: dict[int, str], features: Sequence[str], customers: Sequence[Row]) -> dict[str, list[Row]]:
    """Table to its rows.

    Args:
        kind: "profile" or "transactions".
        scaling: The one in use.
        names: Cluster to persona.
        features: Their names.
        customers: Rows of the table of customers.
    """
    personas = list(dict.fromkeys(names.values()))
    other = "log" if scaling == "standard" else "standard"
    found = {
        "scores": scores(),
        "stability": [row for one in (scaling, other) for row in _stability(one, list(names), personas)],
        "scalings": [*_scaling(scaling, 0.5), *_scaling(other, 0.4)],
        "moves": [_move(row, features[0], personas) for row in customers],
        "rules": [row for at, name in enumerate(personas) for row in _rules(name, features, at)],
        "descriptions": [_description(name) for name in personas],
        "changes": _changes(personas),
    }
    if kind == "transactions":
        found |= {"backtest": _overall(), "backtest_groups": _groups(names, personas), **handmade_value.tables(customers, personas)}
    return found


def scores() -> list[Row]:
    """Of every k from 1 to 4, where they are defined."""
    rows = [
        {"k": k, "score": score, "value": value}
        for score, values in _SCORES.items()
        for k, value in enumerate(values, 1)
        if value is not None
    ]
    return sorted(rows, key=lambda row: row["k"])


def _stability(scaling: str, clusters: Sequence[int], personas: Sequence[str]) -> list[Row]:
    found = [("cluster", str(number), "jaccard", value) for number, value in zip(clusters, _CLUSTERS, strict=False)]
    found += [("persona", name, "jaccard", value) for name, value in zip(personas, _PERSONAS, strict=False)]
    found.append(("whole", "all", "adjusted_rand", 0.8))
    return [
        {"scaling": scaling, "level": level, "name": name, "measure": measure, "value": value, "grade": _GRADES[value]}
        for level, name, measure, value in found
    ]


def _scaling(scaling: str, silhouette: float) -> list[Row]:
    measures = {
        "silhouette": silhouette,
        "davies_bouldin": 0.6,
        "calinski_harabasz": 100.0,
        "smallest_cluster": 1.0,
        "largest_cluster": 2.0,
        "largest_share": 0.4,
        "adjusted_rand": 0.8,
    }
    return [{"scaling": scaling, "measure": measure, "value": value} for measure, value in measures.items()]


def _move(customer: Row, feature: str, personas: Sequence[str]) -> Row:
    """One way to another persona for everybody: 100 more of the first feature."""
    return {
        "customer_id": customer["customer_id"],
        "feature": feature,
        "value": float(customer[feature]),
        "reached": float(customer[feature]) + 100.0,
        "distance": 0.5,
        "persona": next(name for name in personas if name != customer["persona"]),
    }


def _rules(persona: str, features: Sequence[str], at: int) -> list[Row]:
    """Of the first persona those with little of the first feature, of the others those with much of it and something of the second."""
    bounds = [(features[0], None, 50.0)] if at == 0 else [(features[0], 51.0, None), (features[1], 1.0, 99.0)]
    return [{"persona": persona, "rule": 1, "feature": feature, "least": least, "most": most} for feature, least, most in bounds]


def _description(persona: str) -> Row:
    return {"persona": persona, "rules": 1, "covered": 2, "recall": 1.0, "precision": 0.5, "accuracy": 0.8}


def _changes(personas: Sequence[str]) -> list[Row]:
    first, last = personas[0], personas[-1]
    moved = [
        ("customers moved", last, first, 1),
        ("gone", last, None, 1),
        ("new", None, first, 2),
        ("the model moved", first, last, 3),
    ]
    return [dict(zip(("reason", "from_persona", "to_persona", "customers"), row, strict=True)) for row in moved]


def _overall() -> list[Row]:
    return [
        {"segmentation": name, "level": level, "horizon_days": days, "measure": measure, "value": value}
        for at, days in enumerate(HORIZONS)
        for name, level in _SEGMENTATIONS
        for measure, value in {
            "auc": round(_AREAS[name, level] + 0.05 * at, 2),
            "variance_explained": 0.3,
            "lift_returned": 1.8,
            "lift_spend": 4.0,
        }.items()
    ]


def _groups(names: dict[int, str], personas: Sequence[str]) -> list[Row]:
    """Two customers in each group: of every group but the last both come back, of the last none."""
    found = []
    for days in HORIZONS:
        for name, level in _SEGMENTATIONS:
            groups = {
                "cluster": [str(number) for number in names],
                "persona": list(personas),
                "segment": ["Champions", "Hibernating"],
                "decile": ["10", "1"],
            }[level]
            found += [
                {
                    "segmentation": name,
                    "level": level,
                    "horizon_days": days,
                    "group": group,
                    "customers": 2,
                    "returned_share": 0.0 if group == groups[-1] else 1.0,
                    "mean_spend": 0.0 if group == groups[-1] else float(days),
                }
                for group in groups
            ]
    return found
