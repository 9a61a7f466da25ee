"""The pipeline against its bars: speed and memory beside the notebook, scores, map, determinism.

    python -m benchmarks.pipeline [--builds N]

Needs the two real files in the folder `CLIENTELE_RAW` names (`data/raw` without it). Prints a table and keeps it as the
section "Pipeline" of `benchmarks/results.md`. N builds and N - 1 runs of the notebook take turns; bars are held against their
medians, and the worst of ours over the best of the notebook's stands beside it.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.measure import Line

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
PUBLISHED = ROOT / "benchmarks" / "published.toml"
LIBRARIES = ("pandas", "openpyxl", "fastexcel", "pyarrow", "duckdb", "ibis-framework", "numpy", "scikit-learn", "umap-learn", "numba")

# More than 4,096 points: only then does UMAP use, and compile, its approximate neighbour search.
WARM_UP = "import numpy, umap; umap.UMAP(random_state=42).fit(numpy.random.default_rng(0).normal(size=(5000, 3)))"
FEATURES = {
    "mall": ["age", "annual_income", "spending_score", "gender"],
    "retail": ["recency_days", "frequency", "monetary"],
}
TRUSTWORTHY = {"mall": 0.95, "retail": 0.99}


@dataclass(frozen=True)
class Build:
    """A build's cost and the run that is current after it."""

    cost: measure.Measured
    run: Path
    manifest: dict[str, Any]

    @property
    def hashes(self) -> dict[str, str]:
        """Dataset/table to the SHA-256 of its published file."""
        datasets = self.manifest["datasets"]
        return {f"{name}/{table}": datasets[name]["tables"][table]["sha256"] for name in datasets for table in datasets[name]["tables"]}


@dataclass(frozen=True)
class Measurements:
    """Everything that was run."""

    notebooks: list[measure.Measured]
    published: Build
    cold: Build
    forced: list[Build]
    unchanged: list[Build]
    whole: Build


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description="Measure the pipeline against its bars.")
    parser.add_argument("--builds", type=int, default=3, metavar="N", help="how many forced builds to time (default 3)")
    builds = parser.parse_args().builds
    if builds < 2:
        parser.error("--builds must be 2 or more: equal hashes need two builds")
    env = _environment()
    _require_files(Path(env["CLIENTELE_RAW"]))
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), env, builds=builds)
        # Imported when the timing is over: what it loads would be shared pages, and take a part of the builds' PSS.
        from benchmarks import told

        whole = found.whole
        lines = [*_speed(found), *_scores(found), *_trustworthiness(found.forced[-1])]
        lines += [*told.lines(whole.run / "retail", whole.manifest["datasets"]["retail"]), *_faithfulness(found)]
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Pipeline", body=f"{_circumstances()}\n\n{table}")
    missed = sum(line.met is False for line in lines)
    _say(f"{RESULTS.relative_to(ROOT)} written; " + (f"{missed} bars are not met" if missed else "every bar is met"))


def _environment() -> dict[str, str]:
    """This process's variables, with an absolute `CLIENTELE_RAW`: the commands run in the repository's folder."""
    raw = os.environ.get("CLIENTELE_RAW")
    return {**os.environ, "CLIENTELE_RAW": str(Path(raw).resolve() if raw else ROOT / "data" / "raw")}


def _require_files(raw: Path) -> None:
    catalogue = tomllib.loads((ROOT / "datasets.toml").read_text(encoding="utf-8"))
    missing = [catalogue[name]["file"] for name in FEATURES if not (raw / catalogue[name]["file"]).is_file()]
    if missing:
        # Without them a build uses made-up data, and its figures would say nothing.
        sys.exit(f"{' and '.join(missing)} not found in {raw}. Set CLIENTELE_RAW to the folder that holds the real files.")


