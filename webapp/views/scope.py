"""What a view is asked about: one dataset of one run, and a choice of its customers."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd

from pipeline.manifest import DatasetRecord
from webapp.filters import Fields, Filters, fields_of, parse, where
from webapp.store import Snapshot, identifier

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """One dataset of a snapshot, and the customers that are looked at."""

    snapshot: Snapshot
    name: str
    filters: Filters = field(default_factory=Filters)

    @property
    def record(self) -> DatasetRecord:
        """What the run says of the dataset."""
        return self.snapshot.datasets[self.name]

    @property
    def sells(self) -> bool:
        """Whether there are orders."""
        return self.record.kind == "transactions"

    @property
    def currency(self) -> str | None:
        """The currency of amounts; None without orders."""
        return self.record.currency

    @property
    def units(self) -> dict[str, str]:
        """Feature to unit."""
        return self.record.features

    @property
    def fields(self) -> Fields:
        """What its customers can be filtered by."""
        return self.snapshot.once(("fields", self.name), lambda: fields_of(self.record, self._texts()))

    def narrowed(self, search: str | None) -> "Scope":
        """The same dataset with the filters of an address."""
        return replace(self, filters=parse(search, self.fields))

    def all(self) -> "Scope":
        """The same dataset without filters."""
        return replace(self, filters=Filters())

    def outside_the_map(self) -> "Scope":
        """The same without the shape drawn on the map."""
        return replace(self, filters=self.filters.everywhere())

    def table(self, name: str) -> str:
        """A table's name in SQL."""
        return f"{identifier(self.name)}.{identifier(name)}"

    @property
    def chosen(self) -> tuple[str, list[Any]]:
        """The condition on customers, and its parameters."""
        return where(self.filters, self.fields)

    def of_customers(self, columns: str, rest: str = "", parameters: list[Any] | None = None) -> pd.DataFrame:
        """Select from the customers that are looked at."""
        condition, values = self.chosen
        sql = f"SELECT {columns} FROM {self.table('customers')} WHERE {condition} {rest}"
        return self.snapshot.frame(sql, [*values, *(parameters or [])])

    def _texts(self) -> dict[str, list[str]]:
        """Countries, the largest first, and segments of the marketer's grid, the one of the highest mean spend first."""
        if not self.sells:
            return {}
        # A list longer than this would be no filter.
        return {"country": self._values("country", "count(*) DESC", 250), "segment": self._values("segment", "avg(monetary) DESC", 25)}

    def _values(self, column: str, order: str, most: int) -> list[str]:
        name = identifier(column)
        sql = f"""SELECT {name} AS value FROM {self.table("customers")} WHERE {name} IS NOT NULL
                  GROUP BY {name} ORDER BY {order}, {name} LIMIT ?"""
        return [row["value"] for row in self.snapshot.rows(sql, [most])]


def kept_of_everyone(view: Callable[[Scope], T]) -> Callable[[Scope], T]:
    """A view that is worked out once per run where nothing is filtered; whoever asks gets a copy."""

    @functools.wraps(view)
    def kept(scope: Scope) -> T:
        if scope.filters:
            return view(scope)
        return copy.copy(scope.snapshot.once((view.__name__, scope.name), lambda: view(scope)))

    return kept
