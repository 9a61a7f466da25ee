"""Two published runs of a dataset side by side: who is new, who is gone, who has another persona, and whether they moved or the model did.

Neither has to be the run that is shown: both are read from their files.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import pandas as pd

from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.manifest import DatasetRecord
from pipeline.sql import literal, parquet
from webapp.snapshot import Snapshot
from webapp.views.placing import placed

# Customers that are joined at a time: what is held of them does not grow with the runs.
_AT_ONCE = 500_000
# What is read of either run.
_TABLES = ("customers", "personas", "clusters", "centres")


@dataclass(frozen=True)
class Pair:
    """Two runs that both hold a dataset.

    Attributes:
        snapshot: The run that is shown; it does the asking.
        name: The dataset.
        before: The one run.
        after: The other; it need not be the later one.
    """

    snapshot: Snapshot
    name: str
    before: Run
    after: Run

    @property
    def records(self) -> tuple[DatasetRecord, DatasetRecord]:
        """What the two say of the dataset."""
        return self.before.manifest.datasets[self.name], self.after.manifest.datasets[self.name]

    @property
    def sells(self) -> bool:
        """Whether both hold orders."""
        return all(record.kind == "transactions" for record in self.records)

    @cached_property
    def splits(self) -> bool:
        """Whether the model of before can place the customers of after: what it looks at is there, and means the same."""
        before, after = self.records
        names = {row["feature"] for row in self.rows_before("centres")}
        return all(name in after.features and before.features[name] == after.features[name] for name in names) and all(
            before.words.get(name) == after.words.get(name) for name in names
        )

    def rows_before(self, table: str) -> list[dict[str, Any]]:
        """A small table of before."""
        sql = f"SELECT * FROM {parquet(self.before.table(self.name, table))}"
        return self.snapshot.lately(("before", self.name, self.before.manifest.run_id, table), lambda: self.snapshot.rows(sql))

    def check(self) -> None:
        """Insist on whole files of this version.

        Raises:
            ArtifactError: Naming the first that is not.
        """
        for run in (self.before, self.after):
            for table in _TABLES:
                if damage := self._damage(run, table):
                    raise ArtifactError(f"{damage}. The run cannot be compared.")
            run.refuse_other_version(self.name, *_TABLES)

    def _damage(self, run: Run, table: str) -> str | None:
        """What is wrong with a file, in words; one that is as it was when it was last looked at is not hashed again."""
        path = run.table(self.name, table)
        if not path.is_file():
            return run.damage(self.name, table)
        found = path.stat()
        key = ("damage", str(path), found.st_ino, found.st_size, found.st_mtime_ns)
        return self.snapshot.lately(key, lambda: run.damage(self.name, table))


@dataclass(frozen=True)
class Totals:
    """How many customers are in before, in after, new, gone, in both runs, and of these in another persona."""

    before: int
    after: int
    new: int
    gone: int
    both: int
    elsewhere: int


def moves(pair: Pair) -> pd.DataFrame:
    """Who went from which persona to which; one row per pair of personas, those who stayed among them.

    Between the two personas of a customer stands a third, which the model of before gives to what after knows of them: see
    `pipeline.identity`.

    Returns:
        from_persona (missing for those who are new), to_persona (missing for those who are gone), customers; and how many of them are
        elsewhere because of what changed about them (`behaviour`), because the model moved (`model`), and because of both (`both`, those
        who came back to where they were among them), all 0 where the model of before cannot place them. The largest come first.
    """

    def make() -> pd.DataFrame:
        found = pd.concat([pair.snapshot.frame(_counted(pair, part)) for part in _parts(pair)])
        ends = ["from_persona", "to_persona"]
        summed = found.groupby(ends, dropna=False, as_index=False).sum()
        return summed.sort_values(["customers", *ends], ascending=[False, True, True], ignore_index=True)

    key = ("moves", pair.name, pair.before.manifest.run_id, pair.after.manifest.run_id)
    return pair.snapshot.lately(key, make).copy()


def totals(moves: pd.DataFrame) -> Totals:
    """What `moves` come to."""
    new, gone = moves["from_persona"].isna(), moves["to_persona"].isna()
    elsewhere = ~new & ~gone & (moves["from_persona"] != moves["to_persona"])
    parts = {"before": ~new, "after": ~gone, "new": new, "gone": gone, "both": ~new & ~gone, "elsewhere": elsewhere}
    return Totals(**{name: int(moves.loc[part, "customers"].sum()) for name, part in parts.items()})


def settings(pair: Pair) -> dict[str, tuple[Any, Any]]:
    """Settings that differ, before and after; None for one that a run did not have."""
    before, after = ({"as_of": record.as_of, **record.settings} for record in pair.records)
    differ = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: (before.get(name), after.get(name)) for name in differ}


def _counted(pair: Pair, part: str) -> str:
    """The query for `moves` of the customers of whom a condition is true."""
    before, after = (f"(SELECT * FROM {parquet(run.table(pair.name, 'customers'))} WHERE {part})" for run in (pair.before, pair.after))
    now = f"SELECT customer_id, persona, NULL::VARCHAR AS placed FROM {after}"
    if pair.splits:
        names = {row["cluster"]: row["persona"] for row in pair.rows_before("clusters")}
        now = placed(after, ["customer_id", "persona"], pair.rows_before("centres"), names, pair.records[0])
    return f"""SELECT before.persona AS from_persona, after.persona AS to_persona, count(*) AS customers,
                      count(*) FILTER (placed = after.persona AND placed <> before.persona) AS behaviour,
                      count(*) FILTER (placed = before.persona AND placed <> after.persona) AS model,
                      count(*) FILTER (placed <> before.persona AND placed <> after.persona) AS both
               FROM {before} before FULL JOIN ({now}) after USING (customer_id) GROUP BY ALL"""


def _parts(pair: Pair) -> list[str]:
    """Conditions on ids that each hold of about as many customers of the larger run, and one of them of each customer."""
    runs = sorted(zip(pair.records, (pair.before, pair.after), strict=True), key=lambda run: run[0].customers)
    larger = parquet(runs[-1][1].table(pair.name, "customers"), ", file_row_number = true")
    sql = f"SELECT customer_id FROM {larger} WHERE file_row_number > 0 AND file_row_number % {_AT_ONCE} = 0 ORDER BY customer_id"
    bounds = [literal(row["customer_id"]) for row in pair.snapshot.rows(sql)]
    if not bounds:
        return ["true"]
    inner = [f"customer_id >= {low} AND customer_id < {high}" for low, high in pairwise(bounds)]
    return [f"customer_id < {bounds[0]}", *inner, f"customer_id >= {bounds[-1]}"]


def personas(pair: Pair) -> pd.DataFrame:
    """One row per persona, those of after in the order of its rules, then those that only before had.

    Returns:
        persona, and of either run customers, share, and revenue where both hold orders, each as `customers_before` and so on; missing where
        a run does not have the persona.
    """
    names = ["customers", "share", *(["revenue"] if pair.sells else [])]
    columns = ", ".join(f"{run}.{name} AS {name}_{run}" for name in names for run in ("before", "after"))
    before, after = (
        f"(SELECT row_number() OVER () AS place, * FROM {parquet(run.table(pair.name, 'personas'))})" for run in (pair.before, pair.after)
    )
    sql = f"""SELECT persona, {columns} FROM {before} before FULL JOIN {after} after USING (persona)
              ORDER BY after.place NULLS LAST, before.place"""
    key = ("personas", pair.name, pair.before.manifest.run_id, pair.after.manifest.run_id)
    return pair.snapshot.lately(key, lambda: pair.snapshot.frame(sql)).copy()
