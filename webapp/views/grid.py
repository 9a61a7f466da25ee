"""The marketer's grid, a second lens on buyers: its cells, and where it and the personas disagree."""

from typing import Any

import pandas as pd

from webapp.views.scope import Scope, kept_of_everyone
from webapp.views.segments import persona_names


@kept_of_everyone
def cells(scope: Scope) -> pd.DataFrame:
    """One row per cell that holds customers looked at: recency, frequency (1 to 5), segment, customers, revenue.

    Scores are relative to all customers of the dataset, whatever the filters; 5 is most recent, most frequent.
    """
    return scope.of_customers(
        "recency_score AS recency, frequency_score AS frequency, segment, count(*) AS customers, fsum(monetary) AS revenue",
        "GROUP BY ALL ORDER BY ALL",
    )


def places(scope: Scope) -> pd.DataFrame:
    """One row per cell that holds anybody, whatever the filters: recency, frequency (1 to 5), segment."""
    return cells(scope.all())[["recency", "frequency", "segment"]]


def segments(scope: Scope) -> list[str]:
    """The grid's segments that hold anybody, the one of the highest mean spend first, whatever the filters."""
    return list(scope.fields.categories.get("segment", []))


def cross_table(scope: Scope) -> pd.DataFrame:
    """One row per persona and segment that share customers looked at: persona, segment, customers, revenue.

    Personas come in the order of their rules, segments by their mean spend.
    """
    found = scope.of_customers("persona, segment, count(*) AS customers, fsum(monetary) AS revenue", "GROUP BY persona, segment")
    order = {"persona": persona_names(scope), "segment": segments(scope)}
    return found.sort_values(["persona", "segment"], key=lambda column: column.map(order[column.name].index), ignore_index=True)


def disagreements(scope: Scope, most: int | None = None) -> pd.DataFrame:
    """Customers looked at who are valuable by one lens and worthless by the other, the highest spend first, `most` of them or all.

    A lens orders its groups by the mean spend of all their customers: who is in one of the first third of the groups is valuable, in one
    of the last third worthless.

    Returns:
        customer_id, persona, segment, valued_by ("persona" or "segment"), recency_days, frequency, monetary.
    """
    return scope.snapshot.frame(*disagreements_sql(scope, most))


def disagreements_sql(scope: Scope, most: int | None = None) -> tuple[str, list[Any]]:
    """The question behind `disagreements`, and its parameters."""
    condition, values = scope.condition
    return (
        f"""SELECT customer_id, persona, segment, valued_by, recency_days, frequency, monetary
            FROM {_disagreeing(scope)} WHERE {condition} ORDER BY monetary DESC, customer_id {"" if most is None else f"LIMIT {most}"}""",
        values,
    )


def disagreed(scope: Scope) -> dict[str, tuple[int, float]]:
    """How many customers looked at are valuable by each lens and worthless by the other, and what they spent; only lenses with any."""
    condition, values = scope.condition
    found = scope.snapshot.rows(
        f"""SELECT valued_by, count(*) AS customers, fsum(monetary) AS revenue FROM {_disagreeing(scope)}
            WHERE {condition} GROUP BY valued_by""",
        values,
    )
    return {row["valued_by"]: (row["customers"], row["revenue"]) for row in found}


def _disagreeing(scope: Scope) -> str:
    """A table of these customers as of all, with `valued_by`, whatever the filters."""
    lenses = {lens: _thirds(scope, lens) for lens in ("persona", "segment")}
    return scope.snapshot.derived(
        f"{scope.name} disagreements",
        f"""SELECT customers.*, CASE WHEN by_persona.third > 0 THEN 'persona' ELSE 'segment' END AS valued_by
            FROM {scope.by_id} customers JOIN ({lenses["persona"]}) by_persona USING (persona)
            JOIN ({lenses["segment"]}) by_segment USING (segment)
            WHERE by_persona.third * by_segment.third < 0""",
    )


def _thirds(scope: Scope, lens: str) -> str:
    """Each group of a lens with its third by mean spend, ties sharing their average rank: 1 the first, -1 the last."""
    return f"""WITH spent AS (SELECT {lens}, avg(monetary) AS mean FROM {scope.table("customers")} GROUP BY {lens}),
               ranked AS (SELECT {lens}, count(*) OVER () AS n,
                          2 * rank() OVER (ORDER BY mean) + count(*) OVER (PARTITION BY mean) - 2 AS twice FROM spent)
               SELECT {lens}, 3 * twice // (2 * n) - 1 AS third FROM ranked"""
