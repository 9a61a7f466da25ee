"""Two hundred people at once, for ten minutes: how long they wait, and what the server comes to hold.

    python -m benchmarks.load [--artifacts DIR] [--minutes N] [--users N]

Needs a published run of the real data; without `--artifacts` one is built from the files in `CLIENTELE_RAW`. Prints a table, and keeps that
of the whole as the section "Load" of `benchmarks/results.md`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks import measure, product, users
from benchmarks.measure import Line

RESULTS = product.ROOT / "benchmarks" / "results.md"
USERS, MINUTES = 200, 10.0
WARM_SECONDS = 60.0
P95_MILLISECONDS, GROWTH_PERCENT = 500, 10


@dataclass(frozen=True)
class Held:
    """Bytes that the server held: before anybody came, once it was warm, minute by minute, and when all had left."""

    start: int
    warm: int
    minutes: list[int]
    end: int

    @property
    def growth_percent(self) -> float:
        """From warm to the end."""
        return (self.end / self.warm - 1) * 100


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Measure the web under many users.")
    parser.add_argument("--artifacts", type=Path, help="folder of published runs; without it one is built")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long [default: %(default)s]")
    parser.add_argument("--users", type=int, default=USERS, help="how many [default: %(default)s]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        artifacts = (given.artifacts or product.published(Path(folder) / "artifacts")).resolve()
        with product.server(artifacts, people=given.users) as (process, _):
            seen, held = _lived(artifacts, process, given.users, given.minutes * 60)
    table = measure.table(_lines(seen["milliseconds"], seen["errors"], held))
    print(table)
    for error, count in Counter(seen["errors"]).most_common(10):
        print(f"{count} times {error}", file=sys.stderr)
    if (given.users, given.minutes) == (USERS, MINUTES):
        measure.write_section(RESULTS, title="Load", body=f"{_circumstances()}\n\n{table}")


def _lived(artifacts: Path, process: psutil.Process, people: int, seconds: float) -> tuple[dict[str, Any], Held]:
    """What came of it, and what the server held."""
    start = process.memory_info().rss
    command = [sys.executable, "-m", "benchmarks.users", product.HOME, str(artifacts), str(people), str(seconds)]
    with subprocess.Popen(command, cwd=product.ROOT, stdout=subprocess.PIPE, text=True) as clients:
        # Checking a password takes long on purpose: nobody has looked at anything before that.
        if clients.stdout is None or not clients.stdout.readline():
            sys.exit("the users could not sign in")
        threading.Event().wait(min(WARM_SECONDS, seconds / 2))
        held = [process.memory_info().rss]
        while (said := _ended(clients)) is None:
            held.append(process.memory_info().rss)
    if clients.returncode:
        sys.exit("the users did not come to their end")
    return json.loads(said), Held(start, held[0], held[1:], process.memory_info().rss)


def _ended(clients: "subprocess.Popen[str]") -> str | None:
    """What they said in the end; None if that has not come within a minute."""
    try:
        return clients.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        return None


def _lines(milliseconds: dict[str, list[float]], errors: list[str], held: Held) -> list[Line]:
    waited = sorted(one for kind in milliseconds.values() for one in kind)
    return [
        Line("requests", "", f"{len(waited):,}"),
        product.at_most("errors", 0, len(errors), ""),
        Line("waited, p50", "", f"{product.percentile(waited, 0.5):.0f} ms"),
        product.at_most("waited, p95", P95_MILLISECONDS, product.percentile(waited, 0.95), "ms"),
        Line("waited, p99", "", f"{product.percentile(waited, 0.99):.0f} ms"),
        *(_kind(name, sorted(values)) for name, values in sorted(milliseconds.items())),
        Line("memory before anybody came", "", f"{held.start / 1e6:.0f} MB"),
        Line("memory once warm", "", f"{held.warm / 1e6:.0f} MB"),
        Line("memory, minute by minute after that", "", ", ".join(f"{one / 1e6:.0f}" for one in held.minutes) + " MB"),
        Line("memory at the end", "", f"{held.end / 1e6:.0f} MB"),
        product.at_most("memory, from warm to the end", GROWTH_PERCENT, held.growth_percent, "%"),
    ]


def _kind(name: str, values: list[float]) -> Line:
    shares = (product.percentile(values, share) for share in (0.5, 0.95, 0.99))
    return Line(f"of them {name}", "", f"{len(values):,}: p50, p95, p99 " + ", ".join(f"{share:.0f}" for share in shares) + " ms")


def _circumstances() -> str:
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-load`: {USERS} users for {MINUTES:g} minutes, each "
        f"signed in to an account, who think for {users.THINKING_SECONDS:g} seconds on average between two things they do; one worker, "
        "users on the same machine."
    )


if __name__ == "__main__":
    main()
