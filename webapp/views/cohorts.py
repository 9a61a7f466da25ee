"""Customers by the month of their first order, and what became of each such cohort month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from webapp.bought import Amounts, first_days
from webapp.by_cell import Numbers
from webapp.views.gathered import rows_of, sums
from webapp.views.orders import spent_by_month
from webapp.views.scope import Scope


@dataclass(frozen=True)
class Cohorts:
    """Cohorts of the customers looked at, the first of them on top, through the months that are over.

    Attributes:
        sizes: Customers of each cohort; the index is the first day of its month.
        bought: Customers who bought, one row per cohort, one column per month since the first order, 0 the month itself; missing where that
            month is not over.
        revenue: What they spent in it, the same shape.
        first: The month in which the dataset's orders begin: some of who bought in it had bought before.
        begun: The last month with orders, where it is not over and therefore left out; None where it is.
        every: One customer in so many was counted, and stands for the others.
    """

    sizes: pd.Series
    bought: pd.DataFrame
    revenue: pd.DataFrame
    first: pd.Timestamp
    begun: pd.Timestamp | None
    every: int = 1

    @property
    def retention(self) -> pd.DataFrame:
        """The share of each cohort that bought, 0 to 1; 1 in month 0."""
        return self.bought.div(self.sizes, axis=0)

    @property
    def spend(self) -> pd.DataFrame:
        """Revenue per customer of the cohort, who bought or not."""
        return self.revenue.div(self.sizes, axis=0)

    @property
    def are_new(self) -> pd.DatetimeIndex:
        """The cohorts of whom it is known that their first order was their first."""
        return pd.DatetimeIndex([month for month in self.sizes.index if month > self.first])

    def pooled(self) -> pd.DataFrame:
        """All new customers together, one row per month since the first order, from 0.

        Of each month only cohorts old enough to have seen the whole of it count.

        Returns:
            age, at_risk (customers of those cohorts), share (of them who bought), spend (per customer of them).
        """
        bought, revenue, sizes = (table.loc[self.are_new] for table in (self.bought, self.revenue, self.sizes))
        at_risk = bought.notna().mul(sizes, axis=0).sum()
        seen = at_risk[at_risk > 0]
        return pd.DataFrame(
            {
                "age": seen.index.to_numpy(),
                "at_risk": seen.to_numpy(),
                "share": (bought.sum()[seen.index] / seen).to_numpy(),
                "spend": (revenue.sum()[seen.index] / seen).to_numpy(),
            }
        )


def cohorts(scope: Scope) -> Cohorts:
    """The cohorts of the customers looked at; in a crowd, counts are those of all, estimated where a sample stands for them."""
    of = _of_each if scope.crowd is None else _of_few if scope.every == 1 else _of_sample
    found = of(scope)
    first, last, over = _span(scope)
    joined, month = (_number(found[name]) for name in ("joined", "month"))
    inside = month <= over
    joined, age = joined[inside], (month - joined)[inside]
    months = np.unique(joined)
    ages = over - months.min() + 1 if len(months) else 0
    shape, at = (len(months), ages), np.searchsorted(months, joined)
    index = pd.DatetimeIndex(months.astype("datetime64[M]").astype("datetime64[us]"), name="joined")
    tables: dict[str, pd.DataFrame] = {}
    for name in ("customers", "revenue"):
        table = np.zeros(shape)
        table[at, age] = found[name].to_numpy(float)[inside] * scope.every
        table[months[:, None] + np.arange(ages) > over] = np.nan
        tables[name] = pd.DataFrame(table, index, range(ages))
    bought = tables["customers"]
    sizes = bought[0] if ages else pd.Series(dtype=float)
    begun = None if over == last else pd.Timestamp(np.datetime64(last, "M"))
    return Cohorts(sizes, bought, tables["revenue"], pd.Timestamp(np.datetime64(first, "M")), begun, scope.every)


def _of_each(scope: Scope) -> pd.DataFrame:
    """One row per cohort and month in which it bought: joined, month (first days), customers, revenue."""
    condition, values = scope.condition
    return scope.snapshot.columns(
        f"""SELECT joined, month, count(*) AS customers, fsum(spent) AS revenue
            FROM (SELECT "order month" AS month, "spent in it" AS spent, min("order month") OVER (PARTITION BY customer_id) AS joined
                  FROM {spent_by_month(scope)} WHERE {condition})
            GROUP BY ALL""",
        values,
    )


def _of_sample(scope: Scope) -> pd.DataFrame:
    chosen, values = scope.chosen
    found = scope.snapshot.columns(
        f"""SELECT joined, month, count(*) AS customers, sum(spent) AS revenue
            FROM (SELECT list_min("months").month AS joined, unnest("months", recursive := true) FROM {chosen})
            GROUP BY ALL""",
        values,
    )
    return found.assign(joined=first_days(found["joined"].to_numpy()), month=first_days(found["month"].to_numpy()))


def _of_few(scope: Scope) -> pd.DataFrame:
    bought, found = rows_of(scope)
    count = len(bought.months)

    def joined_and_month() -> Iterator[tuple[Numbers, Amounts]]:
        for place, month, amount in bought.by(found.rows):
            starts = np.flatnonzero(np.diff(place, prepend=-1))
            joined = np.repeat(np.minimum.reduceat(month, starts), np.diff(starts, append=len(place)))
            yield joined * count + month, amount

    spent, customers = sums(count * count, joined_and_month())
    there = np.flatnonzero(customers)
    months = {"joined": bought.months[there // count], "month": bought.months[there % count]}
    return pd.DataFrame({**months, "customers": customers[there], "revenue": spent[there]})


def _span(scope: Scope) -> tuple[int, int, int]:
    """The months in which the dataset's orders begin and end, and the last that is over, as numbers since 1970."""
    sql = f"SELECT min(first_order) AS first, max(last_order) AS last FROM {Scope(scope.snapshot, scope.name).table('customers')}"
    found = scope.snapshot.once(("span of orders", scope.name), lambda: scope.snapshot.rows(sql)[0])
    first, last = (int(np.datetime64(found[name], "M").astype(int)) for name in ("first", "last"))
    # `as_of` is the first moment that is not in the data.
    assert scope.record.as_of is not None
    return first, last, min(last, int(np.datetime64(scope.record.as_of, "M").astype(int)) - 1)


def _number(months: pd.Series) -> "np.ndarray[Any, np.dtype[np.int64]]":
    numbers: np.ndarray[Any, np.dtype[np.int64]] = months.to_numpy().astype("datetime64[M]").astype(np.int64)
    return numbers
