"""Everything that a build does after the measuring, stage by stage, in a process of its own.

    python -m benchmarks.many_run FOLDER SCALING [--quick]

Reads `customers.parquet` and `orders.parquet` of the folder and writes the tables of segments into its `SCALING`. Prints JSON: per stage,
seconds and the most bytes that this process had held by its end; and what the manifest would say of scores and the map.
"""

import argparse
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.many_data import AS_OF
from pipeline import backtest, beside, catalogue, embedding, grouping, holdout, parquet, schema, segmentation, trust, wanted
from pipeline.meter import Meter
from pipeline.schema import RFM_UNITS
from pipeline.settings import Scaling, TransactionsDataset

ROOT = Path(__file__).resolve().parent.parent
DATASET = "retail"


def dataset(scaling: Scaling) -> TransactionsDataset:
    """Online Retail II as it is segmented by default, at a scaling."""
    found = catalogue.load(ROOT / "datasets.toml")[DATASET]
    assert isinstance(found, TransactionsDataset)
    return found.model_copy(update={"scaling": scaling})


def main() -> None:
    """Run all stages and print what they cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_run", description="What a build does after the measuring.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("scaling", choices=("standard", "log"))
    parser.add_argument("--quick", action="store_true", help="leave out how far segments can be trusted")
    asked = parser.parse_args()
    print(json.dumps(run(asked.folder, asked.scaling, quick=asked.quick)))


def run(folder: Path, scaling: Scaling, *, quick: bool) -> dict[str, Any]:
    """Cluster, place, judge and write the customers of a folder."""
    settings, work, out = dataset(scaling), folder / f"work-{scaling}", folder / scaling
    stages: dict[str, tuple[float, int]] = {}
    meter = Meter(DATASET, _silent)
    work.mkdir()
    with beside.child(_silent) as child, ThreadPoolExecutor(1) as aside:
        prepared = aside.submit(embedding.prepare)
        with _stage(stages, "clusters"):
            grouped = grouping.group(settings, folder / "customers.parquet", None, child=child, work=work, exact=wanted.EXACT)
        with _stage(stages, "fit, scores and names"):
            placed = segmentation.place(settings, grouped, aside=aside, meter=meter)
        prepared.result()
        tables = {}
        if not quick:
            with _stage(stages, "trust, on the sample"):
                tables = _trusted(settings, placed, folder, work, child)
        with _stage(stages, "map, what was left of it"):
            chart = placed.chart.result()
        with _stage(stages, "writing"):
            expected = schema.tables("transactions", RFM_UNITS, [])
            write = partial(parquet.write, out)
            segmentation.write_segments(placed, expected, findings=[], trust=tables, elsewhere=(), write=write, meter=meter)
    return {
        "stages": stages,
        "scores": {**placed.scores.__dict__, "half_interval": placed.half_interval},
        "map": chart.trustworthiness.__dict__ if chart.trustworthiness else None,
    }


def _trusted(settings: TransactionsDataset, placed: segmentation.Placed, folder: Path, work: Path, child: beside.Child) -> dict[str, Any]:
    customers, orders = placed.asked(), folder / "orders.parquet"
    held_out = child.submit(holdout.measure, settings, orders, AS_OF, work, customers["customer_id"].tolist())
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as workers:
        begun = trust.begin(settings, placed, customers, workers)
        tested = workers.submit(backtest.run, beside.result(held_out, orders), settings)
        return trust.finish(begun, tested=tested, changes=None).tables


@contextmanager
def _stage(stages: dict[str, tuple[float, int]], name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    stages[name] = perf_counter() - began, _most_held()


def _most_held() -> int:
    """Bytes: the most that this process ever held. What `getrusage` tells begins with what the process held that started it."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * next(int(line.split()[1]) for line in told.splitlines() if line.startswith("VmHWM:"))


def _silent(dataset: str, stage: str) -> None:
    """A report that nobody reads."""


if __name__ == "__main__":
    main()
