"""One customer of a crowd among the others, without a look at all of them."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.sql import identifier
from webapp.views.scope import Scope

Ladder = np.ndarray[Any, np.dtype[np.float64]]
# Ids that are compared with one that is not there.
_COMPARED = 2_000
_ENOUGH = 5
# Those beside a point: of few, the nearest may be far in the feature that they are sorted by last.
_BESIDE = 4_000


def ladder(scope: Scope, feature: str) -> Ladder:
    """The values of a feature at even steps through all customers, the lowest first."""
    sql = f"SELECT value FROM {scope.laid_out('ladder')} WHERE feature = ? ORDER BY step"
    return scope.snapshot.once(
        ("ladder", scope.name, feature), lambda: scope.snapshot.columns(sql, [feature])["value"].to_numpy().astype(float)
    )


def share(scope: Scope, feature: str, value: float, *, equal: float = 0.5) -> float:
    """The share of all customers with less than a value and of `equal` times those who are equal, to a ten-thousandth."""
    steps = ladder(scope, feature)
    less, more = (float(np.searchsorted(steps, value, side)) for side in ("left", "right"))
    return (less + equal * (more - less)) / len(steps)


def nearest(scope: Scope, at: dict[str, float], rows: int) -> pd.DataFrame:
    """The customers nearest to a point in the scaled features: place (their row in `customers`), distance; the nearest first.

    The nearest of those beside it in the order of the features say how far off they are at most; then all within that are looked at. The
    point has to be a customer's.
    """
    near, values = scope.laid_out("near"), list(at.values())
    same = " AND ".join(f"{identifier(name)} = ?" for name in at)
    distance = "sqrt(" + " + ".join(f"({identifier(name)} - ?) ** 2" for name in at) + ")"
    here = int(scope.snapshot.rows(f"SELECT min(rowid) AS here FROM {near} WHERE {same}", values)[0]["here"])
    # As many as are wanted at least, on the side where there are as many.
    many = max(rows, _BESIDE)
    first = max(min(here - many // 2, scope.record.customers - many), 0)
    beside = f"SELECT {distance} AS distance FROM {near} WHERE rowid >= ? AND rowid < ? ORDER BY distance LIMIT ?"
    farthest = scope.snapshot.rows(f"SELECT max(distance) AS farthest FROM ({beside})", [*values, first, first + many, rows])[0]["farthest"]
    within = " AND ".join(f"{identifier(name)} BETWEEN ? AND ?" for name in at)
    bounds = [bound for value in values for bound in (value - farthest, value + farthest)]
    return scope.snapshot.frame(
        f"SELECT place, {distance} AS distance FROM {near} WHERE {within} ORDER BY distance, place LIMIT ?", [*values, *bounds, rows]
    )


def lookalikes(scope: Scope, text: str) -> list[str]:
    """Ids that may look like one that is not there: some that begin as it does, as far as any do, and one in so many of all."""
    sql = f"SELECT customer_id FROM {scope.by_id} WHERE customer_id >= ? AND customer_id < ? LIMIT {_COMPARED}"
    found: list[str] = []
    for length in range(len(text), 0, -1):
        found = [row["customer_id"] for row in scope.snapshot.rows(sql, [text[:length], after(text[:length])])]
        if len(found) >= _ENOUGH:
            break
    others = f"SELECT customer_id FROM {scope.laid_out('sample')} WHERE rowid % 100 = 0"
    return [*found, *(row["customer_id"] for row in scope.snapshot.rows(others))]


def after(text: str) -> str:
    """The end of all texts that begin with `text`, itself not one of them."""
    at = min(ord(text[-1]) + 1, 0x10FFFF)
    # Halves of characters, which lie in between, are none.
    return text[:-1] + chr(0xE000 if at == 0xD800 else at)
