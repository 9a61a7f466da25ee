import csv
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import PHONE, expect_no_sideways_scroll, faults
from tests.webapp.browser.product import Product
from tests.webapp.browser.test_downloads import save
from tests.webapp.browser.test_keyboard import FOCUS

pytestmark = pytest.mark.slow

HEAD = "CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n"
ROWS = [f"x{at},{('Male', 'Female')[at % 2]},{20 + at % 50},{15 + at},{at}" for at in range(60)]
MEMBERS = HEAD + "".join(f"{row}\n" for row in [*ROWS, "x60,Male,old,40,50", "x61,Female,30,40,1e12"])
ORDERS = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
# A drop as a browser makes it of files that come from the desktop.
DROP = """files => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) transfer.items.add(new File([content], name, { type: "text/csv" }));
    const told = { dataTransfer: transfer, bubbles: true, cancelable: true };
    for (const type of ["dragover", "drop"]) document.querySelector(".drop").dispatchEvent(new DragEvent(type, told));
}"""
TAKEN = "mall.csv: 60 customers placed"


@pytest.fixture
def members(tmp_path: Path) -> Path:
    """A file of sixty customers, and two rows that cannot be used."""
    path = tmp_path / "mall.csv"
    path.write_text(MEMBERS)
    return path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A file that takes some seconds to read."""
    path = tmp_path / "orders.csv"
    days = [f"2023-0{month}-11 10:00:00" for month in range(1, 10)]
    lines = (f"{at // 4},A{at % 99},thing,{1 + at % 5},{days[at % 9]},2.5,{13_000 + at % 9_000},France\n" for at in range(150_000))
    with path.open("w") as file:
        file.write(ORDERS)
        file.writelines(lines)
    return path


def choose(page: Page, path: Path) -> None:
    page.locator(".drop input").set_input_files(path)


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", name=text, exact=True)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_file_is_scored_and_leaves_as_csv_and_xlsx_with_the_rows_kept_out(
    demo: Product, open_page: OpenPage, members: Path, tmp_path: Path
) -> None:
    page = open_page(demo, "/data?dataset=mall")
    choose(page, members)
    expect(heading(page, TAKEN)).to_be_visible()
    expect(heading(page, "60 of 62 rows used")).to_be_visible()
    expect(page.get_by_text("60 are new.")).to_be_visible()
    expect(page.locator(".progressing")).to_have_count(0)
    assert faults(page) == []

    rows = rows_of(save(page, "Download the scored customers as CSV", tmp_path))
    assert {row["customer_id"] for row in rows} == {f"x{at}" for at in range(60)}
    assert {row["status"] for row in rows} == {"new"}
    path = save(page, "Download the scored customers as XLSX", tmp_path)
    assert path.name == "mall-mall-customers.xlsx"
    head, *cells = openpyxl.load_workbook(path)["Customers"].iter_rows(values_only=True)
    assert [dict(zip(head, row, strict=True))["customer_id"] for row in cells] == [row["customer_id"] for row in rows]
    kept_out = rows_of(save(page, "Download the rows kept out of mall.csv as CSV", tmp_path))
    places = [(row["source"], row["source_row"], row["CustomerID"]) for row in kept_out]
    assert places == [("mall.csv", "62", "x60"), ("mall.csv", "63", "x61")]

    page.set_viewport_size(PHONE)
    expect_no_sideways_scroll(page)
    assert faults(page) == []


def test_the_result_stays_after_a_reload_and_back_leads_to_the_page_before_it(demo: Product, open_page: OpenPage, members: Path) -> None:
    page = open_page(demo, "/personas")
    expect(page.locator("main h1")).to_have_text("Personas")
    page.get_by_role("link", name="Data", exact=True).click()
    choose(page, members)
    expect(heading(page, TAKEN)).to_be_visible()
    address = page.url
    page.reload()
    expect(heading(page, TAKEN)).to_be_visible()
    assert page.url == address

    page.go_back()
    expect(heading(page, TAKEN)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/data$"))
    expect(page.locator(".drop")).to_be_visible()
    page.go_forward()
    expect(heading(page, TAKEN)).to_be_visible()


def test_a_file_that_is_refused_says_why_and_another_may_follow(demo: Product, open_page: OpenPage, members: Path, tmp_path: Path) -> None:
    page = open_page(demo, "/data?dataset=mall")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,age\n1,2\n")
    choose(page, wrong)
    expect(heading(page, "wrong.csv was refused")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("CustomerID")
    assert faults(page) == []
    choose(page, members)
    expect(heading(page, TAKEN)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_beyond_the_limit_and_several_at_once_are_refused_before_they_are_sent(
    demo: Product, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(demo, "/data?dataset=mall")
    expect(page.locator(".drop")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(25_000_001)
    choose(page, large)
    expect(page.get_by_role("alert")).to_have_text(
        "large.csv is larger than 25 MB, the most that is taken here. Use python -m pipeline score."
    )
    page.evaluate(DROP, [["a.csv", "x"], ["b.csv", "y"]])
    expect(page.get_by_role("alert")).to_have_text("One file at a time. Send the others afterwards.")
    assert [url for url in asked if "/scoring/" in url] == []


def test_a_file_may_be_dropped(demo: Product, open_page: OpenPage) -> None:
    page = open_page(demo, "/data?dataset=mall")
    expect(page.locator(".drop")).to_be_visible()
    page.evaluate(DROP, [["mall.csv", MEMBERS]])
    expect(heading(page, TAKEN)).to_be_visible()


def test_the_keyboard_is_enough(demo: Product, open_page: OpenPage, members: Path) -> None:
    page = open_page(demo, "/data?dataset=mall")
    field = page.locator(".drop input")
    # Listened for from the beginning: the browser is told of it without an answer.
    with page.expect_file_chooser() as caught:
        field.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(field).to_be_focused()
        # The box around it shows that it has the focus.
        assert page.evaluate(FOCUS)[0] == "Choose a file, or drop it here"
        assert page.locator(".drop").evaluate("box => getComputedStyle(box).outlineStyle") == "solid"
        page.keyboard.press("Space")
    caught.value.set_files(members)
    expect(heading(page, TAKEN)).to_be_visible()


@pytest.fixture
def working(demo: Product, open_page: OpenPage, orders: Path) -> Iterator[Page]:
    """A page whose file is being read; the turn is free again after the test."""
    page = open_page(demo, "/data?dataset=retail")
    choose(page, orders)
    expect(heading(page, "Scoring orders.csv")).to_be_visible()
    yield page
    expect(heading(page, "orders.csv: 9,000 customers placed")).to_be_visible()


def test_pages_answer_while_a_file_is_read(working: Page) -> None:
    other = working.context.new_page()
    other.goto("/mall", wait_until="commit")
    expect(other.locator("main h1")).to_have_text("Mall customers")
    assert working.get_by_role("progressbar").count() == 1
    assert faults(working) == []
    other.close()


def test_a_second_file_waits_for_its_turn(working: Page, members: Path) -> None:
    other = working.context.new_page()
    other.goto("/data?dataset=mall", wait_until="commit")
    choose(other, members)
    expect(other.get_by_role("progressbar")).to_be_visible()
    expect(heading(other, TAKEN)).to_be_visible()
    other.close()
