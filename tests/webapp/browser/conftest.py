"""A browser, and the product to look at."""

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from pipeline import wanted
from pipeline.build import Outcome, build
from pipeline.catalogue import Catalogue
from tests.conftest import CREATED_AT, silent
from tests.webapp.browser.chromium import NAMES, arguments, installed
from tests.webapp.browser.looks import DESKTOP
from tests.webapp.browser.product import Product, running

FOLDER = Path(__file__).parent
OpenPage = Callable[..., Page]
MISSING = f"no browser: install {NAMES[0]}, or set CHROMIUM to the path of one"
_PATIENCE_MS = 20_000
# All that a server says that has nothing to complain of: where it is, what it shows, what it answered, and that it stopped.
_QUIET = r"Clientele: http://\S+|run \S+ is shown|[A-Z]+  /\S*  [1-4]\d\d  \d+ ms|stopped after serving for \d+\.\d s"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that use the browser after all others.

    Playwright keeps an event loop in this thread for as long as the browser runs: a test that starts its own would fail.
    """
    items.sort(key=lambda item: FOLDER in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say once, not once for each test, that there is no browser."""
    report = yield
    if isinstance(report.longrepr, tuple) and report.longrepr[2].endswith(MISSING):
        report.longrepr = (__file__, 1, report.longrepr[2])
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; without one a test is skipped, or fails where it is required."""
    path = installed()
    if path is None:
        if os.environ.get("CLIENTELE_REQUIRE_BROWSER") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=arguments())
        yield started
        started.close()


@pytest.fixture(scope="session")
def demo_run(trusted_run: Outcome) -> Outcome:
    """Both datasets made up, with how far their segments can be trusted."""
    return trusted_run


@pytest.fixture(scope="session")
def real_run(shipped: Catalogue, real_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Both real datasets, with how far their segments can be trusted."""
    out = tmp_path_factory.mktemp("real")
    return build(wanted.Request(shipped, real_raw, out), created_at=CREATED_AT, report=silent)


@pytest.fixture(scope="session")
def demo(chromium: str, demo_run: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on made-up data."""
    yield from _product(demo_run, tmp_path_factory)


@pytest.fixture(scope="session")
def real(chromium: str, real_run: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on the real data."""
    yield from _product(real_run, tmp_path_factory)


def _product(outcome: Outcome, folders: pytest.TempPathFactory) -> Iterator[Product]:
    log = folders.mktemp("server") / "log"
    with running(outcome.run.folder.parents[1], log) as product:
        yield product
    lines = [line[10:] for line in log.read_text().splitlines()]
    assert f"Clientele: {product.url}" in lines
    assert [line for line in lines if not re.fullmatch(_QUIET, line)] == []


class Watch:
    """What goes wrong on a page without anybody clicking: errors on the console, and requests to other hosts."""

    def __init__(self, context: BrowserContext, url: str, forgiven: str | None) -> None:
        """Listen to every page of a context; only the server at `url` may be asked for anything."""
        self.faults: list[str] = []
        self._url, self._forgiven = url, forgiven
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._note(f"error: {error.error}"))
        context.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location['url']})")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self._url}/", "data:", "blob:")):
            self._note(f"request: {request.url}")

    def _note(self, fault: str) -> None:
        if self._forgiven is None or self._forgiven not in fault:
            self.faults.append(fault)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address of a product in a context of its own, and see to it that nothing went wrong when the test is done.

    Call it with a product, a path, and what a context may be told: `viewport`, `color_scheme`. Faults with `forgiven` in them are none.
    """
    watched: list[tuple[BrowserContext, Watch]] = []

    def opened(product: Product, path: str = "/", *, forgiven: str | None = None, **told: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", "base_url": product.url, **told})
        context.set_default_timeout(_PATIENCE_MS)
        watched.append((context, Watch(context, product.url, forgiven)))
        page = context.new_page()
        # Committed, not loaded: what a test waits for says more than the load event.
        page.goto(path, wait_until="commit")
        return page

    yield opened
    for context, _ in watched:
        context.close()
    assert [fault for _, watch in watched for fault in watch.faults] == []
