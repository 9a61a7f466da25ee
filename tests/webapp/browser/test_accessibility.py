import pytest
from playwright.sync_api import ViewportSize, expect

from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import panel
from tests.webapp.browser.looks import DESKTOP, PHONE, expect_drawn, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product
from webapp.theme import Theme

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])
def test_what_opens_on_a_page_is_accessible_and_has_room(demo: Product, open_page: OpenPage, size: ViewportSize, theme: Theme) -> None:
    page = open_page(demo, "/retail?persona=Churn+Risk", viewport=size, color_scheme=theme)
    expect_drawn(page, 3, theme)
    found = {}

    panel(page, "Persona").locator("summary").click()
    expect(page.get_by_role("checkbox", name="Churn Risk", exact=True)).to_be_checked()
    expect(page.locator(".filter[open] .pop")).to_be_in_viewport(ratio=1)
    expect_no_sideways_scroll(page)
    found["filter"] = faults(page, ".filters")

    page.locator("#map ~ .as-table summary, .chart:has(#map) ~ .as-table summary").click()
    expect(page.get_by_role("columnheader", name="Share", exact=True).first).to_be_visible()
    found["chart as a table"] = faults(page, ".as-table[open]")

    page.get_by_label("Find a customer").fill("12")
    expect(page.locator("#search-results a").first).to_be_visible()
    expect(page.locator("#search-results")).to_be_in_viewport(ratio=1)
    found["search"] = faults(page, ".search")

    page.get_by_label("Find a customer").fill("nobody")
    expect(page.locator("#search-results")).to_have_text("No id begins with nobody")
    found["search without a hit"] = faults(page, ".search")
    page.keyboard.press("Escape")

    panel(page, "Recency").locator("summary").click()
    panel(page, "Recency").get_by_label("at least").fill("9999")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No customers match these filters")).to_be_visible()
    found["nobody left"] = faults(page)
    assert found == {state: [] for state in found}
