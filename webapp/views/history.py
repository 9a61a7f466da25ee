"""Personas at the ends of months: who moved from one to another, and what one customer was."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.schema import YEAR_DAYS
from pipeline.sql import literal
from webapp.views.scope import Scope

# Fewer customers than this tell nothing of a share.
FEW = 30
# Customers of a crowd that are followed at a time: what is held of them does not grow with the crowd.
_AT_ONCE = 250_000
_COLUMNS = ["from_persona", "to_persona", "customers", "revenue"]


@dataclass(frozen=True)
class Span:
    """From the end of one month to that of another, later one: the first days of both, such as 2011-08-01."""

    first: str
    last: str


def months(scope: Scope) -> list[str]:
    """The first days of the months that personas are known at the end of, in order; none of a dataset without orders, or a quick run."""
    if not scope.sells:
        return []
    found = scope.snapshot.rows(f"SELECT DISTINCT strftime(month, '%Y-%m-%d') AS month FROM {scope.table('flows')} ORDER BY month")
    return [row["month"] for row in found]


def cut_at(scope: Scope) -> str | None:
    """The first of `months` where customers were known before it: since when they had been what they were then is not told.

    None where months begin with the orders.
    """
    found = scope.snapshot.rows(
        f"""SELECT strftime(month, '%Y-%m-%d') AS month FROM {scope.table("flows")}
            WHERE month = (SELECT min(month) FROM {scope.table("flows")}) AND from_persona IS NOT NULL LIMIT 1"""
    )
    return found[0]["month"] if found else None


def flows(scope: Scope, span: Span) -> pd.DataFrame:
    """One row per pair of personas, those who stayed among them: from_persona (None for the new), to_persona, customers, revenue.

    Revenue is what they spent in the 365 days up to the end of the span.
    """
    known = months(scope)
    if known.index(span.last) - known.index(span.first) == 1:
        # As it was published: between other months it has to be counted.
        sql = f"""SELECT {", ".join(_COLUMNS)} FROM {scope.table("flows")} WHERE month = ?::TIMESTAMP
                  ORDER BY customers DESC, from_persona, to_persona"""
        return scope.snapshot.frame(sql, [span.last])
    return scope.snapshot.lately(("flows", scope.name, span), lambda: _counted(scope, span))


def customers_of(flows: pd.DataFrame, before: str | None, after: str | None) -> int:
    """How many customers made a move, of what `flows` returns; as `movers_sql` says it, None is any persona, and "" none yet."""
    chosen = flows
    if before is not None:
        chosen = chosen[chosen["from_persona"].fillna("") == before]
    if after is not None:
        chosen = chosen[chosen["to_persona"] == after]
    return int(chosen["customers"].sum())


def _counted(scope: Scope, span: Span) -> pd.DataFrame:
    found = []
    for sql, values in movers_sql(scope, span, None, None):
        counted = f"SELECT from_persona, to_persona, count(*) AS customers, fsum(spend_of_the_year) AS revenue FROM ({sql}) GROUP BY ALL"
        found.append(scope.snapshot.frame(counted, values))
    ends = ["from_persona", "to_persona"]
    summed = pd.concat(found).groupby(ends, dropna=False, as_index=False).sum()
    return summed.sort_values(["customers", *ends], ascending=[False, True, True], ignore_index=True)


def movers_sql(scope: Scope, span: Span, before: str | None, after: str | None) -> Iterator[tuple[str, list[str]]]:
    """Whoever was customer at the end of a span, those of a crowd a part at a time, in the order of their ids as numbers.

    Args:
        scope: A dataset with orders.
        span: Between which months.
        before: Only those of this persona at its beginning, "" for those who were no customers yet; None for all.
        after: Only those of this persona at its end; None for all.

    Yields:
        A query for customer_id, from_persona, to_persona and spend_of_the_year, and its parameters.
    """
    conditions, values = ["true"], []
    if before is not None:
        conditions.append("coalesce(from_persona, '') = ?")
        values.append(before)
    if after is not None:
        conditions.append("to_persona = ?")
        values.append(after)
    for part in _parts(scope):
        yield _movers_sql(scope, part, " AND ".join(conditions)), [span.first, span.last, *values, span.last, span.last]


def _movers_sql(scope: Scope, part: str, chosen: str) -> str:
    """The query of those of whom the condition `part` is true; of their personas, `chosen` is."""
    end = "(?::TIMESTAMP + INTERVAL 1 MONTH)"
    return f"""
        WITH stood AS (
            SELECT customer_id, arg_max(persona, month) FILTER (month <= ?::TIMESTAMP) AS from_persona,
                   arg_max(persona, month) AS to_persona
            FROM {scope.table("history")} WHERE month <= ?::TIMESTAMP AND {part} GROUP BY customer_id
        ), chosen AS MATERIALIZED (SELECT * FROM stood WHERE {chosen}),
        spent AS (
            SELECT customer_id, fsum(spend) AS spend FROM {scope.table("orders")} SEMI JOIN chosen USING (customer_id)
            WHERE time < {end} AND time >= {end} - INTERVAL {YEAR_DAYS} DAY AND {part} GROUP BY customer_id
        )
        SELECT customer_id, from_persona, to_persona, coalesce(spend, 0) AS spend_of_the_year
        FROM chosen LEFT JOIN spent USING (customer_id)"""


def _parts(scope: Scope) -> list[str]:
    """Conditions on ids of which one is true of each customer, in the order of ids as numbers; several of a crowd alone."""
    if scope.crowd is None:
        return ["true"]
    sql = f"""SELECT length(customer_id) AS length, min(customer_id) AS first FROM {scope.by_id}
              GROUP BY length, rowid // {_AT_ONCE} ORDER BY length, first"""
    starts = scope.snapshot.once(("parts", scope.name), lambda: scope.snapshot.rows(sql))
    conditions = []
    for own, following in zip(starts, [*starts[1:], None], strict=True):
        part = f"length(customer_id) = {own['length']} AND customer_id >= {literal(own['first'])}"
        if following and following["length"] == own["length"]:
            part += f" AND customer_id < {literal(following['first'])}"
        conditions.append(part)
    return conditions


