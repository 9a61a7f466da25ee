"""A small run whose numbers can be checked by hand: `shop`, which sells, and `gym`, whose members have attributes."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import artifacts, grid, parquet, publishing, schema
from pipeline.artifacts import Run
from pipeline.manifest import SEAL, DatasetRecord, Manifest, RowsRecord, ScoresRecord, TableRecord
from tests.webapp import handmade_history, handmade_trust

Row = dict[str, Any]

RUN_ID = "20240310T120000Z-00000001"
CREATED_AT = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)
AS_OF = date(2024, 3, 1)

# Cluster to persona.
SHOP = {0: "Loyal High Spenders", 1: "Loyal High Spenders", 2: "Churn Risk"}
GYM = {0: "Young High Spenders", 1: "Budget Conscious"}

_PLACED = {"fit": 0.5, "next_cluster": 1, "margin": 0.25}
_RFM = {"recency_days": "days", "frequency": "", "monetary": "GBP"}
_COLUMNS = {"customer_id": "Customer ID", "unit_price": "Amount", "country": None}
_GYM_FEATURES: list[Row] = [
    {"name": "age", "column": "Age", "unit": "years", "codes": None},
    {"name": "income", "column": "Income", "unit": "k$", "codes": None},
    {"name": "gender", "column": "Gender", "unit": "", "codes": {"Male": 0.0, "Female": 1.0}},
]


def buyer(
    customer_id: str, recency: int, frequency: int, monetary: float, *, cluster: int = 0, country: str | None = "UK", **more: Any
) -> Row:
    """A customer whose `frequency` orders are 30 days apart and equally large, the last one `recency` days before `AS_OF`."""
    last = datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=recency)
    return {
        "customer_id": customer_id, "recency_days": recency, "frequency": frequency, "monetary": monetary,
        "orders": frequency, "lines": frequency * 2, "items": float(frequency * 3),
        "first_order": last - timedelta(days=30 * (frequency - 1)), "last_order": last, "country": country,
        "cluster": cluster, "persona": SHOP[cluster], "x": 0.0, "y": 0.0, **_PLACED, **more,
    }  # fmt: skip


def member(customer_id: str, age: float, income: float, gender: float, *, cluster: int = 0, **more: Any) -> Row:
    """A customer with attributes; gender is 0 for Male, 1 for Female."""
    return {
        "customer_id": customer_id, "age": age, "income": income, "gender": gender,
        "cluster": cluster, "persona": GYM[cluster], "x": 0.0, "y": 0.0, **_PLACED, **more,
    }  # fmt: skip


# Ids as text stand 100, 12, 7, 8, 9; as numbers 7, 8, 9, 12, 100.
BUYERS = [
    buyer("7", 1, 4, 400.0, cluster=0, x=0.0, y=0.0),
    buyer("8", 10, 2, 300.0, cluster=0, x=1.0, y=0.0, fit=0.7),
    buyer("9", 20, 1, 150.0, cluster=1, x=0.0, y=1.0, country="France"),
    buyer("12", 90, 1, 100.0, cluster=2, x=5.0, y=5.0, country="France"),
    buyer("100", 200, 1, 50.0, cluster=2, x=6.0, y=5.0, country=None),
]
MEMBERS = [
    member("1", 20.0, 30.0, 1.0, x=0.0, y=0.0),
    member("2", 30.0, 50.0, 0.0, x=1.0, y=0.0),
    member("10", 60.0, 40.0, 1.0, cluster=1, x=5.0, y=5.0),
]
REJECTED: list[Row] = [
    {
        "source": "shop.csv",
        "source_row": 3,
        "reason": "Customer ID is missing",
        "row": {"Customer ID": None, "Amount": "-12"},
        "line": None,
    },
    {"source": "shop.csv", "source_row": 9, "reason": "too many fields", "row": {"Customer ID": None, "Amount": None}, "line": '=1+1,"x'},
]


def publish(
    root: Path,
    run_id: str = RUN_ID,
    *,
    buyers: Sequence[Row] = BUYERS,
    members: Sequence[Row] = MEMBERS,
    rejected: Sequence[Row] = REJECTED,
    member_features: Sequence[Row] = _GYM_FEATURES,
    scaling: str = "standard",
    demo: bool = False,
    held_back: tuple[str, ...] = (),
    quick: bool = False,
) -> Run:
    """Publish both datasets, or hold them back for the reasons given; `quick` leaves out how far they can be trusted, and why."""
    with publishing.publication(root) as publication:
        folder = publication.folder(run_id)
        units = {str(feature["name"]): str(feature["unit"]) for feature in member_features}
        datasets = {
            "shop": _dataset(folder / "shop", "transactions", buyers, rejected, SHOP, _RFM, list(_RFM), scaling, demo, quick),
            "gym": _dataset(folder / "gym", "profile", members, [], GYM, units, list(member_features), scaling, demo, quick),
        }
        made = Manifest(
            run_id=run_id,
            created_at=CREATED_AT,
            version="0",
            libraries={},
            seconds=0.0,
            peak_memory_bytes=0,
            datasets=datasets,
            previous=_current(root),
            held_back=held_back,
        )
        return publication.hold_back(made) if held_back else publication.publish(made)


def _current(root: Path) -> str | None:
    """The id alone: the run itself may be damaged."""
    pointer = root / "CURRENT"
    return pointer.read_text(errors="replace").strip() if pointer.is_file() else None


def alter(run: Run, dataset: str, table: str, content: pa.Table) -> None:
    """Replace a table and its hash, as another version of the product would have published it."""
    path = run.table(dataset, table)
    pq.write_table(content, path)

    def record(manifest: Any) -> None:
        manifest["datasets"][dataset]["tables"][table]["sha256"] = artifacts.sha256(path)

    rewrite(run.folder, record)


def known_before(run: Run) -> Run:
    """Whoever stands in the first month of the shop was known a month earlier, as in a history of which the last months are told."""
    rows = pq.read_table(run.table("shop", "flows")).to_pylist()
    first = [row | {"from_persona": row["to_persona"]} if row["month"] == rows[0]["month"] else row for row in rows]
    alter(run, "shop", "flows", pa.Table.from_pylist(first, schema=schema.tables("transactions", {}, ())["flows"].arrow))
    return artifacts.open_run(run.folder.parents[1], run.manifest.run_id)


def rewrite(folder: Path, change: Callable[[Any], object]) -> None:
    """Have a run say something else of itself, without the seal that would tell."""
    path = folder / "manifest.json"
    said = json.loads(path.read_text())
    said.pop(SEAL, None)
    change(said)
    path.write_text(json.dumps(said))


def _dataset(
    folder: Path,
    kind: str,
    customers: Sequence[Row],
    rejected: Sequence[Row],
    names: dict[int, str],
    units: dict[str, str],
    features: list[Any],
    scaling: str,
    demo: bool,
    quick: bool,
) -> DatasetRecord:
    if kind == "transactions":
        customers = _gridded(customers)
    file_columns = ["Customer ID", "Amount"]
    found = schema.tables(kind, units, file_columns)
    ordered = sorted(customers, key=lambda row: str(row["customer_id"]))
    orders = [order for row in ordered for order in _orders(row)] if kind == "transactions" else []
    followed = (
        {} if quick or kind != "transactions" else handmade_history.tables(ordered, orders, list(dict.fromkeys(names.values())), AS_OF)
    )
    rows = {
        "customers": ordered,
        "clusters": _counted(ordered, "cluster", sorted(names), found["clusters"], units),
        "personas": _counted(ordered, "persona", list(dict.fromkeys(names.values())), found["personas"], units),
        "scores": [{"k": len(names), "score": "silhouette", "value": 0.5}],
        "centres": _centres(ordered, list(units), scaling),
        "rejected": rejected,
        "quality": [
            {
                "check": "Customer ID is missing",
                "outcome": "rejected",
                "rows": 1,
                "share": 0.5,
                "example": "row 3",
                "customers": 0,
                "revenue": 12.5,
            }
        ],
        "orders": orders,
        **{name: [] for name in schema.TRUST},
        **({} if quick else handmade_trust.tables(kind, scaling, names, list(units), ordered)),
        **followed,
    }
    tables = {name: _written(folder, table, rows[name]) for name, table in found.items()}
    return DatasetRecord(
        kind=kind,
        title=folder.name.capitalize(),
        demo=demo,
        fingerprint="0",
        settings={"scaling": scaling, "seed": 42, "features": features, "customer_id": "Customer ID", "columns": _COLUMNS},
        sources=[],
        file_columns=file_columns,
        rows=RowsRecord(read=len(customers) + len(rejected), kept=len(customers), rejected=len(rejected), duplicates=0),
        as_of=AS_OF if kind == "transactions" else None,
        currency="GBP" if kind == "transactions" else None,
        features=units,
        words={feature["name"]: feature["codes"] for feature in features if isinstance(feature, dict) and feature["codes"]},
        filled={},
        customers=len(customers),
        personas=len({row["persona"] for row in customers}),
        scores=ScoresRecord(silhouette=0.5, davies_bouldin=0.6, calinski_harabasz=100.0),
        trust=None if quick else handmade_trust.record(kind, len(names)),
        seconds={},
        tables=tables,
    )


def _gridded(buyers: Sequence[Row]) -> Sequence[Row]:
    """Buyers with their scores and segment on the marketer's grid, unless they bring their own."""
    if not buyers:
        return buyers
    placed = grid.scores(pd.DataFrame(buyers)[["recency_days", "frequency"]]).to_dict("records")
    return [{**place, **row} for place, row in zip(placed, buyers, strict=True)]


