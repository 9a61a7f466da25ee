"""The web against its bars: a real server on loopback, a real browser, bounded in count and time.

    python -m benchmarks.web [--artifacts DIR]

Needs Chromium and a published run of the real data; without `--artifacts` one is built from the files in `CLIENTELE_RAW`.
Prints a table and keeps it as the section "Web" of `benchmarks/results.md`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import measure
from benchmarks.measure import Line
from webapp.pages import dataset

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
AXE = ROOT / "tests" / "webapp" / "axe.min.js"
LIBRARIES = ("dash", "plotly", "gradio", "fastapi", "gunicorn", "uvicorn", "duckdb", "pandas")
PORT = 8059
HOME = f"http://127.0.0.1:{PORT}"
DATASET = "retail"
# Headless Chromium draws WebGL in software.
FLAGS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--no-sandbox"]

# When each chart was last drawn, told by Plotly itself, and when the map was drawn first.
WATCH = """
(() => {
  const drawn = (window.drawn = {});
  const watch = () => {
    document.querySelectorAll(".dash-graph").forEach((graph) => {
      const plot = graph.querySelector(".js-plotly-plot");
      if (!plot || !plot.on || plot.watched) return;
      plot.watched = true;
      const note = () => { drawn[graph.id] = performance.now(); };
      plot.on("plotly_afterplot", note);
      if (plot._fullLayout && plot.querySelector(".main-svg")) note();
    });
  };
  new MutationObserver(watch).observe(document, { childList: true, subtree: true });
})();
"""
# A filter is changed through its control; the charts have settled when map and side chart were drawn after the new count appeared.
CHANGE = """
async (word) => {
  const box = [...document.querySelectorAll("details.filter input[type=checkbox]")].find((box) => box.value === word);
  const status = document.querySelector(".status").textContent;
  const begun = performance.now();
  box.click();
  for (;;) {
    await new Promise((next) => requestAnimationFrame(next));
    const fresh = document.querySelector(".status").textContent !== status;
    if (fresh && window.drawn.map > begun && window.drawn.beside > begun) break;
    if (performance.now() - begun > 10000) throw new Error("the charts did not settle in 10 s");
  }
  return Math.max(window.drawn.map, window.drawn.beside) - begun;
}
"""


def main() -> None:
    """Run everything, print the table, keep it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description="Measure the web against its bars.")
    parser.add_argument("--artifacts", type=Path, help="folder of published runs; without it one is built")
    given = parser.parse_args().artifacts
    with tempfile.TemporaryDirectory() as folder:
        artifacts = (given or _published(Path(folder) / "artifacts")).resolve()
        with _server(artifacts) as (process, boot_seconds), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            lines = [*_browser_lines(browser), *_server_lines(artifacts, process)]
            browser.close()
            lines.append(_at_most("boot to /readyz 200 and an answer of the lookup", 10, boot_seconds, "s"))
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Web", body=f"{_circumstances()}\n\n{table}")


