import pytest
from playwright.sync_api import Page, expect

from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import panel
from tests.webapp.browser.looks import expect_drawn
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow

# The name of what has the focus, and whether the reader sees that it has it.
FOCUS = """() => {
    const it = document.activeElement;
    const name = it.getAttribute("aria-label") || (it.labels && it.labels[0] ? it.labels[0].textContent : it.textContent);
    const look = getComputedStyle(it);
    const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
    const { left, top, right, bottom } = it.getBoundingClientRect();
    return [name.trim(), ring && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight];
}"""


def tab(page: Page, times: int) -> list[tuple[str, bool]]:
    """What gets the focus, one after another, and whether that is seen."""
    stops = []
    for _ in range(times):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUS)
        stops.append((name, seen))
    return stops


def test_tab_reaches_pages_search_theme_and_filters_in_the_order_of_the_page(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/retail")
    expect_drawn(page, 3, "light")
    rail = ["Clientele", "Overview", "Mall", "Retail", "Personas", "Customers", "Migration", "Quality", "Data", "Lookup"]
    header = ["Find a customer", "Change theme"]
    filters = ["Persona", "Country", "Segment", "Recency", "Frequency", "Monetary", "Cluster"]
    wanted = ["Skip to the content", *rail, *header, *filters, "Persona"]  # the last is a colour of the map
    assert tab(page, len(wanted)) == [(name, True) for name in wanted]


def test_the_skip_link_leads_to_the_content_and_a_new_page_begins_there(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/")
    expect_drawn(page, 2, "light")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    content = page.get_by_role("main")
    expect(content).to_be_focused()
    page.keyboard.press("Tab")
    expect(content.locator("a, button").first).to_be_focused()

    page.get_by_role("link", name="Personas").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Personas")
    expect(content).to_be_focused()


def test_a_filter_opens_with_enter_or_space_and_escape_closes_it_and_gives_the_focus_back(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/mall")
    gender = panel(page, "Gender")
    word = gender.get_by_role("checkbox", name="Female", exact=True)
    gender.locator("summary").focus()
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
        expect(word).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(word).to_be_focused()
        page.keyboard.press("Space")
        expect(gender.locator("summary")).to_have_text("GenderFemale" if key == "Enter" else "Gender")
        page.keyboard.press("Escape")
        expect(word).to_be_hidden()
        expect(gender.locator("summary")).to_be_focused()