def _written(folder: Path, table: schema.Table, rows: Iterable[Row]) -> TableRecord:
    return parquet.write(folder, table, [pa.RecordBatch.from_pylist(list(rows), schema=table.arrow)])


def _counted(customers: Sequence[Row], column: str, groups: Sequence[Any], table: schema.Table, units: dict[str, str]) -> list[Row]:
    """One row per group; what is not counted is some value of its type."""
    rows = []
    for group in groups:
        own = [row for row in customers if row[column] == group]
        filled: Row = {field.name: _SOME.get(str(field.type)) for field in table.arrow}
        filled |= {name: float(np.mean([row[name] for row in own] or [0.0])) for name in units if name in filled}
        if column == "cluster":
            filled["persona"] = own[0]["persona"] if own else "nobody"
        rows.append(filled | {column: group, "customers": len(own), "share": len(own) / max(len(customers), 1)})
    return rows


_SOME: Row = {"string": "words", "double": 0.0, "int64": 0, "int32": 0, "list<item: string>": ["first", "second"]}


def scaled(customers: Sequence[Row], name: str, scaling: str) -> tuple["np.ndarray[Any, np.dtype[np.float64]]", float, float]:
    """A feature as clustering sees it, with its mean and spread before."""
    values = np.array([row[name] for row in customers], float)
    values = np.log1p(values) if scaling == "log" else values
    mean, spread = float(values.mean()), float(values.std())
    return (values - mean) / (spread or 1.0), mean, spread


def _centres(customers: Sequence[Row], names: Sequence[str], scaling: str) -> list[Row]:
    """A constant feature has no centre: clustering leaves it out."""
    rows = []
    for name in names:
        values, mean, spread = scaled(customers, name, scaling) if customers else (np.array([]), 0.0, 0.0)
        if not spread:
            continue
        for cluster in sorted({row["cluster"] for row in customers}):
            own = [value for value, row in zip(values, customers, strict=True) if row["cluster"] == cluster]
            rows.append({"cluster": cluster, "feature": name, "centre": float(np.mean(own)), "mean": mean, "spread": spread})
    return rows


def _orders(row: Row) -> list[Row]:
    count = row["frequency"]
    return [
        {
            "customer_id": row["customer_id"],
            "order_id": f"{row['customer_id']}-{at + 1}",
            "time": row["first_order"] + timedelta(days=30 * at),
            "items": 3.0,
            "spend": row["monetary"] / count,
        }
        for at in range(count)
    ]