def _published(out: Path) -> Path:
    subprocess.run([sys.executable, "-m", "pipeline", "build", "--out", str(out)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return out


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        sys.exit("Chromium was not found. Install it (Debian: apt-get install chromium), or name it with CHROMIUM.")
    return found


@contextmanager
def _server(artifacts: Path) -> Iterator[tuple[psutil.Process, float]]:
    """The product as the Procfile runs it, one worker; yields the worker's process and the seconds until all of it was there."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "webapp.server:app",
        "-k",
        "uvicorn_worker.UvicornWorker",
        "--workers",
        "1",
        "-b",
        f"127.0.0.1:{PORT}",
    ]
    env = {
        **os.environ,
        "CLIENTELE_ARTIFACTS": str(artifacts),
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_TRIM_THRESHOLD_": "131072",
        "PORT": str(PORT),
    }
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _ready():
            if process.poll() is not None or time.perf_counter() - started > 60:
                sys.exit("the server did not become ready within 60 s")
            threading.Event().wait(0.05)
        seconds = time.perf_counter() - started
        yield max(psutil.Process(process.pid).children(recursive=True), key=lambda child: child.memory_info().rss), seconds
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ready() -> bool:
    """Whether the pages can be shown, and the lookup, which is loaded beside and answers once it is there."""
    try:
        for path in ("/readyz", "/lookup/"):
            urllib.request.urlopen(f"{HOME}{path}", timeout=30).close()
    except OSError:
        return False
    return True


def _browser_lines(browser: Browser) -> list[Line]:
    """What a person waits for."""
    firsts, heard = [], _Traffic()
    for _ in range(3):
        context = _context(browser, heard)
        first, first_bytes = _visit(context)
        _, second_bytes = _visit(context)
        firsts.append((first, first_bytes, second_bytes))
        context.close()
    seconds, first_bytes, second_bytes = (statistics.median(values) for values in zip(*firsts, strict=True))
    settled = sorted(_changes(browser, heard))
    return [
        _at_most("map drawn, first visit (median of 3)", 1.5, seconds, "s"),
        _at_most("bytes, first visit", 2.5, first_bytes / 1e6, "MB"),
        _at_most("bytes, second visit", 150, second_bytes / 1e3, "KB"),
        _at_most("filter changed to charts settled, p50", 150, statistics.median(settled), "ms"),
        _at_most("filter changed to charts settled, p95", 250, _percentile(settled, 0.95), "ms"),
        *_axe_lines(browser, heard),
        _at_most("requests to other hosts", 0, heard.elsewhere, ""),
        _at_most("console errors", 0, heard.errors, ""),
    ]


def _axe_lines(browser: Browser, heard: "_Traffic") -> list[Line]:
    """What axe-core finds on the dataset's page with all its charts, in both themes."""
    found = {"serious": 0, "moderate": 0}
    for theme in ("light", "dark"):
        context = _context(browser, heard, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{HOME}/{DATASET}")
        _wait_for_map(page)
        page.locator("#lens-slot").scroll_into_view_if_needed()
        page.locator("#lens .js-plotly-plot").wait_for()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for rule in page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]:
            found["serious" if rule["impact"] in {"serious", "critical"} else "moderate"] += 1
        context.close()
    return [_at_most(f"kinds of axe violations, {impact}", 0, count, "") for impact, count in found.items()]


class _Traffic:
    """What pages said and asked for that they should not."""

    def __init__(self) -> None:
        self.elsewhere = self.errors = 0

    def hear(self, page: Page) -> None:
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self._said(message.type))
        page.on("pageerror", lambda error: self._said("error"))

    def _asked(self, url: str) -> None:
        self.elsewhere += not url.startswith((HOME, "data:", "blob:"))

    def _said(self, kind: str) -> None:
        self.errors += kind == "error"


def _context(browser: Browser, heard: "_Traffic", **told: Any) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **told)
    context.add_init_script(WATCH)
    context.on("page", heard.hear)
    return context


def _visit(context: BrowserContext) -> tuple[float, float]:
    """Seconds until the map is drawn, and the bytes that came over the wire."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(f"{HOME}/{DATASET}")
    _wait_for_map(page)
    seconds = page.evaluate("window.drawn.map") / 1000
    page.wait_for_load_state("networkidle")
    page.close()
    return seconds, sum(received)


def _wait_for_map(page: Page) -> None:
    """The policy forbids what Playwright's own waiting for a function needs."""
    page.locator("#map .js-plotly-plot .gl-canvas").first.wait_for(state="attached")
    page.evaluate("(async () => { while (!window.drawn.map) await new Promise((next) => setTimeout(next, 5)); })()")


def _changes(browser: Browser, heard: _Traffic, count: int = 40) -> list[float]:
    """Milliseconds of filter changes, none of which was asked for before."""
    context = _context(browser, heard)
    page = context.new_page()
    page.goto(f"{HOME}/{DATASET}")
    _wait_for_map(page)
    page.wait_for_load_state("networkidle")
    words = page.locator("details.filter", has_text="Country").locator("input").evaluate_all("boxes => boxes.map(box => box.value)")
    spent = [page.evaluate(CHANGE, words[at % len(words)]) for at in range(count)]
    context.close()
    return spent[2:]


