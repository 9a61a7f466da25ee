"""The product with accounts, as those see it who sign in."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from pipeline.build import Outcome
from tests.webapp.access.house import ACCOUNTS, CHEAP, PASSWORDS, SECRET
from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import PHONE, THEMES, expect_drawn, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product, running
from tests.webapp.browser.test_keyboard import tab
from webapp.access.accounts import Account
from webapp.theme import Theme

pytestmark = pytest.mark.slow

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"
LONG = "annabella.longname@a-rather-long-shop.example"
PASSWORD = "four small words here"
PLACE = "/retail?persona=Churn+Risk"
LISTS = [
    ("/retail", "Download these customers as CSV"),
    ("/personas/retail/Churn%20Risk", "Download all Churn Risk as XLSX"),
    ("/data?dataset=retail", "Download the rows kept out as CSV"),
]
# What somebody who is refused causes the console to say.
REFUSED = "status of 401"
# The parts of a header that are seen, from left to right: where each begins and ends.
PARTS = """header => [...header.querySelectorAll("input, button, a, span")]
    .filter((part) => !part.matches(".icon") && part.checkVisibility() && part.clientWidth > 1)
    .filter((part) => !part.querySelector("span") || part.matches("a, button"))
    .filter((part) => !part.parentElement.closest("a, button"))
    .map((part) => part.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => [left, right, top, bottom])
    .sort((one, other) => one[0] - other[0])"""


@pytest.fixture(scope="module")
def guarded(chromium: str, demo_run: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with accounts, on two runs."""
    folder = tmp_path_factory.mktemp("guarded")
    for run_id, created_at in ((FIRST, "2024-03-10T12:00:00Z"), (SECOND, "2024-03-11T12:00:00Z")):
        published.copy(demo_run.run.folder.parents[1], folder / "runs", run_id, created_at)
    accounts = [*ACCOUNTS, Account(LONG, "analyst", CHEAP.hash(PASSWORD))]
    told = {"CLIENTELE_AUTH": "local", "CLIENTELE_SECRET": SECRET, "CLIENTELE_USERS": "\n".join(account.line for account in accounts)}
    with running(folder / "runs", folder / "log", **told, CLIENTELE_USERS_FILE=str(folder / "users")) as product:
        yield product


def sign_in(page: Page, name: str, password: str | None = None) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name] if password is None else password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def expect_heading(page: Page, words: str) -> None:
    expect(page.locator("main h1")).to_have_text(words)


def test_whoever_signs_in_lands_where_they_wanted_to_go(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, PLACE)
    expect_heading(page, "Sign in")
    sign_in(page, "ann")
    expect_heading(page, "Online retail")
    assert page.url == f"{guarded.url}{PLACE}"
    expect(page.locator(".signed-in")).to_have_text("ann")


def test_a_wrong_password_is_said_and_typed_again(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, PLACE, forgiven=REFUSED)
    sign_in(page, "ann", "not the right one")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value("ann")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORDS["ann"])
    page.keyboard.press("Enter")
    expect_heading(page, "Online retail")
    assert page.url == f"{guarded.url}{PLACE}"


def test_after_signing_out_the_way_back_shows_nothing(guarded: Product, open_page: OpenPage) -> None:
    customer = published.ids(guarded.artifacts)["mall"]
    page = open_page(guarded, f"/customers/mall/{customer}")
    sign_in(page, "ann")
    expect_heading(page, f"Customer {customer}")
    # What is still on its way would be refused by then, and the console would say so.
    expect_drawn(page, 3, "light")
    sign_out(page)
    assert [cookie["name"] for cookie in page.context.cookies() if cookie["name"].startswith("__Host-")] == []
    page.go_back(wait_until="commit")
    expect_heading(page, "Sign in")
    assert page.url == f"{guarded.url}/login?next=%2Fcustomers%2Fmall%2F{customer}"


