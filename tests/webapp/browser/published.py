"""What a run holds, read from its files: what pages have to show is worked out from it anew."""

import shutil
from pathlib import Path

import pandas as pd

from pipeline import artifacts, publishing
from tests.webapp import handmade


def customers(runs: Path, dataset: str) -> pd.DataFrame:
    """The customers of the current run, as published."""
    return pd.read_parquet(_current(runs).table(dataset, "customers"))


def ids(runs: Path) -> dict[str, str]:
    """A customer of each dataset: the first of the file."""
    return {name: str(customers(runs, name)["customer_id"].iloc[0]) for name in _current(runs).manifest.datasets}


def in_order(frame: pd.DataFrame, column: str, *, descending: bool = False) -> list[str]:
    """Ids by a column, equal values by the id as a number would stand."""
    ranked = frame.assign(length=frame["customer_id"].str.len())
    ordered = ranked.sort_values([column, "length", "customer_id"], ascending=[not descending, True, True])
    return [str(name) for name in ordered["customer_id"]]


def inside(frame: pd.DataFrame, corners: list[tuple[float, float]]) -> int:
    """How many customers lie in a shape on the map: those around whom its outline winds (Sunday 2001)."""
    winding = pd.Series(0, frame.index)
    x, y = frame["x"].astype(float), frame["y"].astype(float)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        left = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
        winding += ((y1 <= y) & (y2 > y) & (left > 0)).astype(int) - ((y1 > y) & (y2 <= y) & (left < 0)).astype(int)
    return int((winding != 0).sum())


def copy(runs: Path, into: Path, run_id: str, created_at: str) -> None:
    """Publish the current run of `runs` in another folder, under another name and date."""
    folder = into / "runs" / run_id
    shutil.copytree(_current(runs).folder, folder)
    handmade.rewrite(folder, lambda manifest: manifest.update(run_id=run_id, created_at=created_at))
    publishing.use(into, run_id)


def _current(runs: Path) -> artifacts.Run:
    run = artifacts.current(runs)
    assert run is not None
    return run
