"""A file of 25 MB scored in the browser: what it costs the web, and those who look at pages meanwhile.

    python -m benchmarks.upload [--artifacts DIR]

Needs the real orders in the folder that `CLIENTELE_RAW` names; without `--artifacts` a run is built from them.
Prints a table and keeps it as the section "Upload" of `benchmarks/results.md`.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastexcel
import psutil

from benchmarks import measure, product
from benchmarks.measure import Line

RESULTS = product.ROOT / "benchmarks" / "results.md"
BYTES = 24_900_000
SHEET = "Year 2009-2010"
TIMES = 3
EVERY_SECONDS = 0.01


@dataclass(frozen=True)
class Upload:
    """One file scored while pages were looked at.

    Attributes:
        seconds: From the first byte to the result.
        added_bytes: What the web process held at most, above what it held before.
        answers: Milliseconds of each question asked meanwhile.
    """

    seconds: float
    added_bytes: int
    answers: list[float]


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upload", description="Measure scoring in the browser against its bars.")
    parser.add_argument("--artifacts", type=Path, help="folder of published runs; without it one is built")
    given = parser.parse_args().artifacts
    with tempfile.TemporaryDirectory() as folder:
        artifacts = (given or product.published(Path(folder) / "artifacts")).resolve()
        file = _orders(Path(folder))
        size, ids = file.stat().st_size, product.ids(artifacts)
        with product.server(artifacts) as (process, _):
            for at in range(300):
                product.post(product.mixed(ids, at))
            uploads = [_upload(file, process, ids, 1_000 * (at + 1)) for at in range(TIMES)]
    answers = sorted(answer for upload in uploads for answer in upload.answers)
    lines = [
        product.at_most("memory added to the web process, most of three", 30, max(upload.added_bytes for upload in uploads) / 1e6, "MB"),
        product.at_most("other pages meanwhile, p95", 300, product.percentile(answers, 0.95), "ms"),
        Line("other pages meanwhile, median", "", f"{statistics.median(answers):.0f} ms of {len(answers)}"),
        Line("from the first byte to the result, median", "", f"{statistics.median(upload.seconds for upload in uploads):.1f} s"),
    ]
    table = measure.table(lines)
    print(table)
    said = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-upload`: {size / 1e6:.1f} MB of order lines of "
        f"Online Retail II as CSV, scored {TIMES} times, while one reader asks for one page after another."
    )
    measure.write_section(RESULTS, title="Upload", body=f"{said}\n\n{table}")


def _orders(folder: Path) -> Path:
    """Real order lines as CSV, so many as fit."""
    raw = Path(os.environ.get("CLIENTELE_RAW") or "data/raw") / "online_retail_II.xlsx"
    text = fastexcel.read_excel(raw).load_sheet(SHEET, dtypes="string").to_pandas().to_csv(index=False).encode()
    file = folder / "orders.csv"
    file.write_bytes(text[: text.rindex(b"\n", 0, BYTES) + 1])
    return file


def _upload(file: Path, process: psutil.Process, ids: list[str], first: int) -> Upload:
    """Send the file and ask for pages until it is scored."""
    before = process.memory_info().rss
    most, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            most.append(process.memory_info().rss)

    answers: list[float] = []

    def read() -> None:
        at = first
        while not over.is_set():
            answers.append(product.post(product.mixed(ids, at)))
            at += 1

    threads = [threading.Thread(target=work) for work in (watch, read)]
    for thread in threads:
        thread.start()
    begun = time.perf_counter()
    try:
        _until_done(_sent(file))
        seconds = time.perf_counter() - begun
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return Upload(seconds, max(most) - before, answers)


def _sent(file: Path) -> str:
    """The job of a file that was sent as a browser sends it."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\nContent-Type: text/csv\r\n\r\n'
    body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"{product.HOME}/scoring/{product.DATASET}", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    return str(_answer(request)["id"])


def _until_done(job: str) -> None:
    while (status := _answer(f"{product.HOME}/scoring/jobs/{job}"))["state"] == "working":
        threading.Event().wait(0.1)
    if status["state"] != "done":
        sys.exit(f"the file was not scored: {status['message']}")


def _answer(request: urllib.request.Request | str) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=120) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


if __name__ == "__main__":
    main()