@pytest.mark.parametrize("path", ["/personas", "/lookup/"])
def test_a_page_that_the_browser_keeps_is_kept_blank_and_asked_for_again(guarded: Product, open_page: OpenPage, path: str) -> None:
    page = open_page(guarded, path)
    sign_in(page, "ann")
    expect(page.get_by_role("button", name="Sign out ann")).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(page.locator("body")).to_be_hidden()
    with page.expect_navigation(url=f"{guarded.url}{path}"):
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_role("button", name="Sign out ann")).to_be_visible()


def test_a_page_whose_reader_signed_out_elsewhere_leads_to_signing_in_and_back(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, PLACE, forgiven=REFUSED)
    sign_in(page, "ann")
    expect_drawn(page, 3, "light")
    page.clock.install()
    page.reload(wait_until="commit")
    expect_drawn(page, 3, "light")
    another = page.context.new_page()
    another.goto("/personas")
    expect_heading(another, "Personas")
    sign_out(another)
    page.clock.fast_forward(10_000)
    expect_heading(page, "Sign in")
    sign_in(page, "ann")
    expect_heading(page, "Online retail")
    assert page.url == f"{guarded.url}{PLACE}"


def test_a_question_to_the_lookup_after_signing_out_elsewhere_leads_to_signing_in(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, "/lookup/", forgiven=REFUSED)
    sign_in(page, "max")
    box = page.get_by_label("Customer id").locator("visible=true")
    expect(box).to_be_visible()
    another = page.context.new_page()
    another.goto("/personas")
    expect_heading(another, "Personas")
    sign_out(another)
    box.fill(published.ids(guarded.artifacts)["mall"])
    box.press("Enter")
    expect_heading(page, "Sign in")
    assert page.url == f"{guarded.url}/login?next=%2Flookup%2F"


def test_a_form_of_a_session_that_is_over_leads_to_signing_in(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, "/personas")
    sign_in(page, "ann")
    expect_heading(page, "Personas")
    another = page.context.new_page()
    another.goto("/personas")
    expect_heading(another, "Personas")
    sign_out(another)
    sign_out(page)
    assert page.url == f"{guarded.url}/login"


@pytest.mark.parametrize(("name", "is_analyst"), [("ann", True), ("max", False)])
def test_lists_uploads_and_runs_are_offered_to_analysts_alone(guarded: Product, open_page: OpenPage, name: str, is_analyst: bool) -> None:
    page = open_page(guarded, "/", forgiven="status of 403")
    sign_in(page, name)
    expect_heading(page, "Overview")
    for path, words in LISTS:
        page.goto(path)
        link = page.locator(f"main [aria-label='{words}']")
        expect(link).to_be_attached()
        expect(link).to_be_visible(visible=is_analyst)
    page.goto("/")
    expect(page.get_by_text("Report for the meeting")).to_be_visible(visible=is_analyst)
    page.goto("/data")
    expect(page.get_by_role("heading", name="How it was cleaned")).to_be_visible()
    offered = [page.locator(place).count() for place in (".drop", ".run-forms [action^='/runs/2'] button")]
    assert offered == ([1, 1] if is_analyst else [0, 0])
    status = page.evaluate("fetch('/download/retail/customers.csv').then((answer) => answer.status)")
    assert status == (200 if is_analyst else 403)


def test_an_analyst_shows_another_run_and_the_one_before_again(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, "/data")
    sign_in(page, "ann")
    expect(page.locator(".run")).to_contain_text("Built 11 Mar 2024")
    for now, then in (("10", "11"), ("11", "10")):
        page.get_by_text("Name, pin or show a run").click()
        page.get_by_role("button", name=f"Show the run of 2024-03-{now} 12:00").click()
        expect(page.locator(".run")).to_contain_text(f"Built {now} Mar 2024")
        expect(page.locator(".run-forms button", has_text=f"Show the run of 2024-03-{then} 12:00")).to_have_count(1)


