"""How far segments can be trusted: choice of k, separation, stability, scaling, and what they foretold. Always of everyone."""

import pandas as pd

from pipeline import verdict
from webapp.views.scope import Scope
from webapp.views.segments import cluster_personas, clusters, personas

# Of each cluster so many customers are drawn at most: more would not be seen.
POINTS = 200
# In the order they are asked for.
SCORES = ("silhouette", "davies_bouldin", "calinski_harabasz", "inertia", "gap")


def scores(scope: Scope) -> pd.DataFrame:
    """One row per k that was tried, the index: a column per score that is defined, those of `SCORES` first, then gap_error."""
    found = scope.snapshot.frame(f"SELECT k, score, value FROM {scope.table('scores')} ORDER BY k")
    table = found.pivot(index="k", columns="score", values="value")
    return table[[name for name in (*SCORES, "gap_error") if name in table]]


def silhouettes(scope: Scope) -> pd.DataFrame:
    """One row per customer drawn, at most `POINTS` of a cluster, evenly by rank, the first and the last always: cluster, place, fit.

    Clusters are in their order, customers from the best fit to the worst; place is the share of the own cluster that fits better, equal
    ones in any order, the customer counting half (0 to 1).
    """
    sql = f"""
        WITH ranked AS (
            SELECT cluster, fit, row_number() OVER own - 1 AS better, count(*) OVER (PARTITION BY cluster) AS size
            FROM {scope.drawn(scope.record.customers).table("customers")} WINDOW own AS (PARTITION BY cluster ORDER BY fit DESC)
        )
        SELECT cluster, (better + 0.5) / size AS place, fit FROM ranked
        WHERE size <= $1 OR better = 0 OR better * ($1 - 1) // (size - 1) > (better - 1) * ($1 - 1) // (size - 1)
        ORDER BY cluster, better"""
    return scope.snapshot.frame(sql, [POINTS])


def misplaced(scope: Scope) -> pd.DataFrame:
    """One row per cluster, by cluster: cluster, customers, and how many of them are nearer to another cluster than to their own."""
    sql = f"SELECT cluster, count(*) AS customers, count(*) FILTER (fit < 0) AS nearer FROM {scope.table('customers')} GROUP BY cluster"
    return scope.snapshot.frame(f"{sql} ORDER BY cluster")


def stability(scope: Scope) -> pd.DataFrame:
    """One row per persona, in the order of the rules, each followed by its clusters: level, name, persona, customers, value, grade.

    Value is the mean Jaccard over resamples, of the scaling in use. Whoever was not resampled is left out.
    """
    found = _stability_in_use(scope)
    jaccard = {(row.level, row.name): (row.value, row.grade) for row in found[found["measure"] == "jaccard"].itertuples(index=False)}
    in_clusters = clusters(scope)
    rows = []
    for persona in personas(scope).itertuples(index=False):
        own = in_clusters[in_clusters["persona"] == persona.persona]
        rows.append(("persona", persona.persona, persona.persona, persona.customers))
        rows += [("cluster", str(one.cluster), persona.persona, one.customers) for one in own.itertuples(index=False)]
    return pd.DataFrame(
        [(*row, *jaccard[row[:2]]) for row in rows if row[:2] in jaccard],
        columns=["level", "name", "persona", "customers", "value", "grade"],
    )


def adjusted_rand(scope: Scope) -> tuple[float, str]:
    """How well the whole is found again, and its grade; of a run that was not built quickly."""
    whole = _stability_in_use(scope).query("measure == 'adjusted_rand'").iloc[0]
    return float(whole["value"]), str(whole["grade"])


def scalings(scope: Scope) -> pd.DataFrame:
    """One row per measure, the index, and a column per scaling, the one in use first; auc_90 and the like are of clusters."""
    found = scope.snapshot.frame(f"SELECT scaling, measure, value FROM {scope.table('scalings')}")
    areas = overall(scope)
    areas = areas[areas["level"] == "cluster"]
    areas = areas.assign(scaling=areas["segmentation"], measure=[f"auc_{days}" for days in areas["horizon_days"]], value=areas["auc"])
    table = pd.concat([found, areas[areas["scaling"].isin(found["scaling"])][["scaling", "measure", "value"]]])
    table = table.pivot(index="measure", columns="scaling", values="value")
    return table[sorted(table, key=lambda scaling: scaling != scope.record.settings["scaling"])]


def horizons(scope: Scope) -> list[int]:
    """Days that are looked ahead, the longest first; none without a back-test."""
    return sorted(overall(scope)["horizon_days"].unique().tolist(), reverse=True)


def overall(scope: Scope) -> pd.DataFrame:
    """One row per segmentation, level and horizon, the one in use first: segmentation, level, horizon_days, and a column per measure."""
    index = ["segmentation", "level", "horizon_days"]
    measured = f"SELECT {', '.join(index)}, measure, value FROM {scope.table('backtest')}"
    found = scope.snapshot.frame(measured) if scope.sells else pd.DataFrame()
    if found.empty:
        return pd.DataFrame(columns=[*index, "auc"])
    table = found.pivot(index=index, columns="measure", values="value").reset_index()
    order = [scope.record.settings["scaling"], "standard", "log", *verdict.BASELINES]
    return table.sort_values(
        ["horizon_days", "segmentation", "level"], key=lambda of: of.map(order.index) if of.name == "segmentation" else of
    )


def foretold(scope: Scope, days: int) -> pd.DataFrame:
    """One row per persona as of the cut-off, who came back most first: persona, customers, returned_share (0 to 1), mean_spend."""
    sql = f"""SELECT "group" AS persona, customers, returned_share, mean_spend FROM {scope.table("backtest_groups")}
              WHERE segmentation = ? AND level = 'persona' AND horizon_days = ? ORDER BY returned_share DESC, persona"""
    return scope.snapshot.frame(sql, [scope.record.settings["scaling"], days])


def areas(scope: Scope) -> tuple[float, str, float] | None:
    """AUC of the clusters in use at the longest horizon, the better baseline, and its AUC; None without a back-test."""
    if not scope.sells:
        return None
    return verdict.areas(scope.snapshot.frame(f"SELECT * FROM {scope.table('backtest')}"), scope.record.settings["scaling"])


def k_in_use(scope: Scope) -> int:
    """How many clusters the run has."""
    return len(cluster_personas(scope))


def _stability_in_use(scope: Scope) -> pd.DataFrame:
    sql = f"SELECT level, name, measure, value, grade FROM {scope.table('stability')} WHERE scaling = ?"
    return scope.snapshot.frame(sql, [scope.record.settings["scaling"]])
