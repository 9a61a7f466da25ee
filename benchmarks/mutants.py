"""Mutation testing: what has to be right even where nobody looks, changed in small ways, each of which a test has to notice.

    python -m benchmarks.mutants

mutmut makes the changes and runs the tests of each: `[tool.mutmut]` in pyproject.toml says of which modules, and which tests. Started
again, it goes on where it stopped: remove `mutants/` to begin anew, as one has to after new tests.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Line

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.md"
# Of all changes, those that do not change what is done count as well: no test can notice them.
LEAST = 0.8
GROUPS = {
    "gate": ("webapp.access.gate", "webapp.access.rules", "webapp.access.caller"),
    "sessions and limits": ("webapp.access.sessions", "webapp.access.limits"),
    "publishing": ("pipeline.artifacts", "pipeline.publishing"),
    "row checks": ("pipeline.intake.checks", "pipeline.intake.admission"),
}
# A change that has a test run for ever is noticed.
NOTICED = ("killed", "timeout")


def main() -> None:
    """Run mutmut, print killed of total, and write the section `Mutation testing` of the results."""
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run"], cwd=ROOT, check=True)
    said = subprocess.run([*mutmut, "results", "--all", "true"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    lines = list(_lines(counted(said)))
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Mutation testing", body=f"{_circumstances()}\n\n{table}")


def counted(said: str) -> dict[str, Counter[str]]:
    """What became of the changes of each module.

    Args:
        said: Lines of `mutmut results --all true`: `module.function__mutmut_1: killed`.
    """
    found: dict[str, Counter[str]] = {}
    for line in said.splitlines():
        mutant, colon, status = line.strip().rpartition(": ")
        if colon:
            found.setdefault(mutant.rpartition(".")[0], Counter())[status] += 1
    return found


def _lines(found: dict[str, Counter[str]]) -> Iterator[Line]:
    for group, modules in GROUPS.items():
        for module in modules:
            yield _line(f"{group}: `{module}`", found[module], bar=False)
        yield _line(group, sum((found[module] for module in modules), Counter()), bar=True)


def _line(what: str, statuses: Counter[str], *, bar: bool) -> Line:
    noticed, total = sum(statuses[status] for status in NOTICED), statuses.total()
    share = noticed / total
    return Line(what, f">= {LEAST:.0%}" if bar else "-", f"{noticed} of {total}, {share:.0%}", share >= LEAST if bar else None)


def _circumstances() -> str:
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make mutants`: changes that a test noticed, of\n"
        "all that mutmut made. Changes that do not change what is done count as not noticed."
    )


if __name__ == "__main__":
    main()
