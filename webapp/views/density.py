"""Where on the map the customers of a crowd are: how many in each cell, and those of the rarest clusters one by one."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.sql import identifier
from webapp import crowd
from webapp.crowd import CELLS
from webapp.views.counting import counted
from webapp.views.gathered import gathered
from webapp.views.scope import Scope
from webapp.views.segments import clusters, persona_names

# Clusters of at most this share of customers are rare, and drawn one by one as long as all of them together have no more than these.
RARE, MOST_RARE = 0.01, 5_000
# Shares of customers between whom a feature's colours are spread.
_ENDS = (0.02, 0.98)
Part = tuple[float, float, float, float]


def cells(scope: Scope, colour: str, part: Part | None = None, count: int = CELLS) -> pd.DataFrame:
    """One row per cell and group that hold customers looked at: cell, value, customers.

    Cells are counted from the lower left, row by row. A group is a cluster or a persona; for a feature there is one row per cell.

    Args:
        scope: Of a crowd.
        colour: "persona", "cluster" or a feature; `value` is the place of the persona, the number of the cluster, or the mean.
        part: Left, low, right and high of the cells; None for the whole map.
        count: How many there are along the longer side.
    """
    chosen, values = scope.chosen
    cell = '"map cell"'
    if part:
        left, low, right, high = part
        cell = f"({crowd.cell_of(left, low, max(right - left, high - low) / count, count)})::INTEGER"
        # As they are kept: otherwise each of them would be turned into a longer number, and no group of rows be passed over.
        chosen += " AND x >= ?::FLOAT AND x <= ?::FLOAT AND y >= ?::FLOAT AND y <= ?::FLOAT"
        values = [*values, *_short(left, right), *_short(low, high)]
    value, group = {"persona": ('"persona number"', ", value"), "cluster": ("cluster", ", value")}.get(
        colour, (f"avg({identifier(colour)})", "")
    )
    return scope.snapshot.columns(
        f"""SELECT {cell} AS cell, {value} AS value, {scope.every} * count(*) AS customers FROM {chosen} GROUP BY cell{group}""",
        values,
    )


def _short(low: float, high: float) -> tuple[float, float]:
    """Bounds as numbers of 32 bits between which the same of these lie."""
    least, most = np.float32(low), np.float32(high)
    least = least if float(least) >= low else np.nextafter(least, np.float32(np.inf))
    most = most if float(most) <= high else np.nextafter(most, np.float32(-np.inf))
    return float(least), float(most)


def shared_cells(scope: Scope) -> pd.DataFrame:
    """The same of personas on the whole map, for buyers whose months are asked for as well, and who are no more than can be drawn."""
    return gathered(scope).cells.rename(columns={"persona": "value"})


def rarest(scope: Scope, colour: str) -> pd.DataFrame:
    """One row per customer looked at of the rarest clusters: customer_id, x, y, value, as `value` of `cells`."""
    sizes = clusters(scope.all()).sort_values("customers")
    rare = sizes[(sizes["share"] <= RARE) & (sizes["customers"].cumsum() <= MOST_RARE)]["cluster"].to_list()
    among = ", ".join(map(str, rare)) or "NULL"
    sql = f"SELECT * FROM {scope.all().table('customers')} WHERE cluster IN ({among})"
    own = scope.snapshot.derived(f"{scope.name} rarest", sql)
    value = '"persona number"' if colour == "persona" else identifier(colour)
    condition, values = scope.condition
    return scope.snapshot.columns(f"SELECT customer_id, x, y, {value} AS value FROM {own} WHERE {condition}", values)


def ends(scope: Scope, feature: str) -> tuple[float, float]:
    """The values that a feature's colours begin and end with, of everybody whatever the filters."""
    sql = f"SELECT quantile_cont({identifier(feature)}, [{_ENDS[0]}, {_ENDS[1]}]) AS ends FROM {scope.laid_out('sample')}"
    low, high = scope.snapshot.once(("ends", scope.name, feature), lambda: scope.snapshot.rows(sql)[0]["ends"])
    return float(low), float(high)


def middles(scope: Scope) -> dict[int, tuple[float, float]]:
    """Cluster to where its middle is on the map, the largest first, those of at least a fiftieth of customers."""
    sql = f"""SELECT cluster, median(x) AS x, median(y) AS y FROM {scope.laid_out("sample")} GROUP BY cluster
              HAVING count(*) >= 0.02 * (SELECT count(*) FROM {scope.laid_out("sample")}) ORDER BY count(*) DESC, cluster"""
    found: list[dict[str, Any]] = scope.snapshot.once(("middles", scope.name), lambda: scope.snapshot.rows(sql))
    return {row["cluster"]: (float(row["x"]), float(row["y"])) for row in found}


def by_persona(scope: Scope) -> np.ndarray[Any, Any]:
    """How many customers looked at have each persona, in the order of the rules."""
    if scope.sells:
        return counted(scope).customers
    chosen, values = scope.chosen
    found = scope.snapshot.columns(f'SELECT "persona number" AS persona, count(*) AS customers FROM {chosen} GROUP BY ALL', values)
    return np.bincount(found["persona"], found["customers"], len(persona_names(scope))).astype(int)
