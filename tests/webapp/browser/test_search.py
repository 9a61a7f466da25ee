import pytest
from playwright.sync_api import Page, Route, expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.places import UNKNOWN_ID
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow


def first_ids(product: Product, start: str, *, rows: int) -> list[str]:
    """The ids of both datasets that begin with some letters, as numbers would stand, so many of each."""
    found: list[str] = []
    for dataset in ("mall", "retail"):
        ids = [str(name) for name in published.customers(product.artifacts, dataset)["customer_id"] if str(name).startswith(start)]
        found += sorted(ids, key=lambda name: (len(name), name))[:rows]
    return found


def expect_record(page: Page, product: Product, dataset: str, customer_id: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Customer {customer_id}")
    assert page.url == f"{product.url}/customers/{dataset}/{customer_id}"


def test_the_box_on_every_page_finds_as_one_types_and_is_worked_by_keys(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/personas")
    box, hits = page.get_by_label("Find a customer"), page.locator("#search-results a")
    box.press_sequentially("12")
    shown = first_ids(demo, "12", rows=4)
    assert len(shown) == 8
    expect(hits.locator("strong")).to_have_text(shown)

    for key, focused in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(hits.nth(focused)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()

    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    expect(hits).to_have_count(0)

    box.fill("12")
    expect(hits.locator("strong")).to_have_text(shown)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_record(page, demo, "mall", shown[1])
    expect(box).to_have_value("")

    buyer = first_ids(demo, "12", rows=6)[-1]
    box.fill(buyer)
    expect(hits.locator("strong")).to_have_text([buyer])
    box.press("Enter")
    expect_record(page, demo, "retail", buyer)
    expect(hits).to_have_count(0)


def test_an_unknown_id_says_so_and_offers_the_nearest(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, f"/customers/mall/{UNKNOWN_ID}")
    box = page.get_by_label("Find a customer")
    box.fill("99999")
    expect(page.locator("#search-results")).to_have_text("No id begins with 99999")
    page.keyboard.press("Escape")

    near = page.locator(".state .ways a")
    expect(near).to_have_count(5)
    members = set(published.customers(demo.artifacts, "mall")["customer_id"])
    offered = near.all_inner_texts()
    assert set(offered) <= members
    near.first.click()
    expect_record(page, demo, "mall", offered[0])


def test_the_customers_page_takes_an_id_from_its_address_and_finds_as_one_types(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/customers?q=120")
    field, hits = page.get_by_label("Customer id", exact=True), page.locator("#found .hits")
    expect(field).to_have_value("120")
    expect(field).to_be_focused()
    expect(hits.locator("a.id")).to_have_text(first_ids(demo, "120", rows=8))

    field.fill("nobody")
    expect(page.get_by_role("heading", name="No customer id begins with nobody")).to_be_visible()
    expect(page.locator("#found .ways a")).to_have_count(6)

    field.fill("1401")
    expect(hits.locator("a.id")).to_have_text(first_ids(demo, "1401", rows=8))
    field.press("Enter")
    expect_record(page, demo, "retail", first_ids(demo, "1401", rows=1)[0])


def test_what_is_typed_before_the_page_has_come_is_kept(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "about:blank")
    held: list[Route] = []

    def hold(route: Route) -> None:
        """Keep the content of the page back; all else goes on."""
        if "page.children" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/_dash-update-component", hold)
    page.goto("/personas", wait_until="commit")
    box, hits = page.get_by_label("Find a customer"), page.locator("#search-results a")
    box.fill("12")
    expect(hits).to_have_count(8)
    for route in held:
        route.continue_()
    expect(page).to_have_title("Personas · Clientele")
    expect(hits).to_have_count(8)
    expect(box).to_have_value("12")
