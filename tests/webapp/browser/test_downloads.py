import base64
import csv
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Download, Page

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.dataset_page import expect_count
from tests.webapp.browser.looks import expect_drawn
from tests.webapp.browser.product import Product
from tests.webapp.lenses import disagreements
from webapp.theme import SEQUENTIAL, persona_colours

pytestmark = pytest.mark.slow

# Plotly has more, one of which sends the data to a cloud.
OFFERED = {"Download plot as a PNG", "Lasso Select", "Box Select", "Zoom", "Pan", "Reset axes"}
# The size of a picture; of its upper part, where no legend stands, the share that anything is drawn on, and how many pixels have
# one of some colours or nearly so.
READ_PICTURE = """async ([picture, colours]) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const brush = new OffscreenCanvas(image.width, image.height).getContext("2d");
    brush.drawImage(image, 0, 0);
    const { data } = brush.getImageData(0, 0, image.width, Math.round(image.height * 0.75));
    const wanted = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
    const counts = colours.map(() => 0);
    let drawn = 0;
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 0 && data[at] + data[at + 1] + data[at + 2] < 3 * 255) drawn += 1;
        wanted.forEach((parts, which) => {
            if (parts.every((part, channel) => Math.abs(part - data[at + channel]) <= 24)) counts[which] += 1;
        });
    }
    return [image.width, image.height, drawn / (data.length / 4), counts];
}"""


def save(page: Page, link: str, into: Path) -> Path:
    """Follow a link that leads to a file."""
    with page.expect_download() as caught:
        page.get_by_role("link", name=link).click()
    return saved(caught.value, into)


def saved(download: Download, into: Path) -> Path:
    path = into / download.suggested_filename
    download.save_as(path)
    return path


def test_a_narrowed_list_leaves_whole_as_csv_and_as_xlsx(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    buyers = published.customers(demo.artifacts, "retail")
    few = buyers[(buyers["persona"] == "Churn Risk") & (buyers["monetary"] >= 1000)]
    ids = sorted(few["customer_id"], key=lambda name: (len(name), name))
    page = open_page(demo, "/retail?persona=Churn+Risk&monetary=1000~")
    expect_count(page, len(few), len(buyers))

    path = save(page, "Download these customers as CSV", tmp_path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(ids) > 10  # more than the page shows
    assert [row["customer_id"] for row in rows] == ids

    path = save(page, "Download these customers as XLSX", tmp_path)
    assert path.suffix == ".xlsx"
    head, *cells = openpyxl.load_workbook(path)["customers"].iter_rows(values_only=True)
    assert [dict(zip(head, row, strict=True))["customer_id"] for row in cells] == ids
    assert page.url.endswith("/retail?persona=Churn+Risk&monetary=1000~")


def test_customers_on_whom_the_lenses_disagree_leave_all_of_them(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    expected = [customer_id for customer_id, _ in disagreements(published.customers(demo.artifacts, "retail"))]
    page = open_page(demo, "/retail?lens=segments")
    expect_drawn(page, 3, "light")
    path = save(page, "Download the disagreements as CSV", tmp_path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        assert [row["customer_id"] for row in csv.DictReader(file)] == expected
    book = openpyxl.load_workbook(save(page, "Download the disagreements as XLSX", tmp_path))
    assert [row[0] for row in book["disagreements"].iter_rows(min_row=2, values_only=True)] == expected


def test_charts_leave_as_pictures_points_and_all_and_nothing_else_is_offered(demo: Product, open_page: OpenPage, tmp_path: Path) -> None:
    personas = list(persona_colours(published.customers(demo.artifacts, "retail")["persona"].unique()).values())
    ends = [SEQUENTIAL["light"][0], SEQUENTIAL["light"][-1]]
    page = open_page(demo, "/retail")
    expect_drawn(page, 3, "light")
    # The map is drawn by WebGL, the months as shapes, the grid as an image that fills it.
    for name, colours, filled in (("map", personas, 0.01), ("beside", personas, 0.1), ("lens", ends, 0.7)):
        page.locator(f"#{name}").hover()
        with page.expect_download() as caught:
            page.locator(f"#{name}").get_by_role("button", name="Download plot as a PNG").click()
        path = saved(caught.value, tmp_path)
        assert path.name == f"clientele-{name}.png"
        width, height, drawn, counts = page.evaluate(READ_PICTURE, [base64.b64encode(path.read_bytes()).decode(), colours])
        box = page.locator(f"#{name}").bounding_box()
        assert box is not None
        assert (width, height) == (int(box["width"] * 2), box["height"] * 2)
        assert drawn > filled
        assert min(counts) > 0, dict(zip(colours, counts, strict=True))
    buttons = page.get_by_role("toolbar").get_by_role("button")
    assert {button.get_attribute("aria-label") for button in buttons.all()} == OFFERED
