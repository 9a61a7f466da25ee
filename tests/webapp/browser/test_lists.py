import pytest
from playwright.sync_api import expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import choose, filters, listed, table
from tests.webapp.browser.looks import expect_drawn
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow

ROWS = 10
# Lenses with the charts that they show, those that stand above aside.
LENSES = {
    "retail": {
        "Distributions": 3, "Concentration": 1, "Countries": 1, "Clusters": 1, "What to do": 0, "Recency and frequency": 1,
    },
    "mall": {"By category": 1, "Distributions": 3, "What to do": 0, "Clusters": 1},
}  # fmt: skip


def test_the_list_is_sorted_by_its_headings_and_turned_by_its_links(demo: Product, open_page: OpenPage) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    page = open_page(demo, "/retail")
    heading = table(page).get_by_role("columnheader", name="Monetary")

    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert listed(page) == published.in_order(buyers, "monetary")[:ROWS]

    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    falling = published.in_order(buyers, "monetary", descending=True)
    assert listed(page) == falling[:ROWS]

    turning = page.get_by_role("navigation", name="Pages of the list")
    turning.get_by_role("link", name="Next").click()
    expect(turning).to_contain_text(f"11 to 20 of {len(buyers):,} customers")
    assert listed(page) == falling[ROWS : 2 * ROWS]
    assert filters(page) == {"sort": ["monetary"], "order": ["desc"], "page": ["1"]}

    choose(page, "Persona", "Churn Risk")
    few = buyers[buyers["persona"] == "Churn Risk"]
    expect(turning).to_contain_text(f"1 to 10 of {len(few):,} customers")
    assert listed(page) == published.in_order(few, "monetary", descending=True)[:ROWS]


@pytest.mark.parametrize("dataset", LENSES)
def test_every_lens_and_every_colour_of_the_map_is_drawn(demo: Product, open_page: OpenPage, dataset: str) -> None:
    page = open_page(demo, f"/{dataset}")
    lenses = page.get_by_role("navigation", name="Charts")
    expect_drawn(page, 3, "light")
    for word, charts in LENSES[dataset].items():
        lenses.get_by_role("link", name=word, exact=True).click()
        expect(lenses.locator("[aria-current]")).to_have_text(word)
        expect_drawn(page, 2 + charts, "light")

    colours = page.get_by_role("navigation", name="Colour of the map")
    for word in reversed(colours.get_by_role("link").all_inner_texts()):
        colours.get_by_role("link", name=word, exact=True).click()
        expect(colours.locator("[aria-current]")).to_have_text(word)
        expect_drawn(page, 3, "light")
        # A feature has a scale, a persona or a cluster its name on the map.
        expect(page.locator("#map .colorbar")).to_have_count(0 if word in {"Persona", "Cluster"} else 1)
