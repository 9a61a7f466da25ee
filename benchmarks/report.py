"""What the report of a run costs: PDF, workbook and figures of both real datasets.

    python -m benchmarks.report [--artifacts DIR]

Needs the real datasets in the folder that `CLIENTELE_RAW` names; without `--artifacts` a run is built from them.
Prints a table and keeps it as the section "Report" of `benchmarks/results.md`.
"""

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import measure, product
from benchmarks.measure import Line, Measured

RESULTS = product.ROOT / "benchmarks" / "results.md"
TIMES = 5
# Of PDF and workbook of both datasets; the command writes the figures besides.
BAR_SECONDS = 15.0
_LIBRARIES = ("matplotlib", "seaborn", "openpyxl", "duckdb", "pandas")


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description="Measure reports against their bar.")
    parser.add_argument("--artifacts", type=Path, help="folder of published runs; without it one is built")
    given = parser.parse_args().artifacts
    with tempfile.TemporaryDirectory() as folder:
        artifacts = (given or product.published(Path(folder) / "artifacts")).resolve()
        outs = [Path(folder) / f"out{at}" for at in range(TIMES)]
        lines = _lines([_report(artifacts, out) for out in outs], outs)
    found = measure.table(lines)
    sys.stdout.write(f"{found}\n")
    measure.write_section(RESULTS, title="Report", body=f"{_circumstances()}\n\n{found}")
    sys.exit(any(line.met is False for line in lines))


def _report(artifacts: Path, out: Path) -> Measured:
    command = [sys.executable, "-m", "pipeline", "report", "--runs", str(artifacts), "--out", str(out)]
    found = measure.run(command, cwd=product.ROOT, env=os.environ)
    if found.returncode:
        sys.exit(found.output)
    return found


def _lines(found: list[Measured], outs: list[Path]) -> list[Line]:
    worst = max(one.seconds for one in found)
    files = [{str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()} for out in outs]
    equal = all(one == files[0] for one in files)
    sizes = ", ".join(f"{name} {len(files[0][name]) / 1e6:.2f} MB" for name in ("report.pdf", "report.xlsx"))
    return [
        Line(
            "PDF, workbook and figures of both datasets, worst of 5 (best)",
            f"<= {BAR_SECONDS:.0f} s",
            f"{worst:.1f} s ({min(one.seconds for one in found):.1f} s)",
            worst <= BAR_SECONDS,
        ),
        Line("memory, the most", "-", f"{max(one.peak_bytes for one in found) / 1e6:.0f} MB"),
        Line("what was written", "-", f"{len(files[0])} files; {sizes}"),
        Line("bytes of 5 reports of one run", "equal", "equal" if equal else "different", equal),
    ]


def _circumstances() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-report`: the whole command.\nWith {libraries}."


if __name__ == "__main__":
    main()
