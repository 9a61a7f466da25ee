"""What the customers of a crowd who are looked at spent by month, counted where that is soon done, and estimated elsewhere."""

from enum import Enum

import numpy as np
import pandas as pd

from webapp.bought import first_days
from webapp.buyers import Counted
from webapp.views.counting import by_what_few_differ_in, counted
from webapp.views.gathered import gathered
from webapp.views.scope import Scope
from webapp.views.segments import persona_names


class Known(Enum):
    """How the months of a choice are come by."""

    FEW = "counted one by one"
    ALIKE = "counted from what those who are alike come to"
    EDGE = "counted by cells of the map, estimated along the edge of the shape"
    SAMPLE = "estimated from one customer in so many"


def known(scope: Scope) -> Known:
    """How it is told what they spent by month."""
    if scope.crowd is None or _drawn(scope).every == 1:
        return Known.FEW
    if by_what_few_differ_in(scope):
        return Known.ALIKE
    return Known.SAMPLE if counted(scope).months is None else Known.EDGE


def monthly(scope: Scope) -> pd.DataFrame:
    """One row per month and persona that bought: month (its first day), persona, revenue; by persona it adds up to what all spent."""
    names = np.array(persona_names(scope))
    match known(scope):
        case Known.FEW:
            found = gathered(_drawn(scope)).months
        case Known.ALIKE:
            condition, values = scope.condition
            found = _summed(scope, f"{scope.laid_out('alike_months')} WHERE {condition}", values)
        case Known.EDGE:
            found = _scaled(_of_cells(scope), counted(scope))
        case Known.SAMPLE:
            chosen, values = _drawn(scope).chosen
            lists = f'(SELECT "persona number", unnest("months", recursive := true) FROM {chosen})'
            found = _scaled(_summed(scope, lists, values), counted(scope))
    return pd.DataFrame({"month": found["month"], "persona": names[found["persona"]], "revenue": found["spent"]})


def _drawn(scope: Scope) -> Scope:
    return scope.drawn(int(counted(scope).customers.sum()))


def _summed(scope: Scope, source: str, values: list[object]) -> pd.DataFrame:
    """One row per month and persona of rows with month, persona and what was spent."""
    sql = f'SELECT month, "persona number" AS persona, sum(spent) AS spent FROM {source} GROUP BY ALL'
    found = scope.snapshot.columns(sql, values)
    return found.assign(month=first_days(found["month"].to_numpy()))


def _of_cells(scope: Scope) -> pd.DataFrame:
    """The same of the cells that a shape holds or passes through."""
    months = counted(scope).months
    assert scope.crowd is not None
    assert scope.crowd.bought is not None
    assert months is not None
    month, persona = np.nonzero(months)
    return pd.DataFrame({"month": scope.crowd.bought.months[month], "persona": persona, "spent": months[month, persona]})


def _scaled(found: pd.DataFrame, totals: Counted) -> pd.DataFrame:
    """The same, so that it adds up to what each persona spent."""
    own, estimated = totals.revenue[found["persona"]], found.groupby("persona")["spent"].transform("sum").to_numpy()
    return found.assign(spent=found["spent"] * np.divide(own, estimated, out=np.ones_like(own), where=estimated != 0))
