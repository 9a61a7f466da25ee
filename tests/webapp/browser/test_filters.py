import pytest
from playwright.sync_api import expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import choose, expect_count, filters, panel
from tests.webapp.browser.looks import at_the_end, expect_charts_fill_their_boxes, expect_drawn
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow


def test_a_persona_by_mouse_and_a_range_by_keyboard_narrow_the_count_and_go_into_the_address(demo: Product, open_page: OpenPage) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    page = open_page(demo, "/retail")
    expect_count(page, len(buyers), len(buyers))

    choose(page, "Persona", "Churn Risk")
    left = buyers[buyers["persona"] == "Churn Risk"]
    expect_count(page, len(left), len(buyers))
    expect(panel(page, "Persona").locator("summary")).to_have_text("PersonaChurn Risk")
    assert filters(page) == {"persona": ["Churn Risk"]}

    panel(page, "Recency").locator("summary").focus()
    for key in ("Enter", "Tab", "3", "0", "0", "Tab", "4", "0", "0", "Enter"):
        page.keyboard.press(key)
    left = left[left["recency_days"].between(300, 400)]
    assert len(left) > 0
    expect_count(page, len(left), len(buyers))
    expect(panel(page, "Recency").locator("summary")).to_have_text("Recency300 to 400")
    assert filters(page) == {"persona": ["Churn Risk"], "recency_days": ["300~400"]}


def test_back_and_forward_restore_the_view_and_the_controls(demo: Product, open_page: OpenPage) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    abroad = buyers["country"] == "Germany"
    both = abroad & (buyers["frequency"] >= 3)
    page = open_page(demo, "/retail")
    tick = panel(page, "Country").get_by_role("checkbox", name="Germany", exact=True, include_hidden=True)
    least = panel(page, "Frequency").get_by_label("at least")

    choose(page, "Country", "Germany")
    expect_count(page, abroad.sum(), len(buyers))
    panel(page, "Frequency").locator("summary").click()
    least.fill("3")
    least.press("Enter")
    expect_count(page, both.sum(), len(buyers))

    page.go_back()
    expect_count(page, abroad.sum(), len(buyers))
    expect(tick).to_be_checked()
    expect(least).to_have_value("")

    page.go_back()
    expect_count(page, len(buyers), len(buyers))
    expect(tick).not_to_be_checked()

    page.go_forward()
    page.go_forward()
    expect_count(page, both.sum(), len(buyers))
    expect(tick).to_be_checked()
    expect(least).to_have_value("3")


def test_a_link_reproduces_filters_lens_and_colours_and_reset_shows_everybody(demo: Product, open_page: OpenPage) -> None:
    members = published.customers(demo.artifacts, "mall")
    women = members[(members["gender"] == 1) & members["age"].between(30, 50)]
    page = open_page(demo, "/mall?gender=Female&age=30~50&lens=spread&colour=cluster")
    expect_count(page, len(women), len(members))
    expect(panel(page, "Gender").locator("summary")).to_have_text("GenderFemale")
    expect(panel(page, "Age").locator("summary")).to_have_text("Age30 to 50")
    expect(panel(page, "Age").get_by_label("at most")).to_have_value("50")
    with at_the_end(page):
        expect(page.locator("main .switch a[aria-current]")).to_have_text(["Cluster", "Distributions"])

    page.get_by_role("link", name="Reset all filters").click()
    expect_count(page, len(members), len(members))
    assert page.url == f"{demo.url}/mall"
    expect(panel(page, "Gender").locator("summary")).to_have_text("Gender")
    expect(panel(page, "Age").get_by_label("at most")).to_have_value("")


def test_filters_that_leave_nobody_say_so_and_offer_a_way_out(demo: Product, open_page: OpenPage) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    page = open_page(demo, "/retail?monetary=9999999~")
    expect(page.get_by_role("heading", name="No customers match these filters")).to_be_visible()
    expect_count(page, 0, len(buyers))
    expect(page.locator("main .dash-graph:visible")).to_have_count(0)

    page.locator(".state").get_by_role("link", name="Reset all filters").click()
    expect_count(page, len(buyers), len(buyers))
    expect(panel(page, "Monetary").get_by_label("at least")).to_have_value("")
    expect_drawn(page, 3, "light")
    expect_charts_fill_their_boxes(page)


# The points of the map as Plotly has them: each trace's name, and how many customers it shows.
POINTS = "document.querySelector('#map .js-plotly-plot').data.map((trace) => [trace.name, trace.x.length, trace.customdata])"


@pytest.mark.parametrize("colour", ["persona", "cluster", "monetary"])
def test_the_map_shows_the_customers_that_filters_leave_each_in_its_colour(demo: Product, open_page: OpenPage, colour: str) -> None:
    buyers = published.customers(demo.artifacts, "retail").set_index("customer_id")
    page = open_page(demo, f"/retail?colour={colour}")
    expect_drawn(page, 3, "light")
    assert sum(count for _, count, _ in page.evaluate(POINTS)) == len(buyers)
    for country in ("Germany", "France"):
        choose(page, "Country", country)
    left = buyers[buyers["country"].isin(["Germany", "France"])]
    expect_count(page, len(left), len(buyers))
    expect_drawn(page, 3, "light")
    shown = {customer_id: name for name, _, ids in page.evaluate(POINTS) for customer_id in ids}
    said = {
        "persona": left["persona"],
        "cluster": "Cluster " + left["cluster"].astype(str),
        "monetary": left["persona"].map(lambda _: "Monetary (£)"),
    }
    assert shown == said[colour].to_dict()


def test_charts_below_the_fold_come_when_the_reader_is_near_and_follow_the_page(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/retail")
    page.locator("#map .gl-canvas").first.wait_for(state="attached")
    lens = page.locator("#lens-finding")
    expect(lens).to_have_count(0)
    with at_the_end(page):
        expect(lens).to_contain_text("bought lately and often")
    page.get_by_role("link", name="Mall", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Mall customers")
    with at_the_end(page):
        expect(lens).to_contain_text("stands out most")
    page.go_back()
    expect(page.locator("main h1")).to_have_text("Online retail")
    with at_the_end(page):
        expect(lens).to_contain_text("bought lately and often")
