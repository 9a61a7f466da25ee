from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipeline.build import Outcome
from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import expect_drawn, faults
from tests.webapp.browser.product import Product, running, wait_for_run

pytestmark = pytest.mark.slow

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


@pytest.fixture
def empty(chromium: str, tmp_path: Path) -> Iterator[Product]:
    """The product on a folder without runs."""
    (tmp_path / "runs").mkdir()
    with running(tmp_path, tmp_path / "log") as product:
        yield product


def test_a_page_whose_reader_is_not_known_any_more_is_loaded_again(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/mall", forgiven="status of 401")
    expect_drawn(page, 3, "light")
    page.clock.install()
    page.reload(wait_until="commit")
    expect_drawn(page, 3, "light")
    page.route("**/run", lambda route: route.fulfill(status=401))
    with page.expect_navigation(url=f"{demo.url}/mall"):
        page.clock.fast_forward(10_000)


def test_without_a_run_the_command_is_shown_and_runs_are_taken_up_as_they_are_published(
    empty: Product, demo_run: Outcome, open_page: OpenPage
) -> None:
    page = open_page(empty, "/mall", forgiven="status of 503")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to show yet")
    expect(page.locator("pre")).to_have_text("python -m pipeline build")
    assert faults(page) == []

    source = demo_run.run.folder.parents[1]
    published.copy(source, empty.artifacts, FIRST, "2024-03-10T12:00:00Z")
    # The page looks again by itself.
    expect(page.locator(".run")).to_contain_text("Built 10 Mar 2024")
    expect_drawn(page, 3, "light")

    page.clock.install()
    page.reload(wait_until="commit")
    expect_drawn(page, 3, "light")
    published.copy(source, empty.artifacts, SECOND, "2024-03-11T12:00:00Z")
    wait_for_run(empty, SECOND)
    notice = page.locator("#run-notice")
    expect(notice).to_have_text("")
    page.clock.fast_forward(10_000)
    expect(notice).to_have_text("New results were published. Reload the page")
    assert faults(page, "#run-notice") == []

    notice.get_by_role("link", name="Reload the page").click()
    expect(page.locator(".run")).to_contain_text("Built 11 Mar 2024")
    expect_drawn(page, 3, "light")
    assert page.url == f"{empty.url}/mall"
