"""Customers one by one: lists, the map, search, and everything about one of them."""

import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from webapp.store import identifier
from webapp.views.scope import Scope

# Suggestions while typing, per dataset.
SUGGESTIONS = 8
_RFM = ("recency_days", "frequency", "monetary")


def columns(scope: Scope) -> list[str]:
    """What a list of customers shows, in its order."""
    if scope.sells:
        countries = ["country"] if "country" in scope.fields.categories else []
        measured = dict.fromkeys([*_RFM, *scope.units, "orders", "items", "first_order", "last_order", *countries])
        return ["customer_id", "persona", "cluster", *measured, "fit"]
    return ["customer_id", "persona", "cluster", *scope.units, "fit"]


def page(scope: Scope, *, sort: str, descending: bool, offset: int, rows: int) -> pd.DataFrame:
    """Some rows of the list of customers; ids as numbers would stand, equal values by id."""
    order = "length(customer_id), customer_id"
    direction = "DESC" if descending else "ASC"
    if sort == "customer_id":
        order = f"length(customer_id) {direction}, customer_id {direction}"
    elif sort in columns(scope):
        order = f"{identifier(sort)} {direction} NULLS LAST, {order}"
    return scope.of_customers(_listed(scope), f"ORDER BY {order} LIMIT ? OFFSET ?", [rows, offset])


def points(scope: Scope, colour: str = "persona") -> pd.DataFrame:
    """One row per customer on the map: customer_id, x, y (float32), persona, cluster, and `colour` where it is a feature."""
    extra = f", {identifier(colour)}" if colour in scope.units else ""
    condition, values = scope.chosen
    return scope.snapshot.columns(
        f"SELECT customer_id, x, y, persona, cluster{extra} FROM {scope.table('customers')} WHERE {condition}", values
    )


def shown(scope: Scope) -> np.ndarray[Any, Any]:
    """Whether each customer of the dataset is looked at, in the order of `points` without filters."""
    condition, values = scope.chosen
    found = scope.snapshot.columns(f"SELECT coalesce({condition}, false) AS shown FROM {scope.table('customers')}", values)
    mask: np.ndarray[Any, Any] = found["shown"].to_numpy()
    return mask


def pair(scope: Scope, across: str, up: str) -> pd.DataFrame:
    """One row per customer: customer_id, persona, and two features."""
    return scope.of_customers(f"customer_id, persona, {identifier(across)}, {identifier(up)}")


def values(scope: Scope, feature: str) -> pd.DataFrame:
    """One row per customer: persona and one feature."""
    return scope.of_customers(f"persona, {identifier(feature)}")


def search(scope: Scope, text: str, rows: int = SUGGESTIONS) -> pd.DataFrame:
    """Customers whose id begins with `text`, as numbers would stand: customer_id, persona, cluster."""
    text = _sendable(text.strip())
    if not text:
        return scope.snapshot.frame(f"SELECT customer_id, persona, cluster FROM {scope.table('customers')} LIMIT 0")
    # A range, not a pattern: ids are sorted in the file, and those in between are found without reading the rest.
    return scope.snapshot.frame(
        f"""SELECT customer_id, persona, cluster FROM {scope.table("customers")}
            WHERE customer_id >= ? AND customer_id < ? ORDER BY length(customer_id), customer_id LIMIT ?""",
        [text, text[:-1] + _after(text[-1]), rows],
    )


def nearest(scope: Scope, text: str, rows: int = 5) -> list[str]:
    """Ids that look most like one that is not there (Jaro-Winkler)."""
    sql = f"""SELECT customer_id FROM {scope.table("customers")}
              ORDER BY jaro_winkler_similarity(customer_id, ?) DESC, customer_id LIMIT ?"""
    return [row["customer_id"] for row in scope.snapshot.rows(sql, [_sendable(text.strip()[:64]), rows])]


def record(scope: Scope, customer_id: str) -> dict[str, Any] | None:
    """Everything published of one customer; None when the dataset has no such id."""
    rows = scope.snapshot.rows(f"SELECT * FROM {scope.table('customers')} WHERE customer_id = ?", [customer_id])
    return rows[0] if rows else None


def standing(scope: Scope, customer: dict[str, Any]) -> pd.DataFrame:
    """One row per feature: where a customer stands among all, and within the persona.

    Columns: feature, value, below (share of all customers with less, equal ones counting half), low, middle, high (the persona's
    quartiles as such shares), mean (of all), mean_of_persona.
    """
    everyone, names = scope.table("customers"), list(scope.units)
    below = ", ".join(f"avg(({identifier(name)} < ?)::DOUBLE + ({identifier(name)} = ?)::DOUBLE / 2)" for name in names)
    values = [customer[name] for name in names]
    shares = scope.snapshot.rows(f"SELECT [{below}] AS below FROM {everyone}", [value for value in values for _ in range(2)])[0]
    return _of_persona(scope, customer["persona"]).assign(value=values, below=shares["below"])


