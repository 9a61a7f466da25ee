"""Customers too many to be clustered one by one, against their bars: how near to it what is done instead comes.

    python -m benchmarks.many [--customers N]

Needs the real file of Online Retail II in the folder `CLIENTELE_RAW` names (`data/raw` without it), which the customers are drawn from.
All that a build does after the measuring is run at both scalings, and compared with K-Means of everyone. Prints a table and keeps it as the
section "Many customers" of `benchmarks/results.md`.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from benchmarks import many_data, many_run, measure
from benchmarks.measure import Line
from pipeline import clustering, validation
from pipeline.model import Model
from pipeline.settings import Scaling

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
CUSTOMERS = 1_000_000
RAND, INERTIA, TRUSTWORTHY = 0.98, 0.01, 0.95
# Of a silhouette to hold the estimate against.
LARGER_SAMPLE = 30_000
LIBRARIES = ("scikit-learn", "umap-learn", "scipy", "numpy", "pandas", "duckdb", "ibis-framework")


@dataclass(frozen=True)
class Ran:
    """All of it at one scaling: what it said of itself, what it cost, and the run's folder."""

    said: dict[str, Any]
    cost: measure.Measured
    tables: Path


def main() -> None:
    """Make the customers, run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many", description="Measure clustering of many customers against its bars.")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, metavar="N", help=f"how many (default {CUSTOMERS:,})")
    customers = parser.parse_args().customers
    lines = measured(Path(os.environ.get("CLIENTELE_RAW", ROOT / "data" / "raw")), customers)
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Many customers", body=f"{_circumstances(customers)}\n\n{table}")
    missed = sum(line.met is False for line in lines)
    _say(f"{RESULTS.relative_to(ROOT)} written; " + (f"{missed} bars are not met" if missed else "every bar is met"))


def measured(raw: Path, customers: int) -> list[Line]:
    """The lines of the table, of so many customers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many_data.write(raw, many_run.dataset("standard"), folder, customers=customers, orders=True)
        _say(f"{customers:,} customers made")
        return [line for scaling in get_args(Scaling) for line in _lines(scaling, _run(folder, scaling), folder)]


def _run(folder: Path, scaling: Scaling) -> Ran:
    cost = measure.run([sys.executable, "-m", "benchmarks.many_run", str(folder), scaling], cwd=ROOT, env=os.environ)
    if cost.returncode:
        sys.exit(f"{scaling} failed:\n{cost.output[-4000:]}")
    said = json.loads(cost.output.strip().splitlines()[-1])
    _say(f"{scaling}: {cost.seconds:.0f} s; {said}")
    return Ran(said, cost, folder / scaling)


def _lines(scaling: Scaling, ran: Ran, folder: Path) -> list[Line]:
    """How near it came, and what it cost."""
    settings = many_run.dataset(scaling)
    features = pd.read_parquet(folder / "customers.parquet", columns=list(settings.feature_names))
    exact = clustering.fit(features, k=settings.k, scaling=scaling, seed=settings.seed)
    ours = Model.from_table(pd.read_parquet(ran.tables / "centres.parquet"), scaling)
    cluster = pd.read_parquet(ran.tables / "customers.parquet", columns=["cluster"])["cluster"].to_numpy()
    rand = adjusted_rand_score(clustering.assign(features, exact).cluster, cluster)
    scaled = exact.scaler.transform(features)
    more = _inertia(scaled, ours.centres) / _inertia(scaled, exact.centres) - 1
    scores, trusted = ran.said["scores"], ran.said["map"]
    larger = _silhouette(scaled, cluster)
    told = f"{scores['silhouette']:.4f} ± {scores['half_interval']:.4f}"
    within = abs(larger - scores["silhouette"]) <= 2 * scores["half_interval"]
    return [
        Line(f"{scaling}: adjusted Rand index against K-Means of everyone", f">= {RAND}", f"{rand:.4f}", rand >= RAND),
        Line(f"{scaling}: inertia beyond that of K-Means of everyone", f"<= {INERTIA:.0%}", f"{more:+.3%}", more <= INERTIA),
        Line(
            f"{scaling}: trustworthiness of placed customers (of fitted, {trusted['fitted']:,})",
            f">= {TRUSTWORTHY}",
            f"{trusted['of_placed']:.4f} ({trusted['of_fitted']:.4f})",
            trusted["of_placed"] >= TRUSTWORTHY,
        ),
        Line(f"{scaling}: silhouette, and that of {LARGER_SAMPLE:,}", "within twice the interval", f"{told}, {larger:.4f}", within),
        *_costs(scaling, ran),
    ]


def _costs(scaling: Scaling, ran: Ran) -> list[Line]:
    stages = "; ".join(f"{stage} {seconds:.0f} s" for stage, (seconds, _) in ran.said["stages"].items())
    own = max(held for _, held in ran.said["stages"].values())
    memory = f"{own / 1e6:,.0f} MB, {ran.cost.peak_bytes / 1e6:,.0f} MB with the processes beside it"
    return [Line(f"{scaling}: after the measuring, {ran.cost.seconds:.0f} s", "-", stages), Line(f"{scaling}: memory", "-", memory)]


def _inertia(scaled: pd.DataFrame, centres: pd.DataFrame) -> float:
    parts = range(0, len(scaled), 100_000)
    return float(sum(cdist(scaled.iloc[at : at + 100_000], centres, "sqeuclidean").min(axis=1).sum() for at in parts))


def _silhouette(scaled: pd.DataFrame, cluster: np.ndarray) -> float:
    drawn = np.random.default_rng(1).choice(len(scaled), min(LARGER_SAMPLE, len(scaled)), replace=False)
    return float(validation.fit_of_each(scaled.iloc[drawn], cluster[drawn]).mean())


def _circumstances(customers: int) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-many`: {customers:,} customers drawn\n"
        "from those of Online Retail II, each a little other than the one it was drawn from (`benchmarks/many_data.py`), in ten clusters.\n"
        f"With {versions}."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
