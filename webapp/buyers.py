"""Buyers of a crowd, counted by where they are on its map: whole cells by what all in them come to, and few one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from webapp.by_cell import ByCell, Cells

Counts = np.ndarray[Any, np.dtype[np.int64]]
Sums = np.ndarray[Any, np.dtype[np.float64]]
# What is kept of each buyer.
BUYER = np.dtype([("persona", np.uint8), ("orders", np.int32), ("revenue", np.float64)])
RECENCY = np.dtype([("days", np.int32)])


@dataclass(frozen=True)
class Counted:
    """What some customers come to.

    Attributes:
        customers: By persona, in the order of the rules, shape (personas,).
        orders: The same.
        revenue: The same, in major units.
        days: How many bought last 0, 1, 2 and so on days ago.
        months: What they spent by month and persona, shape (months, personas), as nearly as cells of the map tell; None where they do not.
    """

    customers: Counts
    orders: Counts
    revenue: Sums
    days: Counts
    months: Sums | None = None

    @classmethod
    def of(
        cls,
        personas: int,
        persona: np.ndarray[Any, Any],
        days: np.ndarray[Any, Any],
        *,
        orders: np.ndarray[Any, Any],
        revenue: np.ndarray[Any, Any],
        customers: np.ndarray[Any, Any] | None = None,
    ) -> "Counted":
        """Count customers, or groups of them who share persona and days.

        Args:
            personas: How many there are.
            persona: Of each, its place in the order of the rules.
            days: Since the last order.
            orders: How many.
            revenue: In major units.
            customers: In each group; None where each is one.
        """

        def by_persona(weights: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any]:
            return np.bincount(persona, weights, personas)

        counts = (by_persona(customers), by_persona(orders), np.bincount(days, customers))
        in_all, ordered, by_days = (numbers.astype(np.int64) for numbers in counts)
        return cls(in_all, ordered, by_persona(revenue).astype(np.float64), by_days)


@dataclass(frozen=True)
class Spent:
    """What groups of buyers spent by month: one entry for each in which some of the group bought.

    Attributes:
        group: The number of the group.
        own: The place of its month and the group's persona in a table of these, shape (months, personas), read row by row.
        amount: What was spent.
        months: How many there are.
    """

    group: np.ndarray[Any, np.dtype[np.int32]]
    own: np.ndarray[Any, np.dtype[np.int32]]
    amount: Sums
    months: int


@dataclass(frozen=True)
class Buyers:
    """All of a crowd, on its map.

    Attributes:
        groups: One row per cell and persona that hold some: cell, persona, customers, orders, revenue.
        spent: What these spent by month, as they are numbered.
        each: Of each buyer, as `BUYER`.
        recency: Days since the last order of each, as `RECENCY`.
        personas: How many there are.
    """

    groups: dict[str, np.ndarray[Any, Any]]
    spent: Spent
    each: ByCell
    recency: ByCell
    personas: int

    def counted(self, within: Cells, border: Cells, near: Cells) -> Counted:
        """Count all in some cells, and some in others.

        Months of these are those of all buyers of the cell and persona, in proportion to how many of them count.

        Args:
            within: The cells of which all count.
            border: The cells of which some count.
            near: Whether each customer in one of these counts, by row.
        """
        whole, single = within[self.groups["cell"]], self.each.among(border)[near]

        def by_persona(name: str, of_each: np.ndarray[Any, Any]) -> Sums:
            counts = np.bincount(self.groups["persona"][whole], self.groups[name][whole], self.personas)
            return np.asarray(counts + np.bincount(single["persona"], of_each, self.personas), np.float64)

        return Counted(
            customers=by_persona("customers", np.ones(len(single))).astype(np.int64),
            orders=by_persona("orders", single["orders"]).astype(np.int64),
            revenue=by_persona("revenue", single["revenue"]),
            days=_histogram([*self.recency.each(within), self.recency.among(border)[near]]),
            months=self._months(np.where(whole, 1.0, self._shares(border, near, single["persona"]))),
        )

    def _shares(self, border: Cells, near: Cells, persona: np.ndarray[Any, Any]) -> Sums:
        """Of each group how many count, as a share, of those at the border; `persona` is of those who count."""
        place = np.cumsum(border) - 1
        own = np.repeat(np.arange(border.sum()), self.each.sizes[border])[near] * self.personas + persona
        count = np.bincount(own, minlength=border.sum() * self.personas)
        shares, there = np.zeros(len(self.groups["cell"])), border[self.groups["cell"]]
        at = place[self.groups["cell"][there]] * self.personas + self.groups["persona"][there]
        shares[there] = count[at] / self.groups["customers"][there]
        return shares

    def _months(self, shares: Sums) -> Sums:
        """What is spent by month and persona, if so much of each group spends."""
        found = np.bincount(self.spent.own, self.spent.amount * shares[self.spent.group], self.spent.months * self.personas)
        return np.asarray(found.reshape(self.spent.months, self.personas), np.float64)


def _histogram(parts: Iterable[np.ndarray[Any, Any]]) -> Counts:
    found = np.zeros(0, np.int64)
    for part in parts:
        counts = np.bincount(part["days"], minlength=len(found))
        counts[: len(found)] += found
        found = counts
    return found
