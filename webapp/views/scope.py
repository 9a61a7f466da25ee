"""What a view is asked about: one dataset of one run, a choice of its customers, and whether all of them are counted."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier
from webapp import crowd
from webapp.crowd import INSIDE, Crowd
from webapp.enclosed import Enclosed, as_table, enclosed
from webapp.filters import Fields, Filters, fields_of, parse, where
from webapp.snapshot import Snapshot

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """One dataset of a snapshot, and the customers that are looked at.

    Attributes:
        every: One customer in so many stands for all.
    """

    snapshot: Snapshot
    name: str
    filters: Filters = field(default_factory=Filters)
    every: int = 1

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
        return self.snapshot.once(("fields", self.name), lambda: fields_of(self.record, self._texts(), self._types()))

    @property
    def crowd(self) -> Crowd | None:
        """What is known of a dataset of more customers than can be drawn; None for any other."""
        return self.snapshot.crowd(self.name)

    @property
    def in_order(self) -> str:
        """What customers are sorted by to stand as numbers would, in SQL."""
        return "length(customer_id), customer_id" if self.crowd is None else '"place"'

    def drawn(self, count: int) -> "Scope":
        """The same customers; where they are more than can be drawn, and `count` is how many they are, one in so many of them."""
        return replace(self, every=self.crowd.every) if self.crowd and count > self.snapshot.most else self

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
        if name != "customers" or self.crowd is None:
            return f"{identifier(self.name)}.{identifier(name)}"
        return self.laid_out("placed" if self.every == 1 else "sample")

    @property
    def by_id(self) -> str:
        """The name in SQL of its customers, ids as numbers would stand where it is a crowd."""
        return self.laid_out("customers") if self.crowd else self.table("customers")

    def laid_out(self, name: str) -> str:
        """The name in SQL of a table that a crowd has besides."""
        return f"{crowd.DATABASE}.{identifier(self.name)}.{name}"

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """What is true of the customers looked at, in SQL, and its parameters; of a shape each is tried by itself."""
        return where(self.filters, self.fields)

    @property
    def chosen(self) -> tuple[str, list[Any]]:
        """The customers looked at, as they come after FROM with a condition at their end, and the parameters."""
        found = self.enclosed
        inside = found and (found.placed if self.every == 1 else found.sample)
        return self._among(self.table("customers"), inside)

    @property
    def to_count(self) -> tuple[str, list[Any], str]:
        """The same as `chosen`, of a crowd of buyers and in any order, and what is called there their row in `placed`."""
        if "country" in self.filters.categories and "country" in self.fields.types and not self.filters.area and self.every == 1:
            return *self._among(self.laid_out("by_country")), '"row"'
        return *self.chosen, "rowid"

    @property
    def chosen_by_id(self) -> tuple[str, list[Any]]:
        """The same, those of a crowd in the order of their ids as numbers would stand."""
        found = self.enclosed
        if found is None:
            return self._among(self.by_id)
        chosen, values = self._among(self.laid_out("placed"), found.placed)
        inside = np.zeros(self.record.customers, bool)
        inside[self.snapshot.columns(f'SELECT "place" FROM {chosen}', values)["place"].to_numpy()] = True
        return f'{self.by_id} POSITIONAL JOIN "{INSIDE}" WHERE "{INSIDE}"', [as_table(inside)]

    @property
    def enclosed(self) -> Enclosed | None:
        """Who of a crowd lies in the shape that was drawn; None for any other dataset, and without one."""
        area, crowd = self.filters.area, self.crowd
        return enclosed(area, crowd) if crowd and area else None

    def _among(self, table: str, inside: pa.Table | None = None) -> tuple[str, list[Any]]:
        if inside is None:
            condition, values = self.condition
            return f"{table} WHERE {condition}", values
        condition, values = self.outside_the_map().condition
        return f'{table} POSITIONAL JOIN "{INSIDE}" WHERE "{INSIDE}" AND {condition}', [*values, inside]

    def of_customers(self, columns: str, rest: str = "", parameters: list[Any] | None = None) -> pd.DataFrame:
        """Select from the customers that are looked at."""
        chosen, values = self.chosen
        return self.snapshot.frame(f"SELECT {columns} FROM {chosen} {rest}", [*values, *(parameters or [])])

    def _types(self) -> dict[str, str]:
        """Column of a crowd to its type in SQL, of those that are numbers with words."""
        described = self.snapshot.rows(f"DESCRIBE {self.laid_out('placed')}") if self.crowd else []
        return {row["column_name"]: row["column_type"] for row in described if row["column_type"].startswith("ENUM")}

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
