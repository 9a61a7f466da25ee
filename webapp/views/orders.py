"""Buying: over time, by country, by recency and frequency, and how concentrated it is."""

import pandas as pd

from webapp.views.scope import Scope


def revenue_by_month(scope: Scope) -> pd.DataFrame:
    """One row per month and persona: month, persona, revenue, orders. Returns count in the month they were made."""
    condition, values = scope.chosen
    return scope.snapshot.frame(
        f"""SELECT date_trunc('month', o.time)::TIMESTAMP AS month, c.persona, fsum(o.spend) AS revenue, count(*) AS orders
            FROM {scope.table("orders")} o JOIN (SELECT customer_id, persona FROM {scope.table("customers")} WHERE {condition}) c
            USING (customer_id) GROUP BY ALL ORDER BY ALL""",
        values,
    )


def countries(scope: Scope, rows: int = 12) -> pd.DataFrame:
    """One row per country, the largest revenue first: country, customers, orders, revenue, share (of revenue)."""
    return scope.of_customers(
        """country, count(*) AS customers, sum(orders)::BIGINT AS orders, fsum(monetary) AS revenue,
           fsum(monetary) / sum(fsum(monetary)) OVER () AS share""",
        "AND country IS NOT NULL GROUP BY country ORDER BY revenue DESC, country LIMIT ?",
        [rows],
    )


def grid(scope: Scope) -> pd.DataFrame:
    """One row per cell of the recency-frequency grid that holds customers: recency, frequency (1 to 5), customers, revenue.

    Scores are quintiles among all customers of the dataset, equal ones sharing their average rank; 5 is most recent, most frequent.
    """
    # The scores are the same whatever the filters, and ranking everyone takes longer than all the rest.
    scored = scope.snapshot.derived(
        f"{scope.name} scores",
        f"""WITH ranked AS (
                SELECT customer_id, count(*) OVER () AS n,
                rank() OVER (ORDER BY recency_days DESC) + (count(*) OVER (PARTITION BY recency_days) - 1) / 2 AS r,
                rank() OVER (ORDER BY frequency) + (count(*) OVER (PARTITION BY frequency) - 1) / 2 AS f
                FROM {scope.table("customers")})
            SELECT customer_id,
            1 + floor(5 * (r - 0.5) / n)::INTEGER AS recency_score, 1 + floor(5 * (f - 0.5) / n)::INTEGER AS frequency_score
            FROM ranked""",
    )
    condition, values = scope.chosen
    return scope.snapshot.frame(
        f"""SELECT recency_score AS recency, frequency_score AS frequency, count(*) AS customers, fsum(monetary) AS revenue
            FROM (SELECT customer_id, monetary FROM {scope.table("customers")} WHERE {condition}) JOIN {scored} USING (customer_id)
            GROUP BY ALL ORDER BY ALL""",
        values,
    )


def concentration(scope: Scope, steps: int = 100) -> pd.DataFrame:
    """How much of revenue the best customers bring: customers (share of them, the best first), revenue (share of it).

    Returns one row per percent of customers, and the origin (Lorenz 1905, the best first).
    """
    return scope.of_customers(
        "monetary",
    ).pipe(_shares, steps)


def _shares(frame: pd.DataFrame, steps: int) -> pd.DataFrame:
    spent = frame["monetary"].clip(lower=0).sort_values(ascending=False).to_numpy().cumsum()
    count = len(spent)
    if not count or spent[-1] <= 0:
        return pd.DataFrame({"customers": [], "revenue": []})
    at = sorted({round(count * step / steps) for step in range(steps + 1)})
    return pd.DataFrame({"customers": [n / count for n in at], "revenue": [float(spent[n - 1] / spent[-1]) if n else 0.0 for n in at]})
