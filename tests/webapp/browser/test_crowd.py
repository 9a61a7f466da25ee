"""A dataset of more customers than can be drawn one by one: the map is an image."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks import crowd_run
from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import choose, expect_count, listed
from tests.webapp.browser.looks import PHONE, expect_charts_fill_their_boxes, expect_drawn, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product, running, wait_for_run
from tests.webapp.browser.test_selection import CLOSED, area, drag, expect_one_step

pytestmark = pytest.mark.slow

CUSTOMERS = 110_000
IMAGE = "#map .layer-below image, #map .imagelayer image"
# Where the image lies on the map: its left edge and its width, and what it shows.
PLACED = "document.querySelector('#map .js-plotly-plot')._fullLayout.images.map(({ x, sizex, source }) => [x, sizex, source])[0]"
SPAN = "(({ range }) => range[1] - range[0])(document.querySelector('#map .js-plotly-plot')._fullLayout.xaxis)"


@pytest.fixture(scope="module")
def crowd(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on as many made-up customers as are a crowd."""
    folder = tmp_path_factory.mktemp("crowd")
    run = crowd_run.publish(folder / "runs", CUSTOMERS)
    with running(folder / "runs", folder / "log") as product:
        # It answers before a crowd is opened.
        wait_for_run(product, run.manifest.run_id)
        yield product
    assert "ERROR" not in (folder / "log").read_text()


def opened(open_page: OpenPage, crowd: Product, path: str = "/retail", charts: int = 3, **told: Any) -> Page:
    """A page of the product with its charts."""
    page = open_page(crowd, path, **told)
    page.locator("main h1").wait_for()
    expect_drawn(page, charts, "dark" if told.get("color_scheme") == "dark" else "light")
    return page


def wait_for_another(page: Page, image: str) -> None:
    """Until the map shows another image than `image`."""
    page.locator(IMAGE).first.wait_for(state="attached")
    page.evaluate(f"async (image) => {{ while (({PLACED})[2] === image) await new Promise((next) => setTimeout(next, 20)); }}", image)