def test_an_analyst_names_and_pins_a_run_and_compares_it(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, "/data")
    sign_in(page, "ann")
    page.get_by_text("Name, pin or show a run").click()
    page.get_by_label("Name of the run of 2024-03-10 12:00").fill("before <Christmas>")
    page.get_by_role("button", name="Save the name of the run of 2024-03-10 12:00").click()
    runs = page.get_by_label("Published runs").locator("tbody tr")
    expect(runs.nth(1)).to_contain_text("before <Christmas>")
    page.get_by_text("Name, pin or show a run").click()
    assert faults(page, ".run-forms") == []
    page.get_by_role("button", name="Pin the run of 2024-03-10 12:00", exact=True).click()
    # What is pinned comes first, though it is the older one.
    expect(runs.first).to_contain_text("pinned")
    page.get_by_text("Name, pin or show a run").click()
    page.get_by_role("button", name="Unpin the run of 2024-03-10 12:00").click()
    expect(runs.nth(1)).not_to_contain_text("pinned")
    page.get_by_role("link", name="Compare runs").click()
    expect_heading(page, "Compare runs")
    chosen = page.get_by_label("From")
    expect(chosen.locator("option:checked")).to_have_text("2024-03-10 12:00 · before <Christmas>")
    expect_drawn(page, 1, "light")
    page.get_by_role("link", name="Swap").click()
    expect(chosen.locator("option:checked")).to_have_text("2024-03-11 12:00 (shown)")
    chosen.select_option("2024-03-10 12:00 · before <Christmas>")
    page.locator("select[name=after]").select_option("2024-03-11 12:00 (shown)")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#moves-finding")).to_have_text("Nobody who is in both runs is in another persona")


@pytest.mark.parametrize("theme", THEMES)
def test_signing_in_and_being_refused_are_accessible(guarded: Product, open_page: OpenPage, theme: Theme) -> None:
    page = open_page(guarded, "/", color_scheme=theme, viewport=PHONE, forgiven="status of 40")
    found = {"sign in": faults(page)}
    sign_in(page, f"nobody in {theme}", "not the right one")
    expect(page.get_by_role("alert")).to_be_visible()
    found["wrong"] = faults(page)
    sign_in(page, "max")
    expect_heading(page, "Overview")
    found["header"] = faults(page, ".top")
    page.goto("/download/retail/customers.csv")
    expect_heading(page, "This stays closed")
    found["refused"] = faults(page)
    expect_no_sideways_scroll(page)
    assert found == {state: [] for state in found}


def test_a_keyboard_is_enough(guarded: Product, open_page: OpenPage) -> None:
    page = open_page(guarded, "/personas")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("max")
    assert tab(page, 1) == [("Password", True)]
    page.keyboard.type(PASSWORDS["max"])
    assert tab(page, 1) == [("Sign in", True)]
    page.keyboard.press("Enter")
    expect_heading(page, "Personas")
    page.get_by_label("Find a customer").focus()
    assert tab(page, 2) == [("Change theme", True), ("Sign out max", True)]
    page.keyboard.press("Enter")
    expect_heading(page, "Sign in")


@pytest.mark.parametrize("path", ["/personas", "/lookup/"])
def test_a_long_name_has_room_on_a_phone(guarded: Product, open_page: OpenPage, path: str) -> None:
    page = open_page(guarded, path, viewport=PHONE)
    sign_in(page, LONG, PASSWORD)
    leave = page.get_by_role("button", name=re.compile(f"Sign out {LONG}"))
    expect(leave).to_be_visible()
    expect(page.get_by_placeholder(re.compile("Customer id|For example")).locator("visible=true").first).to_be_visible()
    parts = page.locator(".top, .lk-top").evaluate(PARTS)
    assert len(parts) >= 3
    assert [left >= 0 and right <= PHONE["width"] and bottom - top < 60 for left, right, top, bottom in parts] == [True] * len(parts)
    assert [after[0] >= before[1] for before, after in pairwise(parts)] == [True] * (len(parts) - 1)
    expect_no_sideways_scroll(page)
    page.wait_for_load_state("networkidle")
    leave.click()
    expect_heading(page, "Sign in")
