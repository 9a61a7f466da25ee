import json
from pathlib import Path

import pytest

from tests.webapp.handmade import publish
from tests.webapp.pages.test_every_page import ask, texts
from webapp import payload
from webapp.pages.moved import moved
from webapp.store import Store
from webapp.views.scope import Scope

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


def said(root: Path, name: str) -> list[str]:
    asked = ask(Store(root), "/data", f"?dataset={name}")
    return texts(json.loads(payload.dump(moved(asked, Scope(asked.snapshot, name)))))


def test_who_moved_is_counted_by_what_happened(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    publish(tmp_path, SECOND, members=[])
    found = said(tmp_path, "gym")
    assert (
        "1 customer moved to another persona because of what changed about them, 3 because the model moved; 2 are new, 1 is gone." in found
    )
    assert {"Customers moved", "The model moved", "New", "Gone", "/download/gym/changes.csv"} <= set(found)
    # A persona of this run is a link.
    assert "/personas/gym/Budget%20Conscious" in found


@pytest.mark.parametrize(
    ("quick", "runs", "words"),
    [
        (False, 1, "This is the first run: there is none to compare it with. The next one says here who moved."),
        (False, 2, "Nobody: neither the files nor the settings changed, and the dataset was taken from the run before as it was."),
        (True, 2, "This run was built quickly: who moved was not worked out. Build it without --quick to know."),
    ],
)
def test_where_there_is_nothing_to_tell_it_says_why(tmp_path: Path, quick: bool, runs: int, words: str) -> None:
    for run_id in (FIRST, SECOND)[:runs]:
        publish(tmp_path, run_id, quick=quick)
    found = said(tmp_path, "shop")
    assert words in found
    assert "/download/shop/changes.csv" not in found
