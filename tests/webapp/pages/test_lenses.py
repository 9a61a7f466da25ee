from pathlib import Path

from tests.webapp.handmade import publish
from tests.webapp.pages.test_every_page import ask, page
from tests.webapp.views.test_grid import DISAGREEING
from webapp.pages import dataset
from webapp.store import Store


def said(root: Path, query: str = "") -> list[str]:
    return page(ask(Store(root), "/shop", f"?lens=segments{query}"))[0]


def test_disagreements_are_counted_listed_and_leave_as_files(tmp_path: Path) -> None:
    publish(tmp_path, buyers=DISAGREEING)
    found = said(tmp_path)
    words = "2 customers with £120 of revenue are valuable by one lens and worthless by the other: 1 by the persona and 1 by the grid."
    assert words in found
    assert "/download/shop/disagreements.xlsx" in found


def test_they_follow_the_filters(tmp_path: Path) -> None:
    publish(tmp_path, buyers=DISAGREEING)
    found = said(tmp_path, "&segment=Champions")
    assert "1 customer with £30 of revenue is valuable by one lens and worthless by the other: 1 by the grid." in found
    assert "/download/shop/disagreements.csv?segment=Champions" in found


def test_lenses_that_agree_say_so(tmp_path: Path) -> None:
    publish(tmp_path)
    assert "Nobody here is valuable by one lens and worthless by the other." in said(tmp_path)


def test_of_nobody_there_is_nothing(tmp_path: Path) -> None:
    publish(tmp_path)
    assert dataset.lens(ask(Store(tmp_path), "/shop", "?lens=segments&monetary=9999~")) == []
