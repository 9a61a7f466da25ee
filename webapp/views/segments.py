"""Personas and clusters: how many, how large, and what sets them apart."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline import shares
from pipeline.artifacts import Run
from pipeline.sql import identifier, parquet
from webapp.filters import Filters
from webapp.views import crowded
from webapp.views.counting import counted
from webapp.views.scope import Scope, kept_of_everyone


@kept_of_everyone
def totals(scope: Scope) -> dict[str, Any]:
    """Customers, personas among them, and for buyers orders, revenue, and the median of days since the last order."""
    if scope.crowd and scope.sells:
        return _totals_of_crowd(scope)
    buying = ", fsum(monetary) AS revenue, sum(orders)::BIGINT AS orders, median(recency_days) AS recency_days" if scope.sells else ""
    chosen, values = scope.chosen
    counted = f"count(*) AS customers, count(DISTINCT persona) AS personas{buying}"
    return scope.snapshot.rows(f"SELECT {counted} FROM {chosen}", values)[0]


def anybody(scope: Scope) -> bool:
    """Whether there are customers to be looked at."""
    chosen, values = scope.chosen
    return bool(scope.snapshot.rows(f"SELECT 1 FROM {chosen} LIMIT 1", values))


def _totals_of_crowd(scope: Scope) -> dict[str, Any]:
    """The same in one go: days are few, and their median follows from how many customers have each."""
    found = counted(scope)
    count = int(found.customers.sum())
    if not count:
        return {"customers": 0, "personas": 0, "revenue": None, "orders": None, "recency_days": None}
    # The two in the middle, which are one where the number is odd.
    middle = np.searchsorted(np.cumsum(found.days), [(count + 1) // 2, count // 2 + 1])
    return {
        "customers": count,
        "personas": int(np.count_nonzero(found.customers)),
        "revenue": float(found.revenue.sum()),
        "orders": int(found.orders.sum()),
        "recency_days": float(middle.mean()),
    }


def totals_of_run(scope: Scope, run: Run) -> dict[str, float] | None:
    """Customers, personas, orders and revenue of a dataset in another run; None when it did not hold it."""
    record = run.manifest.datasets.get(scope.name)
    if record is None:
        return None
    found: dict[str, float] = {"customers": record.customers, "personas": record.personas}
    path = run.table(scope.name, "customers")
    if record.kind == "transactions" and path.is_file():
        sql = f"SELECT sum(orders)::DOUBLE AS orders, fsum(monetary) AS revenue FROM {parquet(path)}"
        found |= scope.snapshot.once(("totals of", scope.name, run.manifest.run_id), lambda: scope.snapshot.rows(sql)[0])
    return found


def only(scope: Scope, persona: str) -> Scope:
    """All customers of a persona; where they are more than can be drawn, one in so many of them."""
    sizes = personas(scope.all()).set_index("persona")["customers"]
    return replace(scope, filters=Filters(personas=(persona,))).drawn(int(sizes[persona]))


@kept_of_everyone
def personas(scope: Scope) -> pd.DataFrame:
    """One row per persona of the customers looked at, in the order of the rules: its words and size; revenue and orders for buyers.

    Shares are of the customers looked at; those of revenue are empty where it does not come to more than 0. Columns: persona, summary,
    reason, actions, use_cases, avoid, customers, share, clusters; with orders also revenue, revenue_share, orders, orders_share.
    """
    spent = ", fsum(monetary) AS revenue, sum(orders)::BIGINT AS orders" if scope.sells else ""
    buying = ", fsum(revenue) AS revenue, sum(orders)::BIGINT AS orders" if scope.sells else ""
    chosen, values = scope.chosen
    frame = scope.snapshot.frame(
        f"""SELECT said.* EXCLUDE (customers, share {", revenue, revenue_share" if scope.sells else ""}), found.* EXCLUDE (persona)
            FROM (SELECT row_number() OVER () AS place, * FROM {scope.table("personas")}) said
            JOIN (SELECT persona, sum(customers)::BIGINT AS customers, list_sort(list(cluster)) AS clusters,
                  sum(fit) / sum(customers) AS fit {buying}
                  FROM (SELECT persona, cluster, count(*) AS customers, fsum(fit) AS fit {spent}
                        FROM {chosen} GROUP BY persona, cluster)
                  GROUP BY persona) found USING (persona)
            ORDER BY place""",
        values,
    ).drop(columns="place")
    for part, whole in (("share", "customers"), ("revenue_share", "revenue"), ("orders_share", "orders")):
        if whole in frame:
            frame[part] = shares.of_total(frame[whole])
    return frame


@kept_of_everyone
def clusters(scope: Scope) -> pd.DataFrame:
    """One row per cluster of the customers looked at: cluster, persona, customers, share, mean of each feature, fit; revenue for buyers."""
    means = ", ".join(f"avg({identifier(name)}) AS {identifier(name)}" for name in scope.units)
    buying = ", fsum(monetary) AS revenue" if scope.sells else ""
    frame = scope.of_customers(
        f"cluster, any_value(persona) AS persona, count(*) AS customers, {means}, avg(fit) AS fit{buying}",
        "GROUP BY cluster ORDER BY cluster",
    )
    frame.insert(3, "share", frame["customers"] / frame["customers"].sum())
    if scope.sells:
        frame["revenue_share"] = shares.of_total(frame["revenue"])
    return frame


@kept_of_everyone
def average(scope: Scope) -> dict[str, tuple[float, float]]:
    """Feature to its mean and standard deviation over the customers looked at."""
    columns = ", ".join(
        f"avg({identifier(name)}) AS {identifier(f'mean {name}')}, stddev_pop({identifier(name)}) AS {identifier(f'spread {name}')}"
        for name in scope.units
    )
    row = scope.of_customers(columns).iloc[0]
    return {name: (float(row[f"mean {name}"]), float(row[f"spread {name}"])) for name in scope.units}


@kept_of_everyone
def persona_means(scope: Scope) -> pd.DataFrame:
    """One row per persona in the order of the rules: persona, and the mean of each feature."""
    means = ", ".join(f"avg({identifier(name)}) AS {identifier(name)}" for name in scope.units)
    frame = scope.of_customers(f"persona, {means}", "GROUP BY persona").set_index("persona")
    return frame.reindex([name for name in persona_names(scope) if name in frame.index]).reset_index()


def by_name(scope: Scope) -> dict[str, dict[str, Any]]:
    """Persona to its row of `personas`, whatever the filters."""
    return scope.snapshot.once(
        ("personas by name", scope.name), lambda: {row["persona"]: row for row in personas(scope.all()).to_dict("records")}
    )


def by_number(scope: Scope) -> dict[int, dict[str, Any]]:
    """Cluster to its row of `clusters`, whatever the filters."""
    return scope.snapshot.once(
        ("clusters by number", scope.name), lambda: {row["cluster"]: row for row in clusters(scope.all()).to_dict("records")}
    )


def persona_names(scope: Scope) -> list[str]:
    """The dataset's personas in the order of the rules, whatever the filters."""
    sql = f"SELECT persona FROM {scope.table('personas')}"
    return scope.snapshot.once(("persona names", scope.name), lambda: [row["persona"] for row in scope.snapshot.rows(sql)])