def _server_lines(artifacts: Path, process: psutil.Process) -> list[Line]:
    """What the server takes by itself."""
    ids = _ids(artifacts)
    _post(_view("?country=Spain"))
    lookups = sorted(_timed(200, lambda at: _page(f"/customers/{DATASET}/{ids[at * 7 % len(ids)]}")))
    typed = sorted(_timed(100, lambda at: _suggest(ids[at * 11 % len(ids)][: 1 + at % 5])))
    cold = sorted(_together(8, 12, lambda client, at: _view(f"?recency_days=~{100 + client * 40 + at}")))
    warm = sorted(_together(8, 12, lambda client, at: _view(f"?recency_days=~{100 + at}")))
    for at in range(1_300):
        _post(_mixed(ids, at))
        if at == 299:
            after_300 = process.memory_info().rss
    return [
        _at_most("customer lookup, p95", 40, _percentile(lookups, 0.95), "ms"),
        _at_most("search as you type, p95", 100, _percentile(typed, 0.95), "ms"),
        _at_most("filter callback, 8 clients at once, p95", 200, _percentile(cold, 0.95), "ms"),
        _at_most("the same when it was asked before, p95", 50, _percentile(warm, 0.95), "ms"),
        _at_most("memory after 300 interactions", 350, after_300 / 1e6, "MB"),
        _at_most("memory after 1,300 interactions and more", 350, process.memory_info().rss / 1e6, "MB"),
    ]


def _mixed(ids: list[str], at: int) -> dict[str, Any]:
    """One of a thousand interactions, each unlike the one before."""
    match at % 4:
        case 0:
            return _view(f"?monetary={at}~")
        case 1:
            return _page(f"/customers/{DATASET}/{ids[at * 13 % len(ids)]}")
        case 2:
            return _suggest(ids[at % len(ids)][:3])
        case _:
            return _page("/")


def _ids(artifacts: Path) -> list[str]:
    import duckdb

    run = artifacts / "runs" / (artifacts / "CURRENT").read_text(encoding="utf-8").strip()
    rows = duckdb.sql(f"SELECT customer_id FROM '{run / DATASET / 'customers.parquet'}' ORDER BY hash(customer_id)").fetchall()
    return [row[0] for row in rows]


def _timed(count: int, ask: Callable[[int], dict[str, Any]]) -> list[float]:
    return [_post(ask(at)) for at in range(count)]


def _together(clients: int, each: int, ask: Callable[[int, int], dict[str, Any]]) -> list[float]:
    with ThreadPoolExecutor(clients) as pool:
        parts = pool.map(lambda client: [_post(ask(client, at)) for at in range(each)], range(clients))
    return [spent for part in parts for spent in part]


def _post(body: dict[str, Any]) -> float:
    """Milliseconds of one callback, over HTTP as the browser asks for it."""
    request = urllib.request.Request(
        f"{HOME}/_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
    )
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.status != 200 or not answer.read():
            sys.exit(f"{body['output']} was not answered")
    return (time.perf_counter() - begun) * 1000


def _callback(outputs: list[tuple[str, str]], inputs: list[tuple[str, str, Any]], state: list[tuple[str, str, Any]]) -> dict[str, Any]:
    named = [{"id": component, "property": prop} for component, prop in outputs]
    joined = "...".join(f"{component}.{prop}" for component, prop in outputs)
    return {
        "output": f"..{joined}.." if len(outputs) > 1 else joined,
        "outputs": named if len(outputs) > 1 else named[0],
        "inputs": [{"id": component, "property": prop, "value": value} for component, prop, value in inputs],
        "state": [{"id": component, "property": prop, "value": value} for component, prop, value in state],
        "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
    }


def _view(search: str) -> dict[str, Any]:
    """A change of filters."""
    state = [("address", "pathname", f"/{DATASET}"), ("theme", "data", "light"), ("map", "drawn", "persona")]
    return _callback(list(dataset.OUTPUTS), [("address", "search", search)], state)


def _page(path: str) -> dict[str, Any]:
    outputs = [("page", "children"), ("page-title", "data")]
    return _callback(outputs, [("address", "pathname", path), ("theme", "data", "light")], [("address", "search", "")])


def _suggest(text: str) -> dict[str, Any]:
    return _callback([("search-results", "children")], [("search", "value", text)], [])


def _percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


def _at_most(what: str, bar: float, value: float, unit: str) -> Line:
    said = f"{value:.2f}" if unit in {"s", "MB"} and value < 10 else f"{value:.0f}"
    return Line(what, f"<= {bar:g} {unit}".strip(), f"{said} {unit}".strip(), value <= bar)


def _circumstances() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-web`: one worker, Online Retail II, "
        f"browser and clients on the same machine.\nWith {versions}."
    )


if __name__ == "__main__":
    main()
