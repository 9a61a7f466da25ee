"""One more month of order lines: a build after it was appended, against a build that reads all months.

    python -m benchmarks.scale_append FOLDER [--millions 100]

FOLDER is that of `benchmarks.scale`, whose lines are used, or made where they are not there; what is built here goes into a folder of its
own and is removed. Prints a table and, for a hundred million, keeps it as the section "Appending" of `benchmarks/results.md`.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import measure, scale_lines
from benchmarks.measure import Line

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
BARRED = 100
MEMORY = "4GB"
SHARE = 0.1


def main() -> None:
    """Build 23 months, append the 24th and build, build all 24 anew; print what that took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_append", description="Measure a build after one more month.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--millions", type=int, default=BARRED, help="of lines [default: 100]")
    asked = parser.parse_args()
    made = asked.folder / str(asked.millions)
    if not (made / "datasets.toml").is_file():
        scale_lines.make(asked.millions * 1_000_000, made)
    with tempfile.TemporaryDirectory(dir=asked.folder) as work:
        table = measure.table(_measured(made, Path(work), asked.millions))
    print(table)
    if asked.millions == BARRED:
        measure.write_section(RESULTS, title="Appending", body=f"{_circumstances()}\n\n{table}")


def _measured(made: Path, work: Path, millions: int) -> list[Line]:
    *before, last = sorted((made / "lines").glob("*.parquet"))
    (work / "lines").mkdir()
    shutil.copy(made / "datasets.toml", work)
    for month in before:
        _link(month, work)
    _build(work, work / "out")
    # Both follow the same run: numbers of clusters and what changed depend on the one before.
    shutil.copytree(work / "out", work / "anew")
    _link(last, work)
    appended, record = _build(work, work / "out")
    full, expected = _build(work, work / "anew", "--force")
    if record["tables"] != expected["tables"]:
        sys.exit("the tables after an append are not those of a full build")
    share = appended.seconds / full.seconds
    read, read_by_full = (sum(one["seconds"][stage] for stage in ("reading", "checking", "features")) for one in (record, expected))
    barred = millions == BARRED
    return [
        Line("lines; of these appended", "", f"{record['rows']['read']:,}; {last.stat().st_size / 1e6:,.0f} MB of parquet"),
        Line("full build", "", _cost(full)),
        Line("full build: seconds of stages, some beside each other", "", _stages(expected)),
        Line("after the append", "", _cost(appended)),
        Line("after the append: seconds of stages, some beside each other", "", _stages(record)),
        Line("reading, checking and features, against a full build", "", f"{read / read_by_full:.2f}"),
        Line(
            f"appending one month to {millions} M lines",
            f"<= {SHARE} of a full build" if barred else "",
            f"{share:.2f} of a full build",
            share <= SHARE if barred else None,
        ),
    ]


def _build(folder: Path, out: Path, *flags: str) -> tuple[measure.Measured, dict[str, Any]]:
    """A build, and what its manifest says of the dataset."""
    asked = ["--raw", str(folder), "--catalogue", str(folder / "datasets.toml"), "--out", str(out), "--accept", "--memory", MEMORY]
    cost = measure.run([sys.executable, "-m", "pipeline", "build", *asked, *flags], cwd=ROOT, env=os.environ)
    if cost.returncode:
        sys.exit(f"the build failed with exit code {cost.returncode}:\n{cost.output[-4000:]}")
    run = out / "runs" / (out / "CURRENT").read_text(encoding="utf-8").strip()
    return cost, json.loads((run / "manifest.json").read_text(encoding="utf-8"))["datasets"]["scale"]


def _link(month: Path, work: Path) -> None:
    (work / "lines" / month.name).symlink_to(month.resolve())


def _cost(cost: measure.Measured) -> str:
    return f"{cost.seconds:.0f} s, {cost.peak_bytes / 2**30:.1f} GiB"


def _stages(record: dict[str, Any]) -> str:
    return ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in record["seconds"].items())


def _circumstances() -> str:
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-scale`: the lines of "
        f"`benchmarks/scale_lines.py` with --memory {MEMORY}, 23 months built, then the 24th appended; the full build reads all 24 with "
        "--force, after the same run. The tables of both have the same hashes."
    )


if __name__ == "__main__":
    main()
