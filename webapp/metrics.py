"""What is counted of this process and its runs, in Prometheus's format.

Counts belong to the process, like its memory. Where gunicorn keeps several, each writes its own into `PROMETHEUS_MULTIPROC_DIR`, and
whichever is asked adds them up.
"""

import os
import resource
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webapp.store import NoRunError, Store

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Most answers take some ten milliseconds, a filter up to a hundred, a workbook seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_STATM = Path("/proc/self/statm")

# When each series began is a series more for each, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library says nothing of its types
REGISTRY = CollectorRegistry()
REQUESTS = Counter("clientele_requests", "Requests answered.", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram("clientele_request_seconds", "Time until all was sent.", ["route"], buckets=_BUCKETS, registry=REGISTRY)
FAULTS = Counter("clientele_faults", "Requests that failed through a fault of ours.", registry=REGISTRY)
CACHE = Counter("clientele_cache", "Results asked of the cache.", ["result"], registry=REGISTRY)
UPLOADS = Counter("clientele_uploads", "Files sent to be scored.", ["outcome"], registry=REGISTRY)
MEMORY = Gauge("clientele_resident_bytes", "Memory in use.", registry=REGISTRY, multiprocess_mode="livesum")
# Series that are there from the start: what never happened is 0, not missing.
for _result in ("hit", "miss"):
    CACHE.labels(_result)
for _outcome in ("done", "refused", "failed", "stopped", "too_large", "busy", "not_taken"):
    UPLOADS.labels(_outcome)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    REQUESTS.labels(method, route, f"{status // 100}xx").inc()
    SECONDS.labels(route).observe(seconds)
    # A worker that nobody asks for metrics has its part in the sum all the same.
    MEMORY.set(resident_bytes())


def resident_bytes() -> int:
    """Memory that this process uses now; the most that it ever used where the system does not say."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def exposed(store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> bytes:
    """All series as text: counts of all workers, and what the run of `store` says at this moment."""
    MEMORY.set(resident_bytes())
    counts = REGISTRY
    if os.environ.get(FOLDER):
        counts = CollectorRegistry()
        multiprocess.MultiProcessCollector(counts)  # type: ignore[no-untyped-call] # as above
    shown = CollectorRegistry()
    shown.register(_Shown(store, now))
    return bytes(generate_latest(counts) + generate_latest(shown))


class _Shown(Collector):
    """The run that readers see."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            manifest = self._store.snapshot().run.manifest
        except NoRunError:
            yield GaugeMetricFamily("clientele_run_current", "Whether the run that is shown is the one that was published last.", 0)
            return
        current = 0 if self._store.problem else 1
        yield GaugeMetricFamily("clientele_run_current", "Whether the run that is shown is the one that was published last.", current)
        info = GaugeMetricFamily("clientele_run_info", "The run that is shown.", labels=["run"])
        info.add_metric([manifest.run_id], 1)
        yield info
        age = (self._now() - manifest.created_at).total_seconds()
        yield GaugeMetricFamily("clientele_run_age_seconds", "Time since the run was built.", age)
        customers = GaugeMetricFamily("clientele_customers", "Customers in the run.", labels=["dataset"])
        rows = GaugeMetricFamily("clientele_rows", "Rows of the files, by where they went.", labels=["dataset", "went"])
        for name, record in manifest.datasets.items():
            customers.add_metric([name], record.customers)
            for went in ("kept", "rejected", "duplicates"):
                rows.add_metric([name, went], getattr(record.rows, went))
        yield customers
        yield rows
