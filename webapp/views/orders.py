"""Buying: over time, by country, by recency and frequency, and how concentrated it is."""

from typing import Any

import numpy as np
import pandas as pd

from webapp.views.monthly import monthly
from webapp.views.scope import Scope
from webapp.views.segments import persona_names


def revenue_by_month(scope: Scope) -> pd.DataFrame:
    """Revenue, one row per month and one column per persona that bought, in the order of the rules; the index is the first of the month.

    Returns count in the month they were made.
    """
    if scope.crowd:
        return _by_month_and_persona(scope, monthly(scope))
    spent = spent_by_month(scope)
    condition, values = scope.condition
    found = scope.snapshot.columns(
        f"""SELECT "order month" AS month, persona, fsum("spent in it") AS revenue FROM {spent} WHERE {condition} GROUP BY ALL""", values
    )
    return _by_month_and_persona(scope, found)


def spent_by_month(scope: Scope) -> str:
    """The name in SQL of what each customer spent in each month with orders: "order month" (its first day), "spent in it".

    With all that customers are chosen by: the sum of a choice then need not join anything.
    """
    # No column of theirs has a space in its name.
    return scope.snapshot.derived(
        f"{scope.name} months",
        f"""SELECT c.*, spent.* EXCLUDE (customer_id)
            FROM (SELECT customer_id, date_trunc('month', time)::TIMESTAMP AS "order month", fsum(spend) AS "spent in it"
                  FROM {scope.table("orders")} GROUP BY ALL) spent
            JOIN {scope.table("customers")} c USING (customer_id)""",
    )


def _by_month_and_persona(scope: Scope, found: pd.DataFrame) -> pd.DataFrame:
    months, at = np.unique(found["month"].to_numpy(), return_inverse=True)
    own, revenue = found["persona"].to_numpy(), found["revenue"].to_numpy()
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for name in persona_names(scope):
        chosen = own == name
        if chosen.any():
            columns[name] = np.zeros(len(months))
            columns[name][at[chosen]] = revenue[chosen]
    return pd.DataFrame(columns, index=pd.DatetimeIndex(months, name="month"))


def countries(scope: Scope, rows: int = 12) -> pd.DataFrame:
    """One row per country, the largest revenue first: country, customers, orders, revenue, share (of revenue; none of one not above 0)."""
    return scope.of_customers(
        """country, count(*) AS customers, sum(orders)::BIGINT AS orders, fsum(monetary) AS revenue,
           CASE WHEN sum(fsum(monetary)) OVER () > 0 THEN fsum(monetary) / sum(fsum(monetary)) OVER () END AS share""",
        "AND country IS NOT NULL GROUP BY country ORDER BY revenue DESC, country LIMIT ?",
        [rows],
    )


def concentration(scope: Scope, steps: int = 100) -> pd.DataFrame:
    """How much of revenue the best customers bring: customers (share of them, the best first), revenue (share of it).

    Returns one row per percent of customers, and the origin (Lorenz 1905, the best first).
    """
    chosen, values = scope.chosen
    found = scope.snapshot.columns(f"SELECT monetary FROM {chosen}", values)
    spent = np.sort(np.maximum(found["monetary"].to_numpy(), 0))[::-1].cumsum()
    count = len(spent)
    if not count or spent[-1] <= 0:
        return pd.DataFrame({"customers": [], "revenue": []})
    at = sorted({round(count * step / steps) for step in range(steps + 1)})
    return pd.DataFrame({"customers": [n / count for n in at], "revenue": [float(spent[n - 1] / spent[-1]) if n else 0.0 for n in at]})
