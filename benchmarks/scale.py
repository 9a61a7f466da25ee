"""The pipeline as data grow: 1, 10 and 100 million order lines, and a plain pandas script beside it as far as that gets.

    python -m benchmarks.scale FOLDER [--millions 1 10 100] [--script 1 10]

FOLDER keeps what is made: 1.6 GB of lines and 2.5 GB of runs for a hundred million. Prints a table and, where all sizes were asked for,
keeps it as the section "Scale" of `benchmarks/results.md`.
"""

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import measure, scale_lines
from benchmarks.measure import Line

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
MILLIONS, SCRIPT = (1, 10, 100), (1, 10)
MEMORY = "4GB"
MOST_SCRIPT_SECONDS = 3600
SECONDS, GIB = 600, 6
TIME_GROWTH, MEMORY_GROWTH = 12, 2
FASTER, MEMORY_SHARE = 5, 0.25


@dataclass(frozen=True)
class Built:
    """What a build cost, and what its manifest says of the dataset."""

    cost: measure.Measured
    record: dict[str, Any]


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Measure the pipeline as data grow.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--millions", type=int, nargs="*", default=MILLIONS, help="of lines [default: 1 10 100]")
    parser.add_argument("--script", type=int, nargs="*", default=SCRIPT, help="millions that the script is given [default: 1 10]")
    asked = parser.parse_args()
    built = {millions: _built(asked.folder / str(millions), millions) for millions in asked.millions}
    scripts = {millions: _script(asked.folder / str(millions), millions) for millions in asked.script if millions in built}
    lines = [
        *(line for millions, found in built.items() for line in _size(millions, found)),
        *(line for millions, cost in scripts.items() for line in _compared(millions, built[millions].cost, cost)),
        *(_growth(built[10].cost, built[100].cost) if {10, 100} <= set(built) else []),
    ]
    table = measure.table(lines)
    print(table)
    if (tuple(asked.millions), tuple(asked.script)) == (MILLIONS, SCRIPT):
        measure.write_section(RESULTS, title="Scale", body=f"{_circumstances()}\n\n{table}")


def _built(folder: Path, millions: int) -> Built:
    """A build of so many million lines, which are made first."""
    if not (folder / "datasets.toml").is_file():
        _say(f"making {millions} million lines")
        scale_lines.make(millions * 1_000_000, folder)
    out = folder / "artifacts"
    flags = ["--raw", str(folder), "--catalogue", str(folder / "datasets.toml"), "--out", str(out), "--force", "--accept"]
    cost = measure.run([sys.executable, "-m", "pipeline", "build", *flags, "--memory", MEMORY], cwd=ROOT, env=os.environ)
    _say(f"{millions} million lines: {cost.seconds:.0f} s, {cost.peak_bytes / 2**30:.1f} GiB")
    if cost.returncode:
        sys.exit(f"the build failed with exit code {cost.returncode}:\n{cost.output[-4000:]}")
    run = out / "runs" / (out / "CURRENT").read_text(encoding="utf-8").strip()
    return Built(cost, json.loads((run / "manifest.json").read_text(encoding="utf-8"))["datasets"]["scale"])


def _script(folder: Path, millions: int) -> measure.Measured:
    """The script on the same lines; it is stopped after an hour."""
    command = ["timeout", str(MOST_SCRIPT_SECONDS), sys.executable, str(ROOT / "benchmarks" / "plain.py")]
    cost = measure.run([*command, str(folder / "lines"), str(folder / "plain")], cwd=ROOT, env=os.environ)
    _say(f"the script, {millions} million lines: {cost.seconds:.0f} s, {cost.peak_bytes / 2**30:.1f} GiB, exit code {cost.returncode}")
    return cost


def _size(millions: int, built: Built) -> list[Line]:
    record, cost = built.record, built.cost
    stages = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in record["seconds"].items())
    barred = millions == max(MILLIONS)
    return [
        Line(f"{millions} M lines: read, customers", "", f"{record['rows']['read']:,}, {record['customers']:,}"),
        _at_most(f"{millions} M lines: to a published run", SECONDS if barred else None, cost.seconds, "s"),
        _at_most(f"{millions} M lines: peak memory with --memory {MEMORY}", GIB if barred else None, cost.peak_bytes / 2**30, "GiB"),
        Line(f"{millions} M lines: seconds of stages, some beside each other", "", stages),
    ]


def _compared(millions: int, ours: measure.Measured, script: measure.Measured) -> list[Line]:
    """The script beside a build; one that did not come to its end took at least what it had taken."""
    got = [line for line in script.output.splitlines() if line][-1:]
    told = "" if script.returncode == 0 else f", stopped with exit code {script.returncode} after: {' '.join(got) or 'nothing'}"
    barred = millions == 10
    faster, share = script.seconds / ours.seconds, ours.peak_bytes / script.peak_bytes
    return [
        Line(f"{millions} M lines: the script", "", f"{script.seconds:.0f} s, {script.peak_bytes / 2**30:.1f} GiB{told}"),
        Line(
            f"{millions} M lines: times faster than the script",
            f">= {FASTER}" if barred else "",
            f"{faster:.1f}",
            faster >= FASTER if barred else None,
        ),
        Line(
            f"{millions} M lines: share of the script's memory",
            f"<= {MEMORY_SHARE}" if barred else "",
            f"{share:.2f}",
            share <= MEMORY_SHARE if barred else None,
        ),
    ]


def _growth(small: measure.Measured, large: measure.Measured) -> list[Line]:
    time, memory = large.seconds / small.seconds, large.peak_bytes / small.peak_bytes
    return [
        _at_most("from 10 to 100 M lines: time", TIME_GROWTH, time, "times"),
        Line("from 10 to 100 M lines: time grows as lines to the power of", "", f"{math.log10(time):.2f}"),
        _at_most("from 10 to 100 M lines: memory", MEMORY_GROWTH, memory, "times"),
        Line("from 10 to 100 M lines: memory grows as lines to the power of", "", f"{math.log10(memory):.2f}"),
    ]


def _at_most(what: str, bar: float | None, value: float, unit: str) -> Line:
    said = f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
    return Line(what, f"<= {bar:g} {unit}" if bar else "", said, value <= bar if bar else None)


def _circumstances() -> str:
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-scale`, with nothing else running: order lines as "
        "`benchmarks/scale_lines.py` makes them, parquet, to a published run with how far its segments can be trusted; the script is "
        "`benchmarks/plain.py`. Peaks are those of all processes of a command together."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
