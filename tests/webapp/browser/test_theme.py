import pytest
from playwright.sync_api import expect

from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import expect_drawn
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow


def test_the_switch_changes_page_and_charts_and_the_choice_is_kept_everywhere(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/retail?persona=Churn+Risk", color_scheme="light")
    expect_drawn(page, 3, "light")
    page.get_by_role("button", name="Change theme").click()
    expect_drawn(page, 3, "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(14, 18, 24)")
    assert page.url == f"{demo.url}/retail?persona=Churn+Risk"

    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect_drawn(page, 3, "dark")

    page.get_by_role("link", name="Lookup").click()
    expect(page.locator("body")).to_have_class("dark")
