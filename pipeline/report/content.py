"""What a report says of one dataset of a run: small tables in memory, customers asked of their file and never held."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd

from pipeline import findings, verdict
from pipeline.artifacts import Run
from pipeline.findings import Finding
from pipeline.manifest import CROWD, DatasetRecord
from pipeline.palette import persona_colours
from pipeline.sql import identifier, parquet

# Cells along the longer side of the map of a crowd.
CELLS = 300
# One thread: sums that several add up differ in their last digits from run to run.
_ENGINE: dict[str, Any] = {"memory_limit": "1GB", "threads": 1, "autoinstall_known_extensions": False}


@dataclass(frozen=True)
class Cells:
    """Where on the map the customers of a crowd are.

    Attributes:
        counted: One row per cell and persona that hold customers: column, row (from the lower left), persona (its place in the order of
            the rules), customers.
        left: Where the first column begins.
        low: Where the lowest row begins.
        side: Width and height of a cell.
    """

    counted: pd.DataFrame
    left: float
    low: float
    side: float


@dataclass(frozen=True)
class Content:
    """One dataset of a run.

    Attributes:
        name: As the catalogue has it.
        record: What the run says of it.
        personas: One row per persona, in the order of the rules, as published.
        clusters: One row per cluster, as published.
        checks: One row per check, as published.
        stability: One row per persona and per cluster: level, name, grade; empty if the run was built quickly.
        whole: How surely the segmentation is found again, and its grade; None if the run was built quickly.
        areas: AUC of the clusters, the better of the simple ways, and its AUC; None without a back-test.
        horizon_days: How far that looked ahead; 0 without one.
        spreads: Feature to the standard deviation over all customers.
        orders: How many there are; None for profiles.
        points: One row per customer, in the order of customers: x, y, persona (its place in the order of the rules); None for a crowd.
        cells: The same of a crowd, counted; None for any other.
        flows: One row per pair of personas in the last month that ended, as published; empty where no two months did.
        value: One row per persona, most at risk first, as published; empty where nothing is foretold.
        foretold: Part of the models that foretell it, or of their back-test, to its measures; empty where nothing is.
        month: Its first day, such as 2011-11-01; empty where there are no flows.
    """

    name: str
    record: DatasetRecord
    personas: pd.DataFrame
    clusters: pd.DataFrame
    checks: pd.DataFrame
    stability: pd.DataFrame
    whole: tuple[float, str] | None
    areas: tuple[float, str, float] | None
    horizon_days: int
    spreads: dict[str, float]
    orders: int | None
    points: pd.DataFrame | None
    cells: Cells | None
    flows: pd.DataFrame
    value: pd.DataFrame
    foretold: verdict.Measures
    month: str

    @property
    def sells(self) -> bool:
        """Whether there are orders."""
        return self.record.kind == "transactions"

    @property
    def earns(self) -> bool:
        """Whether revenue comes to more than 0: of less nobody has a share."""
        return self.sells and bool(self.personas["revenue_share"].notna().all())

    @property
    def currency(self) -> str | None:
        """The currency of amounts; None without orders."""
        return self.record.currency

    @property
    def names(self) -> list[str]:
        """The personas, in the order of the rules."""
        return list(self.personas["persona"])

    def largest(self, most: int) -> list[str]:
        """At most so many personas, those with most customers, in the order of the rules."""
        first = set(self.personas.sort_values("customers", ascending=False, kind="stable")["persona"].head(most))
        return [name for name in self.names if name in first]

    @property
    def colours(self) -> dict[str, str]:
        """Persona to its colour."""
        return persona_colours(self.names)

    @property
    def findings(self) -> list[Finding]:
        """What the data says, the largest first."""
        return findings.of_run(self.personas, self.clusters, self.value, self.currency)

    @cached_property
    def places(self) -> pd.DataFrame:
        """Where customers are on the map: x, y, persona (its place in the order of the rules), customers; a row each, or per cell."""
        if self.cells is None:
            assert self.points is not None
            return self.points.assign(customers=1)
        found = self.cells.counted
        x, y = (edge + (found[at] + 0.5) * self.cells.side for edge, at in ((self.cells.left, "column"), (self.cells.low, "row")))
        return found.assign(x=x, y=y)[["x", "y", "persona", "customers"]]

    @cached_property
    def means(self) -> pd.DataFrame:
        """One row per persona, the index, in the order of the rules: the mean of each feature."""
        features, by = list(self.record.features), self.clusters["persona"]
        weights = self.clusters["customers"]
        sums = self.clusters[features].mul(weights, axis=0).groupby(by).sum()
        return sums.div(weights.groupby(by).sum(), axis=0).reindex(self.names)

    @cached_property
    def everyone(self) -> dict[str, float]:
        """Feature to its mean over all customers."""
        weights = self.clusters["customers"]
        return {name: float((self.clusters[name] * weights).sum() / weights.sum()) for name in self.record.features}


def read(run: Run, name: str, *, most: int = CROWD) -> Content:
    """Read a dataset of a run; one of more than `most` customers is a crowd.

    Raises:
        ArtifactError: If a table is missing, differs from its hash, or was published by another version.
        MemoryError: If there is no room for what is asked.
    """
    run.refuse_damage(name)
    run.refuse_other_version(name)
    record = run.manifest.datasets[name]
    with _connected() as connection:
        asked = _Asked(connection, run, name)
        sells, personas = record.kind == "transactions", asked.table("personas")
        stability = asked.table("stability")
        stability = stability[stability["scaling"] == record.settings["scaling"]]
        whole = stability[stability["measure"] == "adjusted_rand"]
        backtest = asked.table("backtest") if sells else pd.DataFrame()
        flows = asked.flows() if sells else pd.DataFrame()
        crowded = record.customers > most
        return Content(
            name=name,
            record=record,
            personas=personas,
            clusters=asked.table("clusters"),
            checks=asked.table("quality"),
            stability=stability[stability["measure"] == "jaccard"],
            whole=None if whole.empty else (float(whole["value"].iloc[0]), str(whole["grade"].iloc[0])),
            areas=None if backtest.empty else verdict.areas(backtest, record.settings["scaling"]),
            horizon_days=0 if backtest.empty else int(backtest["horizon_days"].max()),
            spreads=asked.spreads(list(record.features)),
            orders=asked.orders() if sells else None,
            points=None if crowded else asked.points(personas["persona"].to_list()),
            cells=asked.cells(personas["persona"].to_list()) if crowded else None,
            flows=flows,
            value=asked.value() if sells else pd.DataFrame(),
            foretold=verdict.measures(asked.table("value_model")) if sells else {},
            month="" if flows.empty else f"{flows['month'].iloc[0]:%Y-%m-%d}",
        )


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(config=_ENGINE) as connection:
            yield connection
    except duckdb.OutOfMemoryException as error:
        raise MemoryError(str(error)) from None


class _Asked:
    """A dataset's tables, asked in SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, run: Run, name: str) -> None:
        self._connection, self._run, self._name = connection, run, name

    def table(self, table: str) -> pd.DataFrame:
        """All of a small table, in its order."""
        return self._frame(f"SELECT * FROM {self._file(table)}")

    def flows(self) -> pd.DataFrame:
        """Those of the last month, if somebody was a customer before it."""
        file = self._file("flows")
        found = self._frame(f"SELECT * FROM {file} WHERE month = (SELECT max(month) FROM {file}) ORDER BY ALL")
        return found if found["from_persona"].notna().any() else found.head(0)

    def value(self) -> pd.DataFrame:
        """Personas by what is at risk with them."""
        return self._frame(f"SELECT * FROM {self._file('value_personas')} ORDER BY at_risk DESC, persona")

    def spreads(self, features: list[str]) -> dict[str, float]:
        columns = ", ".join(f"stddev_pop({identifier(name)})" for name in features)
        row = self._connection.execute(f"SELECT {columns} FROM {self._file('customers')}").fetchall()[0]
        return {name: float(value or 0) for name, value in zip(features, row, strict=True)}

    def orders(self) -> int:
        return int(self._connection.execute(f"SELECT sum(orders) FROM {self._file('customers')}").fetchall()[0][0])

    def points(self, names: list[str]) -> pd.DataFrame:
        found = self._frame(f"SELECT x, y, persona FROM {self._file('customers')}")
        return found.assign(persona=pd.Categorical(found["persona"], names).codes)

    def cells(self, names: list[str]) -> Cells:
        file = self._file("customers")
        left, right, low, high = self._connection.execute(f"SELECT min(x), max(x), min(y), max(y) FROM {file}").fetchall()[0]
        side = max(right - left, high - low) / CELLS or 1.0
        counted = self._frame(
            f"""SELECT least(floor((x - $left) / $side)::INTEGER, {CELLS} - 1) AS "column",
                least(floor((y - $low) / $side)::INTEGER, {CELLS} - 1) AS "row", persona, count(*) AS customers
                FROM {file} GROUP BY ALL ORDER BY ALL""",
            {"left": left, "low": low, "side": side},
        )
        return Cells(counted.assign(persona=pd.Categorical(counted["persona"], names).codes), left, low, side)

    def _frame(self, sql: str, parameters: Any = None) -> pd.DataFrame:
        found: pd.DataFrame = self._connection.execute(sql, parameters).df()
        return found

    def _file(self, table: str) -> str:
        return parquet(self._run.table(self._name, table))
