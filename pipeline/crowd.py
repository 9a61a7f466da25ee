"""What the engine does of customers who are too many to be clustered one by one: it runs in the process beside, on files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import about
from pipeline.meter import Report
from pipeline.model import Model, Scaler
from pipeline.settings import Scaling

# The engine is loaded inside the functions: they run in a process of their own, and the one that calls for them has no use for it.
if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Summary:
    """Customers counted in cells.

    Attributes:
        scaler: How their features are scaled.
        cells: What `cells.cells` returns.
    """

    scaler: Scaler
    cells: "pd.DataFrame"


def summarise(report: Report, file: str, customers: Path, features: Sequence[str], scaling: Scaling, work: Path) -> Summary:
    """Scale customers and count them in cells.

    Args:
        report: Hears of stages; there is none.
        file: What messages name.
        customers: Parquet file: one row per customer.
        features: Names of those to cluster by.
        scaling: See `Scaler`.
        work: Folder for what does not fit in memory.

    Raises:
        InputError: If the features do not allow it.
    """
    from pipeline import engine
    from pipeline.cells import cells, scaler_of

    with engine.connect(work) as connection, about(file):
        table = engine.open_parquet(connection, customers)
        scaler = scaler_of(table, features, scaling)
        return Summary(scaler, cells(table, scaler))


def place(report: Report, customers: Path, model: Model, before: Model | None, work: Path, out: Path) -> None:
    """Write where each customer stands among the centres: customer_id, cluster, next_cluster, margin, by customer_id.

    Args:
        report: Hears of stages; there is none.
        customers: Parquet file: one row per customer.
        model: The centres.
        before: Those of the run before: a column `cluster_before` tells the nearest of them; None for no such column.
        work: Folder for what does not fit in memory.
        out: The file to write.
    """
    from pipeline import engine
    from pipeline.nearest import placed

    with engine.connect(work) as connection:
        table = engine.open_parquet(connection, customers)
        if before:
            theirs = placed(table, before)
            table = theirs.select(*table.columns, cluster_before=theirs.cluster)
        columns = ("customer_id", "cluster", "next_cluster", "margin", *(("cluster_before",) if before else ()))
        placed(table, model).select(*columns).order_by("customer_id").to_parquet(out)


def transitions(report: Report, before: Path, now: Path, work: Path) -> "pd.DataFrame":
    """Count customers by what they were and what they are.

    Args:
        report: Hears of stages; there is none.
        before: The customers of the run before: customer_id, persona.
        now: What `place` wrote.
        work: Folder for what does not fit in memory.

    Returns:
        One row per persona before (missing for those who are new), cluster_before (missing for those who are gone, and where there is
        none) and cluster (missing for those who are gone): these three, and customers.
    """
    from pipeline import engine

    with engine.connect(work) as connection:
        theirs = engine.open_parquet(connection, before).select("customer_id", "persona")
        ours = engine.open_parquet(connection, now)
        if "cluster_before" not in ours.columns:
            ours = ours.mutate(cluster_before=ours.cluster.nullif(ours.cluster))
        both = ours.select("customer_id", "cluster", "cluster_before").outer_join(theirs, "customer_id")
        keys = ["persona", "cluster_before", "cluster"]
        found: pd.DataFrame = both.group_by(keys).aggregate(customers=both.count()).order_by(keys).to_pyarrow().to_pandas()
        return found