def cluster_personas(scope: Scope) -> dict[int, str]:
    """Cluster to its persona, by number, whatever the filters."""
    sql = f"SELECT cluster, persona FROM {scope.table('clusters')} ORDER BY cluster"
    return scope.snapshot.once(
        ("cluster personas", scope.name), lambda: {row["cluster"]: row["persona"] for row in scope.snapshot.rows(sql)}
    )


def grades(scope: Scope) -> dict[str, tuple[str, float]]:
    """Persona to the grade of its stability and the mean Jaccard behind it; nothing if the run was built quickly."""
    sql = f"SELECT name, grade, value FROM {scope.table('stability')} WHERE level = 'persona' AND scaling = ?"

    def asked() -> dict[str, tuple[str, float]]:
        rows = scope.snapshot.rows(sql, [scope.record.settings["scaling"]])
        return {row["name"]: (row["grade"], row["value"]) for row in rows}

    return scope.snapshot.once(("grades", scope.name), asked)


def category_by_persona(scope: Scope, category: str) -> pd.DataFrame:
    """One row per persona and word of a category: persona, word, customers."""
    words = {code: word for word, code in scope.fields.categories[category].items()}
    column = identifier(category)
    frame = scope.of_customers(
        f"persona, {column} AS code, count(*) AS customers", f"GROUP BY persona, {column} ORDER BY persona, {column}"
    )
    return frame.assign(word=frame["code"].map(words)).drop(columns="code")


def spread_by_category(scope: Scope, feature: str, category: str) -> pd.DataFrame:
    """One row per persona and word of a category: persona, word, customers, and low, q1, median, q3, high of a feature (5 to 95 %)."""
    words = {code: word for word, code in scope.fields.categories[category].items()}
    quantiles = f"quantile_cont({identifier(feature)}, [0.05, 0.25, 0.5, 0.75, 0.95])"
    frame = scope.of_customers(
        f"persona, {identifier(category)} AS code, count(*) AS customers, {quantiles} AS q",
        f"GROUP BY persona, {identifier(category)} ORDER BY persona, {identifier(category)}",
    )
    parts = pd.DataFrame(frame["q"].to_list(), columns=["low", "q1", "median", "q3", "high"], index=frame.index)
    customers = frame["customers"] * scope.every
    return frame.assign(word=frame["code"].map(words), customers=customers).drop(columns=["code", "q"]).join(parts)


def standings(scope: Scope, persona: str, features: list[str]) -> dict[str, float]:
    """Feature to the share of all customers with less than the persona's median; equal ones count half."""
    if scope.crowd:
        middles = only(scope, persona).of_customers(", ".join(f"median({identifier(name)})" for name in features)).iloc[0]
        return {name: crowded.share(scope, name, float(middle)) for name, middle in zip(features, middles, strict=True)}
    found = {}
    for name in features:
        column, customers = f"c.{identifier(name)}", scope.table("customers")
        row = scope.snapshot.rows(
            f"""WITH own AS (SELECT median({column}) AS middle FROM {customers} c WHERE persona = ?)
                SELECT avg(({column} < own.middle)::DOUBLE + ({column} = own.middle)::DOUBLE / 2) AS below FROM {customers} c, own""",
            [persona],
        )
        found[name] = float(row[0]["below"])
    return found
