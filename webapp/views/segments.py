"""Personas and clusters: how many, how large, and what sets them apart."""

from typing import Any

import pandas as pd

from pipeline.artifacts import Run
from webapp.store import identifier
from webapp.views.scope import Scope, kept_of_everyone


def totals(scope: Scope) -> dict[str, Any]:
    """Customers, personas among them, and for buyers orders, revenue, and the median of days since the last order."""
    buying = ", fsum(monetary) AS revenue, sum(orders)::BIGINT AS orders, median(recency_days) AS recency_days" if scope.sells else ""
    condition, values = scope.chosen
    counted = f"count(*) AS customers, count(DISTINCT persona) AS personas{buying}"
    return scope.snapshot.rows(f"SELECT {counted} FROM {scope.table('customers')} WHERE {condition}", values)[0]


def totals_of_run(run: Run, name: str) -> dict[str, float] | None:
    """Customers, personas, orders and revenue of a dataset in another run; None when it did not hold it."""
    record = run.manifest.datasets.get(name)
    if record is None:
        return None
    found: dict[str, float] = {"customers": record.customers, "personas": record.personas}
    path = run.table(name, "customers")
    if record.kind == "transactions" and path.is_file():
        bought = pd.read_parquet(path, columns=["orders", "monetary"])
        found |= {"orders": float(bought["orders"].sum()), "revenue": float(bought["monetary"].sum())}
    return found


@kept_of_everyone
def personas(scope: Scope) -> pd.DataFrame:
    """One row per persona of the customers looked at, in the order of the rules: its words and size; revenue and orders for buyers.

    Shares are of the customers looked at. Columns: persona, summary, reason, actions, use_cases, avoid, customers, share, clusters;
    with orders also revenue, revenue_share, orders, orders_share.
    """
    buying = ", fsum(monetary) AS revenue, sum(orders)::BIGINT AS orders" if scope.sells else ""
    condition, values = scope.chosen
    frame = scope.snapshot.frame(
        f"""SELECT said.* EXCLUDE (customers, share {", revenue, revenue_share" if scope.sells else ""}), found.* EXCLUDE (persona)
            FROM (SELECT row_number() OVER () AS place, * FROM {scope.table("personas")}) said
            JOIN (SELECT persona, count(*) AS customers, list_sort(list(DISTINCT cluster)) AS clusters, avg(fit) AS fit {buying}
                  FROM {scope.table("customers")} WHERE {condition} GROUP BY persona) found USING (persona)
            ORDER BY place""",
        values,
    ).drop(columns="place")
    for part, whole in (("share", "customers"), ("revenue_share", "revenue"), ("orders_share", "orders")):
        if whole in frame:
            frame[part] = frame[whole] / frame[whole].sum()
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
        frame["revenue_share"] = frame["revenue"] / frame["revenue"].sum()
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
    return frame.assign(word=frame["code"].map(words)).drop(columns=["code", "q"]).join(parts)


def standings(scope: Scope, persona: str, features: list[str]) -> dict[str, float]:
    """Feature to the share of all customers with less than the persona's median; equal ones count half."""
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