def movers(scope: Scope, span: Span, before: str, after: str, *, rows: int) -> pd.DataFrame:
    """The customers of one flow, those first who spent most: what `movers_sql` says, at most `rows`."""
    order = "ORDER BY spend_of_the_year DESC, length(customer_id), customer_id LIMIT ?"
    asked = movers_sql(scope, span, before, after)
    found = pd.concat([scope.snapshot.frame(f"{sql} {order}", [*values, rows]) for sql, values in asked], ignore_index=True)
    # Parts follow each other as equal ones of them would.
    return found.sort_values("spend_of_the_year", ascending=False, kind="stable", ignore_index=True).head(rows)


def recency(scope: Scope) -> dict[str, float]:
    """Persona to the mean days since the last order of its customers."""
    found = scope.of_customers("persona, avg(recency_days) AS days", "GROUP BY persona")
    return dict(zip(found["persona"], found["days"], strict=True))


def staying(scope: Scope) -> pd.DataFrame:
    """How long customers stay in a persona: group (the persona), age (whole months since they came), share (still there), at_risk.

    Stretches that go on when the data end count for as long as they are seen (Kaplan and Meier 1958, Journal of the American Statistical
    Association 53); those whose beginning is not told (`cut_at`) are left out. Rows end where fewer than `FEW` are left to tell from.
    """
    counted = scope.snapshot.once(("staying", scope.name), lambda: _stretches(scope))
    found = [_survival(own).assign(group=name) for name, own in counted.groupby("persona")]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["group", "age", "share", "at_risk"])


def _stretches(scope: Scope) -> pd.DataFrame:
    """One row per persona, length and end: persona, months, ended (or still going on), stretches (how many)."""
    cut = cut_at(scope)

    def counted(part: str) -> pd.DataFrame:
        return scope.snapshot.frame(
            f"""WITH known AS (SELECT max(month) AS last FROM {scope.table("flows")}),
                stretches AS (
                    SELECT persona, month, lead(month) OVER (PARTITION BY customer_id ORDER BY month) AS next
                    FROM {scope.table("history")} WHERE {part}
                )
                SELECT persona, date_diff('month', month, coalesce(next, last + INTERVAL 1 MONTH)) AS months, next IS NOT NULL AS ended,
                       count(*) AS stretches
                FROM stretches, known WHERE month IS DISTINCT FROM ?::TIMESTAMP GROUP BY ALL""",
            [cut],
        )

    return pd.concat([counted(part) for part in _parts(scope)]).groupby(["persona", "months", "ended"], as_index=False).sum()


def _survival(stretches: pd.DataFrame) -> pd.DataFrame:
    """Of stretches of one kind: age, share, at_risk."""
    ended, going_on = (
        np.bincount(part["months"], part["stretches"], stretches["months"].max() + 1)
        for part in (stretches[stretches["ended"]], stretches[~stretches["ended"]])
    )
    seen = (ended + going_on)[::-1].cumsum()[::-1]
    # Whoever is last seen at an age does not tell of it.
    at_risk = seen - going_on
    table = pd.DataFrame({"age": range(len(seen)), "at_risk": at_risk.astype(int), "ended": ended})[1:]
    table = table[table["at_risk"] >= FEW]
    first = pd.DataFrame({"age": [0], "at_risk": [int(seen[0])], "share": [1.0]})
    return pd.concat([first, table.assign(share=(1 - table["ended"] / table["at_risk"]).cumprod())])[["age", "share", "at_risk"]]


def followed(scope: Scope, customer_id: str) -> pd.DataFrame:
    """What one customer was: one row per stretch of months, in order: persona, since (first day of its first month), months.

    The last one goes on to the last month that is known. Whoever first bought after that has none.
    """
    sql = f"""
        SELECT persona, month AS since, date_diff('month', month, coalesce(lead(month) OVER later, (SELECT max(month) + INTERVAL 1 MONTH
               FROM {scope.table("flows")}))) AS months
        FROM {scope.table("history")} WHERE customer_id = ? WINDOW later AS (ORDER BY month) ORDER BY month"""
    return scope.snapshot.frame(sql, [customer_id])
