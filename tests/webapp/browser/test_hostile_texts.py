"""Ids, words, titles, descriptions and file names that would be markup if anything took them for it."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from pipeline import catalogue
from pipeline.build import build
from pipeline.wanted import Request
from tests.conftest import silent
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.product import Product, running

# Each would leave an element behind, whatever the policy says of its script.
TEXTS = [
    '<img src=x data-planted onerror="planted()">',
    '"><svg data-planted onload=planted()>',
    "</script><script data-planted>planted()</script>",
    "'-planted()-'",
    "javascript:planted()",
    "{{7*7}}<b data-planted>",
    "[x](javascript:planted()) ![x](x)",
    "</textarea><iframe data-planted srcdoc='x'>",
]
FILE = "<img src=x data-planted onerror=planted()>.csv"
CATALOGUE = f"""
[club]
kind = "profile"
title = {json.dumps(TEXTS[0] + " club")}
file = {json.dumps(FILE)}
customer_id = "id"
k = 2
features = [
  {{ name = "age", column = "age" }},
  {{ name = "visits", column = "visits" }},
  {{ name = "likes", column = "likes", codes = {{ {json.dumps(TEXTS[2])} = 0, {json.dumps(TEXTS[5])} = 1 }} }},
]
"""
PERSONAS = f"""
[club.0]
name = {json.dumps(TEXTS[3] + TEXTS[6])}
summary = {json.dumps(TEXTS[1])}
actions = [{json.dumps(TEXTS[2])}, {json.dumps(TEXTS[6])}]
"""
PLACES = ["/", "/club", "/personas", "/customers", "/quality", "/data?dataset=club", "/lookup/?dataset=club"]


def ids() -> list[str]:
    return [f"{text}{number}" for number in range(5) for text in TEXTS]


@pytest.fixture(scope="module")
def hostile(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on a file that holds nothing else."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "datasets.toml").write_text(CATALOGUE)
    (folder / "personas.toml").write_text(PERSONAS)
    words = (TEXTS[2], TEXTS[5])
    rows = [(own, 20 + at % 40, at % 13, words[at % 2]) for at, own in enumerate(ids())]
    with (folder / FILE).open("w", newline="") as file:
        csv.writer(file).writerows([("id", "age", "visits", "likes"), *rows, (TEXTS[0], "not an age", 1, words[0])])
    request = Request(catalogue.load(folder / "datasets.toml"), folder, folder / "runs")
    build(request, created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent)
    with running(folder / "runs", folder / "log") as product:
        yield product


@pytest.mark.slow
@pytest.mark.parametrize("place", [*PLACES, *(f"/customers/club/{quote(own, safe='')}" for own in (ids()[0], ids()[2], ids()[6]))])
def test_are_shown_as_text(hostile: Product, open_page: OpenPage, place: str, refused: Callable[[str, int], None]) -> None:
    refused("texts that would be markup, on a page", len(TEXTS))
    page = open_page(hostile, place)
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-planted]").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.locator("iframe").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
def test_are_searched_for_as_text(hostile: Product, open_page: OpenPage, text: str, refused: Callable[[str, int], None]) -> None:
    refused("texts that would be markup, searched for", 1)
    page = open_page(hostile, "/customers")
    page.locator("#q").fill(text)
    expect(page.locator("#found").get_by_text(f"{text}0", exact=True).first).to_be_visible()
    assert page.locator("[data-planted]").count() == 0


@pytest.mark.slow
def test_in_the_name_of_a_file_that_is_sent(hostile: Product, open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("id\n1\n")
    page = open_page(hostile, "/data?dataset=club")
    page.locator(".drop input").set_input_files(tmp_path / FILE)
    expect(page.get_by_role("heading", name=f"{FILE} was refused")).to_be_visible()
    assert page.locator("[data-planted]").count() == 0
