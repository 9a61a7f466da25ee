"""Customers of a crowd who are looked at, read once for what they spent by month and where they are on the map."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from webapp.bought import Amounts, Bought
from webapp.by_cell import Numbers
from webapp.views.few import Few, few
from webapp.views.scope import Scope
from webapp.views.segments import persona_names


@dataclass(frozen=True)
class Gathered:
    """What they come to.

    Attributes:
        cells: One row per cell of the whole map and persona (its place in the order of the rules) that hold some: cell, persona, customers.
        months: One row per month and persona that bought: month (its first day), persona, spent.
    """

    cells: pd.DataFrame
    months: pd.DataFrame


def gathered(scope: Scope) -> Gathered:
    """What buyers come to, of whom there are no more than can be drawn."""
    return scope.snapshot.lately(("gathered", scope.name, repr(scope.filters)), lambda: _gathered(scope))


def rows_of(scope: Scope) -> tuple[Bought, Few]:
    """What buyers of a crowd spent, and those who are looked at, of whom there are no more than can be drawn."""
    found = few(scope)
    assert scope.crowd is not None
    assert scope.crowd.bought is not None
    assert found is not None
    return scope.crowd.bought, found


def sums(groups: int, parts: Iterable[tuple[Numbers, Amounts]]) -> tuple[Amounts, Amounts]:
    """Amounts, each with the number of its group, a part at a time: what each group comes to, and of how many amounts."""
    spent, times = np.zeros((2, groups))
    for own, amount in parts:
        spent += np.bincount(own, amount, groups)
        times += np.bincount(own, minlength=groups)
    return spent, times


def _gathered(scope: Scope) -> Gathered:
    assert scope.crowd is not None
    bought, found = rows_of(scope)
    rows, persona, personas = found.rows, found.persona.astype(np.int64), len(persona_names(scope))
    groups = len(bought.months) * personas
    spent, times = sums(groups, ((month * personas + persona[place], amount) for place, month, amount in bought.by(rows)))
    # Those of one cell stand together.
    cells = pd.DataFrame({"cell": scope.crowd.positions.cells_of(rows), "persona": persona})
    there = np.flatnonzero(times)
    months = pd.DataFrame({"month": bought.months[there // personas], "persona": there % personas, "spent": spent[there]})
    return Gathered(cells.groupby(["cell", "persona"], sort=False).size().reset_index(name="customers"), months)
