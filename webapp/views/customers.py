"""Customers one by one: lists, the map, search, and everything about one of them."""

import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from pipeline.sql import identifier
from webapp import crowd
from webapp.views import crowded, segments
from webapp.views.scope import Scope

# Suggestions while typing, per dataset.
SUGGESTIONS = 8
# Of a crowd, points of one feature against another.
MOST_PAIRS = 5_000
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
    order, direction = scope.in_order, "DESC" if descending else "ASC"
    if sort in columns(scope) and sort != "customer_id":
        order = f"{identifier(sort)} {direction} NULLS LAST, {order}"
    elif descending:
        order = ", ".join(f"{part} DESC" for part in order.split(", "))
    elif scope.crowd:
        # As they stand: the first of them are found without a look at the others.
        condition, values = scope.condition
        # An offset that stands beside the limit has the engine look for the rows a second time.
        until = f"SELECT {_listed(scope)} FROM {scope.by_id} WHERE {condition} LIMIT ?"
        return scope.snapshot.frame(f"SELECT * FROM ({until}) OFFSET ?", [*values, offset + rows, offset])
    if not scope.crowd:
        return scope.of_customers(_listed(scope), f"ORDER BY {order} LIMIT ? OFFSET ?", [rows, offset])
    # Sorted by themselves, the column and the place are small.
    places = scope.of_customers("place", f"ORDER BY {order} LIMIT ? OFFSET ?", [rows, offset])
    return _at(scope, places)


def _at(scope: Scope, places: pd.DataFrame) -> pd.DataFrame:
    """Customers of a crowd as they are listed, by `place`, their rows; what else is known of the places comes after."""
    others = [name for name in places if name != "place"]
    given = ", ".join(f"unnest(?) AS {identifier(name)}" for name in ("place", *others))
    listed = ", ".join([_listed(scope), *others])
    return scope.snapshot.frame(
        f"""SELECT {listed} FROM {scope.by_id} c JOIN (SELECT {given}, unnest(?) AS number) ON c.rowid = place
            WHERE c.rowid IN (SELECT unnest(?)) ORDER BY number""",
        [*(places[name].to_list() for name in ("place", *others)), list(range(len(places))), places["place"].to_list()],
    )


def points(scope: Scope, colour: str = "persona") -> pd.DataFrame:
    """One row per customer on the map: customer_id, x, y (float32), persona, cluster, and `colour` where it is a feature."""
    extra = f", {identifier(colour)}" if colour in scope.units else ""
    chosen, values = scope.chosen
    return scope.snapshot.columns(f"SELECT customer_id, x, y, persona, cluster{extra} FROM {chosen}", values)


def shown(scope: Scope) -> np.ndarray[Any, Any]:
    """Whether each customer of the dataset is looked at, in the order of `points` without filters."""
    condition, values = scope.condition
    found = scope.snapshot.columns(f"SELECT coalesce({condition}, false) AS shown FROM {scope.table('customers')}", values)
    mask: np.ndarray[Any, Any] = found["shown"].to_numpy()
    return mask


def pair(scope: Scope, across: str, up: str) -> tuple[pd.DataFrame, int]:
    """One row per customer: customer_id, persona, and two features; of a crowd no more than can be told apart. And one in how many."""
    names = f"customer_id, persona, {identifier(across)}, {identifier(up)}"
    if not scope.crowd:
        return scope.of_customers(names), 1
    return _thinned(scope, names, int(segments.totals(scope)["customers"]), MOST_PAIRS)