def points(page: Page) -> int:
    """How many customers are drawn one by one."""
    return int(page.evaluate("document.querySelector('#map .js-plotly-plot').data.flatMap((t) => t.customdata).filter(Boolean).length"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_map_is_an_image_with_the_rarest_clusters_as_points_and_everybody_in_the_legend(
    crowd: Product, open_page: OpenPage, theme: str
) -> None:
    buyers = published.customers(crowd.artifacts, "retail")
    page = opened(open_page, crowd, color_scheme=theme)
    expect_count(page, len(buyers), len(buyers))
    expect(page.locator(IMAGE)).to_have_count(1)
    rare = buyers["cluster"].isin([8, 9])
    assert points(page) == rare.sum()
    for persona in buyers["persona"].unique():
        expect(page.locator("#map .legendtext", has_text=persona)).to_be_visible()
    assert faults(page, "main") == []


def test_zooming_in_brings_smaller_cells_which_follow_the_filters_and_go_with_the_zoom(crowd: Product, open_page: OpenPage) -> None:
    page = opened(open_page, crowd)
    _, width, whole = page.evaluate(PLACED)
    page.locator("#map .modebar-btn[data-val='zoom']").click()
    drag(page, (0.4, 0.3), (0.55, 0.6))
    wait_for_another(page, whole)
    _, closer, image = page.evaluate(PLACED)
    assert page.evaluate(SPAN) < closer < 0.75 * width

    choose(page, "Country", "Germany")
    wait_for_another(page, image)
    page.evaluate(f"async () => {{ while (({PLACED})[1] > {0.75 * width}) await new Promise((next) => setTimeout(next, 20)); }}")

    page.locator("#map .modebar-btn[data-val='reset']").click()
    page.evaluate(f"async () => {{ while (({PLACED})[1] < {0.99 * width}) await new Promise((next) => setTimeout(next, 20)); }}")


def test_a_lasso_on_the_image_narrows_count_and_list_and_is_cleared(crowd: Product, open_page: OpenPage) -> None:
    buyers = published.customers(crowd.artifacts, "retail")
    page = opened(open_page, crowd)
    drag(page, *CLOSED)
    clear = page.get_by_role("link", name="Clear the selection on the map")
    expect(clear).to_be_visible()
    found = published.inside(buyers, area(page))
    assert 0 < found < len(buyers)
    expect_count(page, found, len(buyers))
    expect(page.get_by_role("heading", name=f"{found:,} customers selected on the map")).to_be_visible()
    clear.click()
    expect_count(page, len(buyers), len(buyers))


def test_a_shape_is_one_step_of_the_history(crowd: Product, open_page: OpenPage) -> None:
    expect_one_step(opened(open_page, crowd), *CLOSED)


@pytest.mark.parametrize("colour", ["cluster", "monetary"])
def test_it_is_coloured_by_clusters_and_by_features(crowd: Product, open_page: OpenPage, colour: str) -> None:
    page = opened(open_page, crowd)
    image = page.evaluate(PLACED)[2]
    page.locator("#map-tools").get_by_role("link", name=colour.capitalize()).click()
    wait_for_another(page, image)
    expect(page.locator("#map .legend" if colour == "cluster" else "#map .colorbar").first).to_be_visible()


def test_a_filter_a_page_of_the_list_and_a_record_are_as_ever(crowd: Product, open_page: OpenPage) -> None:
    buyers = published.customers(crowd.artifacts, "retail")
    page = opened(open_page, crowd, "/retail?sort=monetary&order=desc&page=4000")
    assert listed(page) == published.in_order(buyers, "monetary", descending=True)[40_000:40_010]
    choose(page, "Persona", "Premium / VIP Spenders")
    expect_count(page, (buyers["persona"] == "Premium / VIP Spenders").sum(), len(buyers))
    page.goto("/customers/retail/10000042")
    expect_drawn(page, 5, "light")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer 10000042")
    expect(page.locator("#map-here .annotation-text")).to_have_text("10000042")


def test_what_is_below_a_record_is_not_asked_for_again_when_something_is_supposed(crowd: Product, open_page: OpenPage) -> None:
    page = opened(open_page, crowd, "/customers/retail/10000042", 5)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data) if request.post_data else None)
    page.get_by_role("spinbutton", name="Frequency").fill("37")
    expect(page.locator("#supposed")).to_contain_text("They would")
    # Whoever comes near it again finds it as it was.
    page.locator("#rest-slot").scroll_into_view_if_needed()
    expect_drawn(page, 5, "light")
    assert [body.partition('"output":"')[2].partition('"')[0] for body in asked] == ["supposed.children"]


def test_who_moved_comes_when_the_reader_is_near_and_a_cell_leads_to_the_list(crowd: Product, open_page: OpenPage) -> None:
    page = opened(open_page, crowd, "/migration", 2)
    movers = page.locator("#movers")
    expect(movers.locator("tbody tr")).to_have_count(12)
    # Those who stayed: the list is of those who moved, as long as nobody chooses.
    cell = page.locator("main a[href$='#movers']").first
    heading, count = movers.get_by_role("heading").inner_text(), cell.inner_text()
    cell.click()
    expect(movers.get_by_role("heading")).not_to_have_text(heading)
    expect(movers.get_by_role("heading")).to_contain_text(f": {count} customer")
    expect(movers).to_be_focused()
    expect(movers).to_be_in_viewport()
    expect(movers.locator("tbody tr").first).to_be_visible()
    page.goto("/migration?from=2023-02-01&to=2024-02-01")
    expect_drawn(page, 2, "light")
    expect(page.get_by_role("heading", name="From February 2023 to February 2024, customers")).to_be_visible()


def test_on_a_phone_it_fits(crowd: Product, open_page: OpenPage) -> None:
    page = opened(open_page, crowd, viewport=PHONE)
    expect_no_sideways_scroll(page)
    expect_charts_fill_their_boxes(page)
