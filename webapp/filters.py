"""Which customers a view is about: read from the address, kept in it, and turned into SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pipeline.manifest import DatasetRecord
from pipeline.sql import identifier
from webapp.lasso import inside

# Corners of a lasso that are kept: enough for any shape drawn by hand, short enough for an address.
MOST_CORNERS = 80
_LIST, _RANGE, _POINT = ",", "~", "_"


@dataclass(frozen=True)
class Fields:
    """What the customers of a dataset can be filtered by.

    Attributes:
        categories: Column to its values as they are stored, by the word that stands for each.
        ranges: Numeric column to its unit.
        types: Column to its type in SQL, where that is a number with words: compared as texts they would take three times as long.
    """

    categories: dict[str, dict[str, Any]]
    ranges: dict[str, str]
    types: Mapping[str, str] = field(default_factory=dict)


def fields_of(record: DatasetRecord, texts: Mapping[str, list[str]], types: Mapping[str, str]) -> Fields:
    """The filters of a dataset: personas and clusters aside, its categories and its numbers.

    Args:
        record: What the run says of it.
        texts: Columns and their values.
        types: See `Fields`.
    """
    categories: dict[str, dict[str, Any]] = {}
    ranges: dict[str, str] = {}
    for name, unit in record.features.items():
        if name in record.words:
            categories[name] = dict(record.words[name])
        else:
            ranges[name] = unit
    categories |= {column: {value: value for value in values} for column, values in texts.items() if values}
    return Fields(categories, ranges, types)


@dataclass(frozen=True)
class Filters:
    """A choice of customers; everything empty means all.

    Attributes:
        personas: Names.
        clusters: Numbers.
        categories: Column to the words chosen.
        ranges: Column to the lowest and highest value, None for no bound.
        area: Corners of a shape on the map.
    """

    personas: tuple[str, ...] = ()
    clusters: tuple[int, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    area: tuple[tuple[float, float], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.personas or self.clusters or self.categories or self.ranges or self.area)

    @property
    def columns(self) -> set[str]:
        """What the customers are chosen by."""
        places = {"persona": self.personas, "cluster": self.clusters, "x": self.area, "y": self.area}
        return {column for column, chosen in places.items() if chosen} | {*self.categories} | {*self.ranges}

    def everywhere(self) -> "Filters":
        """The same without the shape on the map."""
        return replace(self, area=())

    def to_query(self) -> str:
        """The part of an address that says the same; empty for all customers."""
        pairs = [("persona", name) for name in self.personas]
        pairs += [("cluster", str(number)) for number in self.clusters]
        pairs += [(column, word) for column, words in self.categories.items() for word in words]
        pairs += [(column, _RANGE.join(_written(bound) for bound in bounds)) for column, bounds in self.ranges.items()]
        if self.area:
            pairs.append(("area", _LIST.join(f"{x:.3f}{_POINT}{y:.3f}" for x, y in self.area)))
        return urlencode(pairs)


def parse(search: str | None, fields: Fields) -> Filters:
    """Read the filters of an address.

    What the dataset does not have, and what cannot be understood, is passed over: an address is often typed or cut short.
    """
    personas: list[str] = []
    clusters: list[int] = []
    categories: dict[str, list[str]] = {}
    ranges: dict[str, tuple[float | None, float | None]] = {}
    area: tuple[tuple[float, float], ...] = ()
    for key, value in parse_qsl((search or "").removeprefix("?")):
        if key == "persona":
            personas.append(value)
        elif key == "cluster" and value.isdecimal() and len(value) < 6:
            clusters.append(int(value))
        elif key in fields.categories and value in fields.categories[key]:
            categories.setdefault(key, []).append(value)
        elif key in fields.ranges and (bounds := _range(value)):
            ranges[key] = bounds
        elif key == "area":
            area = _area(value)
    chosen = {column: tuple(dict.fromkeys(words)) for column, words in categories.items()}
    return Filters(tuple(dict.fromkeys(personas)), tuple(dict.fromkeys(clusters)), chosen, ranges, area)


def where(filters: Filters, fields: Fields) -> tuple[str, list[Any]]:
    """The same as a condition on `customers`, and its parameters."""
    parts: list[str] = []
    values: list[Any] = []

    def among(column: str, chosen: list[Any]) -> None:
        if chosen:
            # A word that the type does not have is nobody's.
            value = f"TRY_CAST(? AS {fields.types[column]})" if column in fields.types else "?"
            # A list of one would be compared as a list.
            one = len(chosen) == 1
            parts.append(f"{identifier(column)} = {value}" if one else f"{identifier(column)} IN ({', '.join([value] * len(chosen))})")
            values.extend(chosen)

    among("persona", list(filters.personas))
    among("cluster", list(filters.clusters))
    for column, words in filters.categories.items():
        among(column, [fields.categories[column][word] for word in words])
    for column, bounds in filters.ranges.items():
        for bound, sign in zip(bounds, (">=", "<="), strict=True):
            if bound is not None:
                parts.append(f"{identifier(column)} {sign} ?")
                # Compared with a fraction, whole numbers would each be turned into one first.
                values.append(int(bound) if bound.is_integer() else bound)
    if filters.area:
        condition, found = inside(filters.area)
        parts.append(condition)
        values.extend(found)
    return " AND ".join(parts) or "true", values


def _range(text: str) -> tuple[float | None, float | None] | None:
    low, separator, high = text.partition(_RANGE)
    try:
        bounds = (_number(low) if low else None, _number(high) if high else None)
    except ValueError:
        return None
    return bounds if separator and bounds != (None, None) else None


def _area(text: str) -> tuple[tuple[float, float], ...]:
    try:
        corners = [tuple(round(_number(part), 3) for part in corner.split(_POINT)) for corner in text.split(_LIST)]
        area = tuple((x, y) for x, y in corners)
    except ValueError:
        return ()
    return area if 3 <= len(area) <= MOST_CORNERS else ()


def _number(text: str) -> float:
    number = float(text)
    if not abs(number) < 1e15:
        raise ValueError(text)
    return number


def _written(bound: float | None) -> str:
    return "" if bound is None else repr(float(bound)).removesuffix(".0")
