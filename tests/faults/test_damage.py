"""A run that is not as it was published: altered, gone, or never there."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import artifacts
from tests.faults.clients import ask
from tests.faults.scale import times
from tests.webapp.browser.product import Product, running
from tests.webapp.conftest import Clock
from tests.webapp.handmade import publish
from tests.webapp.sending import until
from webapp.store import RECHECK_SECONDS, Store

FIRST, SECOND, THIRD = (f"2024031{day}T120000Z-0000000{day}" for day in (1, 2, 3))
FLIPS = times(500)
PAGES = ("/", "/shop", "/customers/shop/7", "/lookup/", "/download/shop/customers.csv")


def flips(folder: Path) -> list[tuple[Path, int, int]]:
    """Files of a run, each as often as any other, a place in it that means something, and which bits are turned there."""
    dice = random.Random(0)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = []
    for at in range(FLIPS):
        path = files[at % len(files)]
        content = path.read_bytes()
        # Space between the fields of the manifest can change and say the same.
        places = [place for place, byte in enumerate(content) if path.suffix != ".json" or not chr(byte).isspace()]
        found.append((path, dice.choice(places), dice.randrange(1, 256)))
    return found


def test_none_of_many_single_flipped_bytes_is_served_and_the_last_good_run_stays(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path, clock=clock)
    publish(tmp_path, FIRST)
    good = store.snapshot()
    run = publish(tmp_path, SECOND)
    served = []
    for path, place, bits in flips(run.folder):
        whole = path.read_bytes()
        altered = bytearray(whole)
        altered[place] ^= bits
        path.write_bytes(altered)
        clock.now += RECHECK_SECONDS
        if store.snapshot() is not good or not any(words in store.problem for words in ("altered", "cannot be opened")):
            served.append((path.name, place, bits))
        path.write_bytes(whole)
    assert served == []
    # It was the flips that kept it from being served.
    clock.now += RECHECK_SECONDS
    assert (store.snapshot().run_id, store.problem) == (SECOND, "")


def lose_a_table(root: Path) -> str:
    publish(root, FIRST).table("shop", "orders").unlink()
    return "orders.parquet: the table is missing"


def lose_the_run(root: Path) -> str:
    shutil.rmtree(publish(root, FIRST).folder)
    return "cannot be opened"


def name_nothing(root: Path) -> str:
    publish(root, FIRST)
    (root / "CURRENT").write_text("")
    return "cannot be opened"


@pytest.mark.parametrize("lose", [lose_a_table, lose_the_run, name_nothing])
def test_without_a_run_at_its_start_every_page_says_the_remedy_until_there_is_one(tmp_path: Path, lose: Callable[[Path], str]) -> None:
    runs = tmp_path / "runs"
    words = lose(runs)
    with running(runs, tmp_path / "log") as product:
        for path in PAGES:
            answer = ask(product, path)
            text = answer.body.decode()
            assert (path, answer.status) == (path, 503)
            assert words in text
            assert artifacts.BUILD_COMMAND in text
        assert ask(product, "/readyz").status == 503
        publish(runs, THIRD)
        until(lambda: ask(product, "/readyz").status == 200)
        assert [(path, status(product, path)) for path in PAGES] == [(path, 200) for path in PAGES]


def status(product: Product, path: str) -> int:
    return ask(product, path).status
