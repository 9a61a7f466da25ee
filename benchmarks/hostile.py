"""Files made to do harm against their bars: refused soon, and at no cost of memory.

    python -m benchmarks.hostile

Each is made in a temporary folder and given to `python -m pipeline check` as a user would. Prints a table and keeps it as the section
"Hostile files" of `benchmarks/results.md`.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import measure
from benchmarks.hostile_files import FILES, HEADER, Hostile
from benchmarks.measure import Line
from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
CATALOGUE = """
[club]
kind = "profile"
file = "club.csv"
customer_id = "id"
k = 2
features = [{ name = "age", column = "age" }, { name = "visits", column = "visits" }]
"""
SECONDS, MEGABYTES = 2.0, 50
CHECKS = 3


def main() -> None:
    """Check every file, print the table, keep it."""
    with tempfile.TemporaryDirectory() as folder:
        lines = list(_lines(Path(folder)))
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Hostile files", body=f"{_circumstances()}\n\n{table}")
    missed = sum(line.met is False for line in lines)
    _say(f"{RESULTS.relative_to(ROOT)} written; " + (f"{missed} bars are not met" if missed else "every bar is met"))


def _lines(folder: Path) -> Iterator[Line]:
    (folder / "datasets.toml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "header.csv").write_bytes(HEADER)
    empty = _check(folder, "empty.csv")
    header = _check(folder, "header.csv")
    for what, cost in (("an empty file", empty), ("a header without rows", header)):
        yield Line(f"{what}, for comparison", "-", f"{cost.seconds:.2f} s, {cost.peak_bytes / 1e6:.0f} MB in all; {_message(cost)}")
    for hostile in FILES:
        yield _line(hostile, folder, empty)


def _line(hostile: Hostile, folder: Path, empty: measure.Measured) -> Line:
    path = folder / hostile.name
    hostile.make(path)
    sent = path.stat().st_size
    cost = _check(folder, hostile.name)
    path.unlink()
    more = (cost.peak_bytes - empty.peak_bytes) / 1e6
    met = cost.returncode == InputError.exit_code and cost.seconds <= SECONDS and more <= MEGABYTES
    measured = f"{cost.seconds:.2f} s ({cost.seconds - empty.seconds:+.2f} s), {more:+.0f} MB; {_message(cost)}"
    return Line(f"{hostile.what} ({sent / 1e6:,.2f} MB)", f"refused, <= {SECONDS:g} s, <= +{MEGABYTES} MB", measured, met)


def _check(folder: Path, name: str) -> measure.Measured:
    """The worst of some checks: the slowest, with the most memory that any of them took."""
    command = [sys.executable, "-m", "pipeline", "check", "club", str(folder / name), "--catalogue", str(folder / "datasets.toml")]
    checks = [measure.run(command, cwd=ROOT, env=os.environ) for _ in range(CHECKS)]
    slowest = max(checks, key=lambda check: check.seconds)
    worst = replace(slowest, peak_bytes=max(check.peak_bytes for check in checks))
    _say(f"{name}: {worst.seconds:.2f} s, {worst.peak_bytes / 1e6:.0f} MB, exit code {worst.returncode}: {_message(worst)}")
    return worst


def _message(cost: measure.Measured) -> str:
    """What was said last, after the stages."""
    return (cost.output.strip().splitlines() or ["nothing was said"])[-1]


def _circumstances() -> str:
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-hostile`: the worst of {CHECKS} runs of\n"
        "`python -m pipeline check`. Seconds are those of the whole command; in brackets, what is left without those of refusing an empty\n"
        "file. Memory is the peak of all its processes (PSS) above that of the same refusal."
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
