"""The web at any number of customers: eight people at once, bounded in count and time.

    python -m benchmarks.crowd [FOLDER] [--customers N]

FOLDER holds published runs, of which the current one is shown; without it a run of N made-up customers is published first. Prints a table
and keeps it as the section "Crowd" of `benchmarks/results.md`.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import psutil

from benchmarks import crowd_run, measure, product
from benchmarks.measure import Line
from benchmarks.product import DATASET, HOME
from pipeline import artifacts as runs

RESULTS = product.ROOT / "benchmarks" / "results.md"
CLIENTS = 8
LOOKUP_MS, AGGREGATE_MS, MEMORY_MB = 100, 500, 512
LIBRARIES = ("duckdb", "pyarrow", "dash", "plotly", "gradio", "gunicorn", "uvicorn")
COUNTRIES = ("Germany", "France", "Spain", "Netherlands")
LENSES = ("grid", "segments", "spread", "concentration", "countries", "clusters")
SORTS = ("monetary", "recency_days", "frequency", "customer_id", "last_order")
_PAUSE_SECONDS = 0.02

Ask = Callable[[int, int], dict[str, Any]]


class Memory:
    """The most that a process held."""

    def __init__(self, process: psutil.Process) -> None:
        """Watch `process` from now on."""
        self.most = 0
        self._process, self._over = process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            self.most = max(self.most, self._process.memory_info().rss)

    def end(self) -> int:
        """Stop watching."""
        self._over.set()
        self._thread.join()
        return self.most


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description="Measure the web at any number of customers.")
    parser.add_argument("folder", nargs="?", type=Path, help="folder of published runs; without it one is made")
    parser.add_argument("--customers", type=int, default=crowd_run.CUSTOMERS, help="how many to make [default: %(default)s]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        if given.folder is None:
            crowd_run.publish(folder, given.customers)
        lines = lines_of(measured(folder.resolve()))
        body = f"{_circumstances(folder)}\n\n{measure.table(lines)}"
    print(measure.table(lines))
    measure.write_section(RESULTS, title="Crowd", body=body)


def measured(artifacts: Path) -> dict[str, float]:
    """Milliseconds, p50 and p95, of everything that is asked of the current run of a folder; seconds, megabytes and bytes by name."""
    ids = _ids(artifacts)
    found: dict[str, float] = {}
    with product.server(artifacts, patience=600) as (process, found["boot seconds"]):
        memory = Memory(process)
        found["map, first"] = product.post(product.page(f"/{DATASET}"))
        for kind, (each, ask) in _questions(ids).items():
            waited = sorted(product.together(CLIENTS, each, ask))
            found[f"{kind}, p50"], found[f"{kind}, p95"] = statistics.median(waited), product.percentile(waited, 0.95)
        waited = sorted(_lookups(ids))
        found["lookup page, p50"], found["lookup page, p95"] = statistics.median(waited), product.percentile(waited, 0.95)
        for name in ("customers", "orders"):
            with _meanwhile(ids) as waiting:
                found[f"{name}.csv, seconds"], found[f"{name}.csv, MB"] = _download(name)
            waited = sorted(waiting)
            found[f"lookup during {name}.csv, p95"] = product.percentile(waited, 0.95)
        found["memory, MB"] = memory.end() / 1e6
    return found


def lines_of(found: dict[str, float]) -> list[Line]:
    """What was measured against its bars."""
    bars = {"lookup": LOOKUP_MS, "search": LOOKUP_MS, "lookup page": LOOKUP_MS, "filter": AGGREGATE_MS, "charts": AGGREGATE_MS}
    lines = []
    for name, value in found.items():
        kind, _, figure = name.partition(", ")
        if figure == "p95" and kind in bars:
            lines.append(product.at_most(name, bars[kind], value, "ms"))
        elif name == "memory, MB":
            lines.append(product.at_most("memory of the server, the most", MEMORY_MB, value, "MB"))
        else:
            unit = "s" if name.endswith("seconds") else "MB" if name.endswith("MB") else "ms"
            lines.append(Line(name.removesuffix(", MB").removesuffix(" seconds").removesuffix(","), "", f"{value:.1f} {unit}"))
    return lines


def _questions(ids: list[str]) -> dict[str, tuple[int, Ask]]:
    """Kind to how often each client asks it, and the question; none is asked twice."""

    def one(client: int, at: int) -> int:
        return client * 1_000 + at

    return {
        "lookup": (25, lambda client, at: product.page(f"/customers/{DATASET}/{ids[one(client, at) * 7 % len(ids)]}")),
        "search": (25, lambda client, at: product.suggest(ids[one(client, at) * 11 % len(ids)][: 1 + at % 8])),
        "rest of a record": (8, lambda client, at: product.rest(f"/customers/{DATASET}/{ids[one(client, at) * 7 % len(ids)]}")),
        "filter": (8, lambda client, at: product.view(_filter(one(client, at)))),
        "charts": (6, lambda client, at: product.lens(f"{_filter(one(client, at))}&lens={LENSES[at % len(LENSES)]}")),
        "map, zoomed": (4, lambda client, at: product.zoom(_filter(one(client, at)), _part(one(client, at)))),
        "deep page of the list": (4, lambda client, at: product.view(_deep(one(client, at)))),
    }


def _filter(number: int) -> str:
    """Filters of all kinds, each once."""
    step = number // 4
    return (
        f"?recency_days=~{60 + step}",
        f"?monetary={20 + step}~&country={COUNTRIES[step % len(COUNTRIES)]}",
        f"?persona=Churn+Risk&frequency=~{2 + step}",
        f"?area={-7 - step / 1e3:.3f}_0,{4 + step / 1e3:.3f}_-6,8_6,-4_11",
    )[number % 4]


def _part(number: int) -> list[float]:
    left, low = -8 + number % 13, -4 + number % 7
    return [left, low, left + 3 + number / 1e4, low + 2]


def _deep(number: int) -> str:
    return f"?sort={SORTS[number % len(SORTS)]}&page={1_000 + number * 31}&recency_days={number % 50}~"


def _lookups(ids: list[str]) -> list[float]:
    """Milliseconds of what the page of the lookup asks."""

    def ask(client: int, at: int) -> float:
        body = {"data": [DATASET, ids[(client * 997 + at) % len(ids)]], "fn_index": 0, "session_hash": "crowd"}
        return _waited(f"{HOME}/lookup/gradio_api/run/predict", json.dumps(body).encode())

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [spent for part in pool.map(lambda client: [ask(client, at) for at in range(10)], range(CLIENTS)) for spent in part]


def _waited(address: str, body: bytes) -> float:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
    return (time.perf_counter() - begun) * 1000


@contextmanager
def _meanwhile(ids: list[str]) -> Iterator[list[float]]:
    """One reader opens records one after another until the block ends; yields the milliseconds, to be read afterwards."""
    waiting: list[float] = []
    over = threading.Event()

    def read() -> None:
        at = 0
        while not over.wait(0.1):
            at += 1
            waiting.append(product.post(product.page(f"/customers/{DATASET}/{ids[-at % len(ids)]}", f"?n={at}")))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield waiting
    finally:
        over.set()
        thread.join()


def _download(name: str) -> tuple[float, float]:
    """Seconds and megabytes of a whole list as CSV."""
    begun, size = time.perf_counter(), 0
    with urllib.request.urlopen(f"{HOME}/download/{DATASET}/{name}.csv", timeout=60) as answer:
        while part := answer.read(1 << 16):
            size += len(part)
    return time.perf_counter() - begun, size / 1e6


def _ids(artifacts: Path) -> list[str]:
    """Ids of some thousand customers, in no order that means anything."""
    run = runs.current(artifacts)
    assert run is not None
    some = f"hash(customer_id) % {max(run.manifest.datasets[DATASET].customers // 5_000, 1)} = 0"
    sql = f"SELECT customer_id FROM '{run.table(DATASET, 'customers')}' WHERE {some} ORDER BY hash(customer_id, 1)"
    return [row[0] for row in duckdb.sql(sql).fetchall()]


def _circumstances(artifacts: Path) -> str:
    run = runs.current(artifacts)
    assert run is not None
    record = run.manifest.datasets[DATASET]
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-crowd`: {record.customers:,} customers, "
        f"{record.tables['orders'].rows:,} orders, {CLIENTS} clients that ask without a pause, each kind of question by "
        f"itself; one worker, clients on the same machine.\nWith {versions}."
    )


if __name__ == "__main__":
    main()