def _measure(folder: Path, env: dict[str, str], *, builds: int) -> Measurements:
    """Run every command, one after the other, with nothing beside it."""
    # Compiled code that libraries keep between processes is there for both sides before either is timed.
    _run([sys.executable, "-c", WARM_UP], env, say="compiling what the notebook will use")
    published = _build(folder / "published", env, "--quick", "--catalogue", str(PUBLISHED), say="build by the published recipe")
    command = [sys.executable, str(ROOT / "benchmarks" / "notebook.py"), str(folder / "notebook")]
    (folder / "numba").mkdir()
    cold = _build(folder / "cold", {**env, "NUMBA_CACHE_DIR": str(folder / "numba")}, "--quick", say="build with nothing compiled")
    out = folder / "artifacts"
    forced, notebooks = [], []
    # By turns: a shared machine is faster in one minute than in the next, and both have to meet the same minutes.
    for at in range(1, builds + 1):
        forced.append(_build(out, env, "--quick", "--force", say=f"build {at} of {builds}"))
        if at < builds:
            notebooks.append(_run(command, env, say=f"notebook {at} of {builds - 1} (minutes)"))
    unchanged = [_build(out, env, "--quick", say="unchanged build") for _ in range(builds)]
    # Last: it is compared with the quick ones, and takes what they take first.
    whole = _build(out, env, "--force", say="build with how far segments can be trusted")
    return Measurements(notebooks, published, cold, forced, unchanged, whole)


def _build(out: Path, env: dict[str, str], *flags: str, say: str) -> Build:
    cost = _run([sys.executable, "-m", "pipeline", "build", "--out", str(out), *flags], env, say=say)
    run = out / "runs" / (out / "CURRENT").read_text(encoding="utf-8").strip()
    return Build(cost, run, json.loads((run / "manifest.json").read_text(encoding="utf-8")))


def _run(command: list[str], env: dict[str, str], *, say: str) -> measure.Measured:
    """Measure one command; a command that fails ends the benchmark with its output."""
    measured = measure.run(command, cwd=ROOT, env=env)
    _say(f"{say}: {measured.seconds:.1f} s, {measured.peak_bytes / 1e6:,.0f} MB")
    if measured.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with exit code {measured.returncode}:\n{measured.output[-4000:]}")
    return measured


def _speed(found: Measurements) -> list[Line]:
    cold, whole = found.cold.cost, found.whole.cost
    yardstick, fastest = statistics.median(run.seconds for run in found.notebooks), min(run.seconds for run in found.notebooks)
    held, least = statistics.median(run.peak_bytes for run in found.notebooks), min(run.peak_bytes for run in found.notebooks)
    seconds, worst_seconds = _median_and_worst([build.cost.seconds for build in found.forced])
    peak, worst_peak = _median_and_worst([build.cost.peak_bytes for build in found.forced])
    idle, worst_idle = _median_and_worst([build.cost.seconds for build in found.unchanged])
    faster, share = yardstick / seconds, peak / held
    idled = len({found.forced[-1].run, *(build.run for build in found.unchanged)}) == 1
    return [
        Line(
            f"the notebook, median of {len(found.notebooks)} (best)",
            "-",
            f"{yardstick:.1f} s ({fastest:.1f} s), {_mb(held)} ({_mb(least)})",
        ),
        Line(
            f"`build --quick --force`, median of {len(found.forced)} (worst)",
            "-",
            f"{seconds:.1f} s ({worst_seconds:.1f} s), {_mb(peak)} ({_mb(worst_peak)})",
        ),
        Line(
            "times faster than the notebook (its best, our worst)", ">= 10", f"{faster:.1f} ({fastest / worst_seconds:.1f})", faster >= 10
        ),
        Line(
            "peak memory as a share of the notebook's (its best, our worst)",
            "<= 0.50",
            f"{share:.2f} ({worst_peak / least:.2f})",
            share <= 0.5,
        ),
        Line("first build, nothing compiled yet", "-", f"{cold.seconds:.1f} s, {_mb(cold.peak_bytes)}"),
        Line(
            "an unchanged build (worst)",
            "< 2 s, publishes nothing",
            f"{idle:.2f} s ({worst_idle:.2f} s), {'nothing published' if idled else 'a run published'}",
            idle < 2 and idled,
        ),
        Line(
            "added by how far segments can be trusted",
            "<= 60 s",
            f"{whole.seconds - seconds:.1f} s, {_mb(whole.peak_bytes)} in all",
            whole.seconds - seconds <= 60,
        ),
    ]


