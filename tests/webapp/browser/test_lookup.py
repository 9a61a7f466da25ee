import pytest
from playwright.sync_api import Page, expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import DESKTOP, PHONE, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product
from webapp.theme import Theme

pytestmark = pytest.mark.slow


def ask(page: Page, customer_id: str) -> None:
    """Type an id into the box that is seen, and press Enter."""
    box = page.get_by_label("Customer id").locator("visible=true")
    box.fill(customer_id)
    box.press("Enter")


def expect_answer(page: Page, product: Product, dataset: str, customer_id: str) -> None:
    """The record of a customer, marked on the map."""
    members = published.customers(product.artifacts, dataset).set_index("customer_id")
    record = page.locator(".lk-record:visible")
    expect(record.get_by_text(f"Customer {customer_id}")).to_be_visible()
    expect(record.locator(".lk-persona")).to_have_text(members.loc[customer_id, "persona"])
    expect(page.locator(".lk-map:visible .main-svg .annotation-text")).to_have_text(customer_id)


def test_a_known_id_gives_the_persona_and_leads_to_the_full_record(demo: Product, open_page: OpenPage) -> None:
    ids = published.ids(demo.artifacts)
    page = open_page(demo, "/lookup/")
    ask(page, ids["mall"])
    expect_answer(page, demo, "mall", ids["mall"])

    page.get_by_role("tab", name="Online retail").click()
    ask(page, f" {ids['retail']} ")
    expect_answer(page, demo, "retail", ids["retail"])

    with page.expect_popup() as caught:
        page.locator(".lk-record:visible").get_by_role("link", name="Open the full record").click()
    record = caught.value
    expect(record.get_by_role("heading", level=1)).to_have_text(f"Customer {ids['retail']}")
    assert record.url == f"{demo.url}/customers/retail/{ids['retail']}"


def test_an_unknown_id_gives_the_nearest_and_each_of_them_is_a_button(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/lookup/")
    ask(page, "10011")
    expect(page.get_by_role("heading", name="No customer 10011")).to_be_visible()
    expect(page.get_by_text("Ids that look most like it", exact=True).locator("visible=true")).to_be_visible()
    near = page.locator(".lk-chips:visible button")
    expect(near.first).to_have_text("1001")
    near.first.click()
    expect_answer(page, demo, "mall", "1001")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_lookup_is_accessible_and_fits_a_phone(demo: Product, open_page: OpenPage, theme: Theme) -> None:
    ids = published.ids(demo.artifacts)
    page = open_page(demo, "/lookup/", viewport=PHONE, color_scheme=theme)
    expect(page.get_by_label("Customer id").locator("visible=true")).to_be_visible()
    found = {"empty, phone": faults(page)}
    expect_no_sideways_scroll(page)

    ask(page, ids["mall"])
    expect_answer(page, demo, "mall", ids["mall"])
    expect_no_sideways_scroll(page)
    found["record, phone"] = faults(page)

    page.set_viewport_size(DESKTOP)
    expect_no_sideways_scroll(page)
    found["record, desktop"] = faults(page)
    assert found == {state: [] for state in found}
