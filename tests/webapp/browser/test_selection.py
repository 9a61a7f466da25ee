import csv
import io

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import expect_count, filters
from tests.webapp.browser.looks import expect_drawn
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow

SELECTED = "#map .selectionlayer path"
# Around most customers, by the lasso; it may end where it began, or not.
OPEN = ((0.3, 0.2), (0.7, 0.1), (0.8, 0.6), (0.5, 0.9), (0.25, 0.6))
CLOSED = (*OPEN, OPEN[0])


def drag(page: Page, *corners: tuple[float, float]) -> None:
    """Press the mouse on the map and draw from corner to corner; each is a share of its width and of its height."""
    box = page.locator("#map .nsewdrag").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def expect_one_step(page: Page, *corners: tuple[float, float]) -> None:
    """Draw a shape and let go of it: two steps of the history, though Plotly tells of a shape again when the page draws it over."""
    page.evaluate("window.told = 0; document.querySelector('#map .js-plotly-plot').on('plotly_selected', () => void window.told++)")
    before = page.evaluate("history.length")
    drag(page, *corners)
    page.evaluate("async () => { while (window.told < 2) await new Promise((next) => setTimeout(next, 20)); }")
    drawn = area(page)
    assert drawn[0] != drawn[-1]
    page.get_by_role("link", name="Clear the selection on the map").click()
    page.wait_for_url(lambda url: "area" not in url)
    assert page.evaluate("history.length") == before + 2
    page.go_back()
    assert area(page) == drawn


def area(page: Page) -> list[tuple[float, float]]:
    """The corners of the selection that is in the address."""
    return [(float(x), float(y)) for x, y in (corner.split("_") for corner in filters(page)["area"][0].split(","))]


def test_a_lasso_narrows_count_list_and_download_stays_after_a_reload_and_is_cleared(demo: Product, open_page: OpenPage) -> None:
    members = published.customers(demo.artifacts, "mall")
    page = open_page(demo, "/mall")
    expect_drawn(page, 3, "light")
    drag(page, *CLOSED)
    clear = page.get_by_role("link", name="Clear the selection on the map")
    expect(clear).to_be_visible()
    found = published.inside(members, area(page))
    assert 0 < found < len(members)
    expect_count(page, found, len(members))
    expect(page.get_by_role("heading", name=f"{found} customers selected on the map")).to_be_visible()
    file = page.request.get(page.get_by_role("link", name="Download these customers as CSV").get_attribute("href") or "")
    assert len(list(csv.DictReader(io.StringIO(file.text())))) == found

    page.reload(wait_until="commit")
    expect_count(page, found, len(members))
    expect(page.locator(SELECTED).first).to_be_attached()

    clear.click()
    expect_count(page, len(members), len(members))
    expect(page.locator(SELECTED)).to_have_count(0)
    assert page.url == f"{demo.url}/mall"


@pytest.mark.parametrize(("tool", "corners"), [("lasso", OPEN), ("lasso", CLOSED), ("select", (OPEN[0], OPEN[2]))])
def test_a_shape_is_one_step_of_the_history(
    demo: Product, open_page: OpenPage, tool: str, corners: tuple[tuple[float, float], ...]
) -> None:
    page = open_page(demo, "/retail")
    expect_drawn(page, 3, "light")
    page.locator(f"#map .modebar-btn[data-val='{tool}']").click()
    expect_one_step(page, *corners)


def test_a_box_selects_and_a_double_click_lets_go(demo: Product, open_page: OpenPage) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    page = open_page(demo, "/retail")
    expect_drawn(page, 3, "light")
    page.locator("#map .modebar-btn[data-val='select']").click()
    drag(page, (0.2, 0.2), (0.6, 0.8))
    expect(page.get_by_role("link", name="Clear the selection on the map")).to_be_visible()
    corners = area(page)
    assert len(corners) == 4
    assert len({x for x, _ in corners}) == len({y for _, y in corners}) == 2
    found = published.inside(buyers, corners)
    assert 0 < found < len(buyers)
    expect_count(page, found, len(buyers))

    page.locator("#map .nsewdrag").dblclick(position={"x": 20, "y": 20})
    expect_count(page, len(buyers), len(buyers))
    expect(page.locator(SELECTED)).to_have_count(0)


def test_a_click_on_a_point_opens_the_record(demo: Product, open_page: OpenPage) -> None:
    members = published.customers(demo.artifacts, "mall")
    places = members[["x", "y"]].to_numpy(float)
    away = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    loner = members.iloc[away.min(axis=0).argmax()]
    page = open_page(demo, "/mall")
    expect_drawn(page, 3, "light")
    x, y = page.locator("#map .js-plotly-plot").evaluate(
        """(plot, [x, y]) => {
            const { xaxis, yaxis } = plot._fullLayout;
            const { left, top } = plot.getBoundingClientRect();
            return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)];
        }""",
        [float(loner["x"]), float(loner["y"])],
    )
    page.mouse.move(x, y)
    expect(page.locator("#map .hoverlayer")).to_contain_text(f"Customer {loner['customer_id']}")
    page.mouse.click(x, y)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Customer {loner['customer_id']}")
    assert page.url == f"{demo.url}/customers/mall/{loner['customer_id']}"
