import json
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, Route, expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import DESKTOP, PHONE, expect_no_sideways_scroll
from tests.webapp.browser.product import Product
from tests.webapp.browser.test_downloads import saved

pytestmark = pytest.mark.slow

# On a machine that does other things as well.
_MAKING_MS = 120_000


def bring(page: Page, word: str, into: Path) -> Path:
    """Ask for a file of the report, and wait until it is there."""
    with page.expect_download(timeout=_MAKING_MS) as caught:
        page.get_by_role("button", name=f"Report as {word}").click()
    return saved(caught.value, into)


def answering(page: Page, told: dict[str, object]) -> None:
    """Have the server say something else of how far a report is, from when the page is there."""
    expect(page.get_by_role("button", name="Report as PDF")).to_be_visible()
    page.wait_for_load_state()
    page.route("**/reports/jobs/*", lambda route: route.fulfill(content_type="application/json", body=json.dumps(told)))


def test_the_report_is_made_and_brought(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo, "/")
    paper, book = bring(page, "PDF", tmp_path), bring(page, "Workbook", tmp_path)
    assert paper.read_bytes().startswith(b"%PDF-")
    assert paper.name == "clientele-20240310-report.pdf"
    sheet = openpyxl.load_workbook(book)["mall customers"]
    assert sheet.max_row == len(published.customers(demo.artifacts, "mall")) + 1
    expect(page.get_by_text("Report for the meeting")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_being_done_is_said_and_nothing_can_be_asked_for_meanwhile(demo: Product, open_page: OpenPage, size: object) -> None:
    page = open_page(demo, "/", viewport=size)
    answering(page, {"state": "working", "stage": "pages", "message": "", "files": []})
    page.get_by_role("button", name="Report as PDF").click()
    expect(page.get_by_text("Setting the pages …")).to_be_visible()
    expect(page.get_by_role("button", name="Report as Workbook")).to_be_disabled()
    expect_no_sideways_scroll(page)


def test_whoever_looks_at_another_page_meanwhile_gets_it_all_the_same(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo, "/")
    bring(page, "PDF", tmp_path)
    told: dict[str, object] = {"state": "working", "stage": "workbook", "message": "", "files": []}
    answering(page, told)
    page.get_by_role("button", name="Report as PDF").click()
    expect(page.get_by_text("Writing the workbook …")).to_be_visible()
    page.get_by_role("link", name="Personas", exact=True).click()
    expect(page.get_by_role("heading", name="Personas", exact=True)).to_be_visible()
    with page.expect_download() as caught:
        told["files"] = ["report.pdf"]
    assert caught.value.suggested_filename.endswith("report.pdf")


def test_why_it_came_to_nothing_is_said_and_it_can_be_asked_for_again(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/")
    answering(page, {"state": "failed", "stage": "", "message": "The fault is ours and stands in the log.", "files": []})
    page.get_by_role("button", name="Report as PDF").click()
    expect(page.get_by_role("alert").get_by_text("The fault is ours and stands in the log.")).to_be_visible()
    expect(page.get_by_role("button", name="Report as PDF")).to_be_enabled()


def test_a_server_that_cannot_be_reached_is_said_to_be(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/", forgiven="ERR_FAILED")
    answering(page, {})

    def lose(route: Route) -> None:
        route.abort()

    page.route("**/reports/*", lose)
    page.get_by_role("button", name="Report as PDF").click()
    expect(page.get_by_role("alert").get_by_text("could not be reached")).to_be_visible()