def _of_persona(scope: Scope, persona: str) -> pd.DataFrame:
    """One row per feature, worked out once: feature, low, middle, high, mean, mean_of_persona as in `standing`."""
    everyone = scope.table("customers")

    def row(name: str) -> dict[str, Any]:
        column = f"c.{identifier(name)}"  # a feature may be called `mean`, too
        sql = f"""WITH own AS (SELECT quantile_cont({column}, [0.25, 0.5, 0.75]) AS q, avg({column}) AS mean
                               FROM {everyone} c WHERE persona = ?)
                  SELECT avg(({column} <= own.q[1])::DOUBLE) AS low, avg(({column} <= own.q[2])::DOUBLE) AS middle,
                  avg(({column} <= own.q[3])::DOUBLE) AS high, avg({column}) AS mean, any_value(own.mean) AS mean_of_persona
                  FROM {everyone} c, own"""
        return {"feature": name, **scope.snapshot.rows(sql, [persona])[0]}

    return scope.snapshot.once(("of persona", scope.name, persona), lambda: pd.DataFrame([row(name) for name in scope.units]))


def similar(scope: Scope, customer: dict[str, Any], rows: int = 10) -> pd.DataFrame:
    """The customers nearest to one in the scaled features that clusters are made of, the nearest first; with `distance`."""
    distance = _distance(scope)
    if not distance:
        return pd.DataFrame()
    squares = " + ".join(f"({term} - ({_at(scope, name)})) ** 2" for name, term in distance.items())
    return scope.snapshot.frame(
        f"""SELECT {_listed(scope)}, sqrt({squares}) AS distance
            FROM {scope.table("customers")} WHERE customer_id <> ? ORDER BY distance, length(customer_id), customer_id LIMIT ?""",
        [*(float(customer[name]) for name in distance), customer["customer_id"], rows],
    )


def typical(scope: Scope, persona: str, rows: int = 5) -> pd.DataFrame:
    """The customers of a persona nearest to the centre of their own cluster, the nearest first."""
    distance = _distance(scope)
    if not distance:
        return pd.DataFrame()
    own = " + ".join(
        f"""({term} - (SELECT centre FROM {scope.table("centres")} c WHERE c.cluster = customers.cluster AND feature = '{name}')) ** 2"""
        for name, term in distance.items()
    )
    return scope.snapshot.frame(
        f"""SELECT {_listed(scope)} FROM {scope.table("customers")} customers WHERE persona = ?
            ORDER BY {own}, length(customer_id), customer_id LIMIT ?""",
        [persona, rows],
    )


def orders_of(scope: Scope, customer_id: str) -> pd.DataFrame:
    """One row per order of one customer, by time: order_id, time, items, spend."""
    sql = f"SELECT order_id, time, items, spend FROM {scope.table('orders')} WHERE customer_id = ? ORDER BY time, order_id"
    return scope.snapshot.frame(sql, [customer_id])


def _sendable(text: str) -> str:
    """The same text spelt as ids are, without halves of characters, which a browser may send while one is typed."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())


def _after(character: str) -> str:
    """The next character; halves of characters, which lie in between, are none."""
    at = min(ord(character) + 1, 0x10FFFF)
    return chr(0xE000 if at == 0xD800 else at)


def _listed(scope: Scope) -> str:
    return ", ".join(identifier(name) for name in columns(scope))


def _scaling(scope: Scope) -> dict[str, tuple[float, float]]:
    """Feature to the scaler's mean and spread; constant features were left out of clustering."""
    sql = f"SELECT DISTINCT feature, mean, spread FROM {scope.table('centres')}"
    rows = scope.snapshot.once(("scaling", scope.name), lambda: scope.snapshot.rows(sql))
    return {row["feature"]: (row["mean"], row["spread"]) for row in rows}


def _distance(scope: Scope) -> dict[str, str]:
    """Feature to its scaled value in SQL."""
    return {name: _scaled(scope, identifier(name), mean, spread) for name, (mean, spread) in _scaling(scope).items()}


def _at(scope: Scope, name: str) -> str:
    """The scaled value of a parameter."""
    return _scaled(scope, "?::DOUBLE", *_scaling(scope)[name])


def _scaled(scope: Scope, value: str, mean: float, spread: float) -> str:
    value = f"ln(1 + {value})" if scope.record.settings["scaling"] == "log" else value
    # Without the casts a number in SQL is a decimal, and reckoning with those takes ten times as long.
    return f"({value} - {mean!r}::DOUBLE) / {spread!r}::DOUBLE"
