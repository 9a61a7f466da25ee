import csv
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import DESKTOP, PHONE, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product
from tests.webapp.browser.test_downloads import save
from webapp.theme import Theme

pytestmark = pytest.mark.slow

LOOKS = pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"])


@LOOKS
def test_a_control_group_is_held_out_and_what_comes_back_is_measured(
    demo: Product, open_page: OpenPage, tmp_path: Path, size: ViewportSize, theme: Theme
) -> None:
    page = open_page(demo, "/personas/retail/Churn%20Risk", viewport=size, color_scheme=theme)
    page.get_by_role("link", name="Hold out a control group").click()
    page.get_by_label("Name of the campaign").fill("Spring letter")
    page.get_by_label("Control group, %").fill("50")
    # What could be shown follows the share, and what was typed before stays.
    page.wait_for_url("**share=50")
    expect(page.get_by_label("Name of the campaign")).to_have_value("Spring letter")
    expect_no_sideways_scroll(page)
    assert faults(page, "main") == []

    page.get_by_role("button", name="Draw the groups").click()
    expect(page.locator("main h1")).to_have_text("Spring letter")
    with save(page, "Download everyone with their group as CSV", tmp_path).open(newline="", encoding="utf-8-sig") as file:
        drawn = list(csv.DictReader(file))
    contacts = [row["customer_id"] for row in drawn if row["group"] == "contact"]
    assert abs(2 * len(contacts) - len(drawn)) <= 1
    assert {row["persona"] for row in drawn} == {"Churn Risk"}

    # All that were contacted ordered, and nobody else did.
    told = tmp_path / "told.csv"
    told.write_text("customer_id,amount\n" + "".join(f"{one},12.5\n" for one in contacts) + "nobody,3\n")
    page.locator(".drop input").set_input_files(told)
    expect(
        page.get_by_role("heading", name="Contacting raised conversion: 100 % of those contacted, 0 % of the control group")
    ).to_be_visible()
    expect(page.get_by_text("1 customer is in neither group and not counted: nobody.")).to_be_visible()
    expect_no_sideways_scroll(page)
    assert faults(page, "main") == []

    page.get_by_role("link", name="Campaigns").click()
    expect(page.get_by_role("row", name="Spring letter").first).to_contain_text("measured")


def test_a_file_that_cannot_be_used_is_refused_and_another_can_be_sent(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo, "/campaigns/mall")
    page.get_by_label("Name of the campaign").fill("Members")
    page.get_by_role("button", name="Draw the groups").click()
    told = tmp_path / "told.csv"
    told.write_text("customer_id,colour\n1,red\n")
    page.locator(".drop input").set_input_files(told)
    expect(page.get_by_role("alert")).to_contain_text("has no column of outcomes")
    expect(page.get_by_role("heading", name="told.csv was refused")).to_be_visible()
    expect(page.locator(".drop")).to_be_visible()


@LOOKS
def test_other_figures_give_another_persona_and_a_link_says_so_again(
    demo: Product, open_page: OpenPage, size: ViewportSize, theme: Theme
) -> None:
    customer = published.ids(demo.artifacts)["retail"]
    page = open_page(demo, f"/customers/retail/{customer}", viewport=size, color_scheme=theme)
    answer = page.locator("#supposed")
    expect(answer).to_contain_text("As it is:")
    for label, value in (("Recency (days)", "700"), ("Frequency", "37"), ("Monetary (GBP)", "98765")):
        page.get_by_role("spinbutton", name=label).fill(value)
        page.wait_for_url(f"**={value}*")
    # What all three come to: what two of them did is something else.
    expect(answer).to_contain_text("They would be Premium / VIP Spenders")
    # The map that is there stays, and so does the reader's place.
    expect(page.get_by_role("spinbutton", name="Monetary (GBP)")).to_be_focused()
    said = answer.inner_text()
    page.reload()
    expect(answer).to_have_text(said, use_inner_text=True)
    expect(page.get_by_role("spinbutton", name="Frequency")).to_have_value("37")
    expect_no_sideways_scroll(page)
    assert faults(page, "main") == []
    page.get_by_role("link", name="Back to their own figures").click()
    expect(answer).to_contain_text("As it is:")
    expect(page.get_by_role("spinbutton", name="Recency (days)")).not_to_have_value("700")


def test_more_won_back_bring_more(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/personas/retail/Churn%20Risk?back=10")
    revenue = page.locator("#supposed td").last
    expect(revenue).to_contain_text("£")
    before = revenue.inner_text()
    page.get_by_label("Win back, % of them").fill("20")
    expect(revenue).not_to_have_text(before)
    expect(page.get_by_label("Win back, % of them")).to_be_focused()
    expect(page.locator("#supposed")).to_contain_text("What is assumed")


def test_what_is_shown_stays_as_it_is_drawn_while_something_is_supposed(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/personas/retail/Churn%20Risk")
    chart = page.locator("#index .main-svg").first
    chart.wait_for()
    chart.evaluate("chart => { chart.dataset.same = 'yes'; }")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Win back, % of them").fill("20")
    expect(page.locator("#supposed")).to_contain_text("Winning back")
    page.wait_for_url("**back=20")
    expect(chart).to_have_attribute("data-same", "yes")
    # A link that was drawn before leads on with what was typed since.
    page.get_by_role("link", name="Lost Customers").first.click()
    page.wait_for_url("**with=Lost*Customers*")
    assert "back=20" in page.url
    expect(page.get_by_role("heading", name="What to do with each")).to_be_visible()
    expect(page.get_by_label("Win back, % of them")).to_have_value("20")


def test_what_was_typed_on_one_page_is_none_of_the_next_one(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/personas/retail/Churn%20Risk")
    field = page.get_by_label("Win back, % of them")
    field.fill("20")
    page.get_by_role("link", name="Migration").click()
    expect(page.get_by_role("heading", name="Migration", level=1)).to_be_visible()
    page.evaluate("() => new Promise((over) => setTimeout(over, 300))")
    assert page.url == f"{demo.url}/migration"