def _scores(found: Measurements) -> list[Line]:
    default, published = found.forced[-1].manifest["datasets"], found.published.manifest["datasets"]
    mall, retail, recipe = default["mall"]["scores"], default["retail"]["scores"], published["retail"]["scores"]
    rows = default["retail"]["rows"]
    accounted = rows["kept"] + rows["rejected"] + rows["duplicates"]
    return [
        _at_least("mall: silhouette", 0.4207, mall["silhouette"]),
        _at_most("mall: Davies-Bouldin", 0.8335, mall["davies_bouldin"]),
        Line("mall: Calinski-Harabasz", "-", f"{mall['calinski_harabasz']:.1f}"),
        _within("retail, published recipe: silhouette", 0.4525, recipe["silhouette"]),
        _within("retail, published recipe: Davies-Bouldin", 0.6860, recipe["davies_bouldin"]),
        _equal("retail, published recipe: customers", 4_314, published["retail"]["customers"]),
        _at_least("retail: silhouette", 0.50, retail["silhouette"]),
        _at_most("retail: Davies-Bouldin", 0.60, retail["davies_bouldin"]),
        Line("retail: Calinski-Harabasz", "-", f"{retail['calinski_harabasz']:.1f}"),
        _equal("retail: customers", 5_878, default["retail"]["customers"]),
        _equal("retail: rows read", 1_067_371, rows["read"]),
        _equal("retail: rows kept, rejected and removed as duplicates", rows["read"], accounted),
    ]


def _trustworthiness(build: Build) -> list[Line]:
    """How many of a customer's 15 neighbours on the map are its neighbours in the features (Venna and Kaski 2001)."""
    # Imported when the timing is over: libraries loaded here too would be shared pages, and take a part of the builds' PSS.
    import pandas as pd
    from sklearn.manifold import trustworthiness
    from sklearn.preprocessing import StandardScaler

    lines = []
    for name, features in FEATURES.items():
        customers = pd.read_parquet(build.run / name / "customers.parquet", columns=[*features, "x", "y"])
        scaled = StandardScaler().fit_transform(customers[features].to_numpy(dtype="float64"))
        trust = float(trustworthiness(scaled, customers[["x", "y"]].to_numpy(), n_neighbors=15))
        lines.append(_at_least(f"{name}: UMAP trustworthiness, 15 neighbours", TRUSTWORTHY[name], trust))
    return lines


def _faithfulness(found: Measurements) -> list[Line]:
    first, *others = [build.hashes for build in found.forced]
    unlike = sorted(table for table in first if any(other.get(table) != first[table] for other in others))
    same = all(other == first for other in others)
    measured = f"{len(first)} tables equal" if same else f"unlike: {', '.join(unlike) or 'the list of tables'}"
    return [
        Line(f"table hashes of {len(found.forced)} forced builds", "equal", measured, same),
        Line("faults", "always a complete run", "100 killed publications: `make test`"),
    ]


def _at_least(what: str, bar: float, value: float) -> Line:
    return Line(what, f">= {bar:g}", f"{value:.4f}", value >= bar)


def _at_most(what: str, bar: float, value: float) -> Line:
    return Line(what, f"<= {bar:g}", f"{value:.4f}", value <= bar)


def _within(what: str, bar: float, value: float) -> Line:
    return Line(what, f"{bar:.4f} within 0.0005", f"{value:.4f}", abs(value - bar) <= 0.0005)


def _equal(what: str, bar: int, value: int) -> Line:
    return Line(what, f"{bar:,}", f"{value:,}", value == bar)


def _median_and_worst(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), max(values)


def _mb(size_bytes: float) -> str:
    return f"{size_bytes / 1e6:,.0f} MB"


def _circumstances() -> str:
    """Where and when, as the paragraph above the table."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench`.\n"
        f"With {versions}.\n"
        "Memory is the peak of the whole process tree, shared pages counted once (PSS), 1 MB = 1,000,000 bytes."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
