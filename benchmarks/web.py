"""The web against its bars: a real server on loopback, a real browser, bounded in count and time.

    python -m benchmarks.web [--artifacts DIR]

Needs Chromium and a published run of the real data; without `--artifacts` one is built from the files in `CLIENTELE_RAW`.
Prints a table and keeps it as the section "Web" of `benchmarks/results.md`.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import measure, product
from benchmarks.measure import Line

RESULTS = product.ROOT / "benchmarks" / "results.md"
AXE = product.ROOT / "tests" / "webapp" / "axe.min.js"
LIBRARIES = ("dash", "plotly", "gradio", "fastapi", "gunicorn", "uvicorn", "duckdb", "pandas")
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
        artifacts = (given or product.published(Path(folder) / "artifacts")).resolve()
        with product.server(artifacts) as (process, boot_seconds), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            lines = [*_browser_lines(browser), *_server_lines(artifacts, process)]
            browser.close()
            lines.append(product.at_most("boot to /readyz 200 and an answer of the lookup", 10, boot_seconds, "s"))
    table = measure.table(lines)
    print(table)
    measure.write_section(RESULTS, title="Web", body=f"{_circumstances()}\n\n{table}")


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        sys.exit("Chromium was not found. Install it (Debian: apt-get install chromium), or name it with CHROMIUM.")
    return found


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
        product.at_most("map drawn, first visit (median of 3)", 1.5, seconds, "s"),
        product.at_most("bytes, first visit", 2.5, first_bytes / 1e6, "MB"),
        product.at_most("bytes, second visit", 150, second_bytes / 1e3, "KB"),
        product.at_most("filter changed to charts settled, p50", 150, statistics.median(settled), "ms"),
        product.at_most("filter changed to charts settled, p95", 250, product.percentile(settled, 0.95), "ms"),
        *_axe_lines(browser, heard),
        product.at_most("requests to other hosts", 0, heard.elsewhere, ""),
        product.at_most("console errors", 0, heard.errors, ""),
    ]


def _axe_lines(browser: Browser, heard: "_Traffic") -> list[Line]:
    """What axe-core finds on the dataset's page with all its charts, in both themes."""
    found = {"serious": 0, "moderate": 0}
    for theme in ("light", "dark"):
        context = _context(browser, heard, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{product.HOME}/{product.DATASET}")
        _wait_for_map(page)
        page.locator("#lens-slot").scroll_into_view_if_needed()
        page.locator("#lens .js-plotly-plot").wait_for()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for rule in page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]:
            found["serious" if rule["impact"] in {"serious", "critical"} else "moderate"] += 1
        context.close()
    return [product.at_most(f"kinds of axe violations, {impact}", 0, count, "") for impact, count in found.items()]


class _Traffic:
    """What pages said and asked for that they should not."""

    def __init__(self) -> None:
        self.elsewhere = self.errors = 0

    def hear(self, page: Page) -> None:
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self._said(message.type))
        page.on("pageerror", lambda error: self._said("error"))

    def _asked(self, url: str) -> None:
        self.elsewhere += not url.startswith((product.HOME, "data:", "blob:"))

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
    page.goto(f"{product.HOME}/{product.DATASET}")
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
    page.goto(f"{product.HOME}/{product.DATASET}")
    _wait_for_map(page)
    page.wait_for_load_state("networkidle")
    words = page.locator("details.filter", has_text="Country").locator("input").evaluate_all("boxes => boxes.map(box => box.value)")
    spent = [page.evaluate(CHANGE, words[at % len(words)]) for at in range(count)]
    context.close()
    return spent[2:]


def _server_lines(artifacts: Path, process: psutil.Process) -> list[Line]:
    """What the server takes by itself."""
    ids = product.ids(artifacts)
    product.post(product.view("?country=Spain"))
    lookups = sorted(product.timed(200, lambda at: product.page(f"/customers/{product.DATASET}/{ids[at * 7 % len(ids)]}")))
    typed = sorted(product.timed(100, lambda at: product.suggest(ids[at * 11 % len(ids)][: 1 + at % 5])))
    cold = sorted(product.together(8, 12, lambda client, at: product.view(f"?recency_days=~{100 + client * 40 + at}")))
    warm = sorted(product.together(8, 12, lambda client, at: product.view(f"?recency_days=~{100 + at}")))
    for at in range(1_300):
        product.post(product.mixed(ids, at))
        if at == 299:
            after_300 = process.memory_info().rss
    return [
        product.at_most("customer lookup, p95", 40, product.percentile(lookups, 0.95), "ms"),
        product.at_most("search as you type, p95", 100, product.percentile(typed, 0.95), "ms"),
        product.at_most("filter callback, 8 clients at once, p95", 200, product.percentile(cold, 0.95), "ms"),
        product.at_most("the same when it was asked before, p95", 50, product.percentile(warm, 0.95), "ms"),
        product.at_most("memory after 300 interactions", 350, after_300 / 1e6, "MB"),
        product.at_most("memory after 1,300 interactions and more", 350, process.memory_info().rss / 1e6, "MB"),
    ]


def _circumstances() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {measure.machine()}, by `make bench-web`: one worker, Online Retail II, "
        f"browser and clients on the same machine.\nWith {versions}."
    )


if __name__ == "__main__":
    main()