def scattered(scope: Scope, most: int) -> tuple[pd.DataFrame, int]:
    """Points as above of everybody, at most `most`, in a crowd about as many; and one in how many customers they are."""
    if scope.crowd:
        return _thinned(scope.all(), "customer_id, x, y, persona, cluster", scope.record.customers, most)
    found = points(scope.all())
    every = -(-len(found) // most)
    return found.iloc[::every], every


def _thinned(scope: Scope, names: str, count: int, most: int) -> tuple[pd.DataFrame, int]:
    """About `most` of the `count` customers looked at, and one in how many they are."""
    drawn = scope.drawn(count)
    step = -(-count // (most * drawn.every))
    # Another hash than that of the sample, which holds those of one remainder.
    return drawn.of_customers(names, "AND hash(customer_id, 1) % ? = 0", [step]), step * drawn.every


def search(scope: Scope, text: str, rows: int = SUGGESTIONS) -> pd.DataFrame:
    """Customers whose id begins with `text`, as numbers would stand: customer_id, persona, cluster."""
    text = _sendable(text.strip())
    if not text:
        return scope.snapshot.frame(f"SELECT customer_id, persona, cluster FROM {scope.table('customers')} LIMIT 0")
    # A range, not a pattern: ids are sorted in the file, and those in between are found without reading the rest.
    return scope.snapshot.frame(
        f"""SELECT customer_id, persona, cluster FROM {scope.by_id}
            WHERE customer_id >= ? AND customer_id < ? {"" if scope.crowd else f"ORDER BY {scope.in_order}"} LIMIT ?""",
        [text, crowded.after(text), rows],
    )


def nearest(scope: Scope, text: str, rows: int = 5) -> list[str]:
    """Ids that look most like one that is not there (Jaro-Winkler); of a crowd, most of those compared begin as it does."""
    text = _sendable(text.strip()[:64])
    ids, among = f"SELECT customer_id FROM {scope.table('customers')}", []
    if scope.crowd:
        ids, among = "SELECT DISTINCT unnest(?::VARCHAR[]) AS customer_id", [crowded.lookalikes(scope, text)]
    sql = f"SELECT customer_id FROM ({ids}) ORDER BY jaro_winkler_similarity(customer_id, ?) DESC, customer_id LIMIT ?"
    return [row["customer_id"] for row in scope.snapshot.rows(sql, [*among, text, rows])]


def record(scope: Scope, customer_id: str) -> dict[str, Any] | None:
    """Everything published of one customer; None when the dataset has no such id."""
    rows = scope.snapshot.rows(f"SELECT * FROM {identifier(scope.name)}.customers WHERE customer_id = ? LIMIT 1", [customer_id])
    return rows[0] if rows else None


def standing(scope: Scope, customer: dict[str, Any]) -> list[dict[str, Any]]:
    """Where a customer stands among all, and within the persona, feature by feature.

    Each has feature, value, below (share of all customers with less, equal ones counting half), low, middle, high (the persona's
    quartiles as such shares), mean (of all), mean_of_persona.
    """
    everyone, names = scope.table("customers"), list(scope.units)
    if scope.crowd:
        stands = [crowded.share(scope, name, customer[name]) for name in names]
        return _standing(customer, stands, _of_crowd(scope, customer["persona"]))
    below = ", ".join(f"avg(({identifier(name)} < ?)::DOUBLE + ({identifier(name)} = ?)::DOUBLE / 2)" for name in names)
    values = [customer[name] for name in names]
    shares = scope.snapshot.rows(f"SELECT [{below}] AS below FROM {everyone}", [value for value in values for _ in range(2)])[0]
    return _standing(customer, shares["below"], _of_persona(scope, customer["persona"]))


def _standing(customer: dict[str, Any], stands: list[float], of_persona: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "value": customer[row["feature"]], "below": below} for row, below in zip(of_persona, stands, strict=True)]


def _of_persona(scope: Scope, persona: str) -> list[dict[str, Any]]:
    """Of each feature, worked out once: feature, low, middle, high, mean, mean_of_persona as in `standing`."""
    everyone = scope.table("customers")

    def row(name: str) -> dict[str, Any]:
        column = f"c.{identifier(name)}"  # a feature may be called `mean`, too
        sql = f"""WITH own AS (SELECT quantile_cont({column}, [0.25, 0.5, 0.75]) AS q, avg({column}) AS mean
                               FROM {everyone} c WHERE persona = ?)
                  SELECT avg(({column} <= own.q[1])::DOUBLE) AS low, avg(({column} <= own.q[2])::DOUBLE) AS middle,
                  avg(({column} <= own.q[3])::DOUBLE) AS high, avg({column}) AS mean, any_value(own.mean) AS mean_of_persona
                  FROM {everyone} c, own"""
        return {"feature": name, **scope.snapshot.rows(sql, [persona])[0]}

    return scope.snapshot.once(("of persona", scope.name, persona), lambda: [row(name) for name in scope.units])


def _of_crowd(scope: Scope, persona: str) -> list[dict[str, Any]]:
    """The same of a crowd, where a large persona's quartiles are those of a sample."""

    def make() -> list[dict[str, Any]]:
        own = segments.only(scope, persona)
        quartiles = own.of_customers(", ".join(f"quantile_cont({identifier(name)}, [0.25, 0.5, 0.75])" for name in scope.units)).iloc[0]
        means = segments.persona_means(scope.all()).set_index("persona").loc[persona]
        rows = []
        for (name, (mean, _)), bounds in zip(segments.average(scope.all()).items(), quartiles, strict=True):
            low, middle, high = (crowded.share(scope, name, bound, equal=1) for bound in bounds)
            own_mean = float(means[name])
            rows.append({"feature": name, "low": low, "middle": middle, "high": high, "mean": mean, "mean_of_persona": own_mean})
        return rows

    return scope.snapshot.once(("of crowd", scope.name, persona), make)


def similar(scope: Scope, customer: dict[str, Any], rows: int = 10) -> pd.DataFrame:
    """The customers nearest to one in the scaled features that clusters are made of, the nearest first; with `distance`."""
    distance = _distance(scope)
    if not distance:
        return pd.DataFrame()
    if scope.crowd:
        return _similar_of_crowd(scope, customer, rows)
    squares = " + ".join(f"({term} - ({_scaled(scope, name)})) ** 2" for name, term in distance.items())
    return scope.snapshot.frame(
        f"""SELECT {_listed(scope)}, sqrt({squares}) AS distance
            FROM {scope.table("customers")} WHERE customer_id <> ? ORDER BY distance, length(customer_id), customer_id LIMIT ?""",
        [*(float(customer[name]) for name in distance), customer["customer_id"], rows],
    )


def _similar_of_crowd(scope: Scope, customer: dict[str, Any], rows: int) -> pd.DataFrame:
    names = list(_scaling(scope))
    point = ", ".join(f"{_scaled(scope, name)} AS {identifier(name)}" for name in names)
    at = scope.snapshot.rows(f"SELECT {point}", [float(customer[name]) for name in names])[0]
    # One more: the customer is nearest of all.
    found = _at(scope, crowded.nearest(scope, at, rows + 1))
    return found[found["customer_id"] != customer["customer_id"]].head(rows).reset_index(drop=True)


def typical(scope: Scope, persona: str, rows: int = 5) -> pd.DataFrame:
    """The customers of a persona nearest to the centre of their own cluster, the nearest first."""
    distance = _distance(scope)
    if not distance:
        return pd.DataFrame()
    centres = scope.snapshot.frame(f"SELECT cluster, feature, centre FROM {scope.table('centres')}").groupby("feature")
    own = " + ".join(
        f"({term} - CASE cluster {' '.join(f'WHEN {row.cluster} THEN {row.centre!r}::DOUBLE' for row in rows_of.itertuples())} END) ** 2"
        for term, rows_of in ((term, centres.get_group(name)) for name, term in distance.items())
    )
    return scope.snapshot.once(
        ("typical", scope.name, persona, str(rows)),
        lambda: scope.snapshot.frame(
            f"""SELECT {_listed(scope)} FROM {scope.all().table("customers")} WHERE persona = ?
                ORDER BY {own}, {scope.in_order} LIMIT ?""",
            [persona, rows],
        ),
    )


def orders_of(scope: Scope, customer_id: str) -> pd.DataFrame:
    """One row per order of one customer, by time: order_id, time, items, spend."""
    sql = f"SELECT order_id, time, items, spend FROM {scope.table('orders')} WHERE customer_id = ? ORDER BY time, order_id"
    return scope.snapshot.frame(sql, [customer_id])


def _sendable(text: str) -> str:
    """The same text spelt as ids are, without halves of characters, which a browser may send while one is typed."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())


def _listed(scope: Scope) -> str:
    return ", ".join(identifier(name) for name in columns(scope))


def _scaling(scope: Scope) -> dict[str, tuple[float, float]]:
    """Feature to the scaler's mean and spread; constant features were left out of clustering."""
    sql = f"SELECT DISTINCT feature, mean, spread FROM {scope.table('centres')}"
    rows = scope.snapshot.once(("scaling", scope.name), lambda: scope.snapshot.rows(sql))
    return {row["feature"]: (row["mean"], row["spread"]) for row in rows}


def _distance(scope: Scope) -> dict[str, str]:
    """Feature to its scaled value in SQL."""
    return {name: crowd.scaled(scope.record, identifier(name), mean, spread) for name, (mean, spread) in _scaling(scope).items()}


def _scaled(scope: Scope, name: str) -> str:
    """The scaled value of a parameter."""
    return crowd.scaled(scope.record, "?::DOUBLE", *_scaling(scope)[name])
