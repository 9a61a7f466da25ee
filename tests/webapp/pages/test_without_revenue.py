"""Shops that give away what they sell, or take back more than they sold: every page is there, and tells no share of revenue."""

import json
import re
from pathlib import Path

import pytest

from tests.small import FREE, LOSS, publish
from tests.webapp.pages.test_every_page import ask, page
from webapp import payload
from webapp.pages import overview
from webapp.store import Store
from webapp.views import orders, segments
from webapp.views.scope import Scope

LENSES = ("grid", "segments", "spread", "cohorts", "concentration", "countries", "clusters", "advice")
ADDRESSES = [
    *(("/", f"?dataset=shop&size={size}") for size in ("customers", "revenue", "orders")),
    *(("/shop", f"?lens={lens}") for lens in LENSES),
    *((path, "") for path in ("/data", "/personas", "/quality", "/migration", "/customers", "/customers/shop/c1", "/campaigns")),
]


@pytest.fixture(scope="module", params=[FREE, LOSS], ids=["free", "loss"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    declared, lines = request.param
    return Store(publish(tmp_path_factory.mktemp("unpaid"), declared=declared, lines=lines).folder.parents[1])


@pytest.mark.parametrize(("path", "query"), ADDRESSES)
def test_every_page_is_there_and_says_neither_nan_nor_a_share_of_revenue(store: Store, path: str, query: str) -> None:
    said, _ = page(ask(store, path, query))
    assert [text for text in said if re.search(r"\b(nan|NaN|inf)\b|%[^.]* of revenue", text)] == []


def test_so_has_every_persona(store: Store) -> None:
    for name in segments.persona_names(Scope(store.snapshot(), "shop")):
        said, _ = page(ask(store, f"/personas/shop/{name}"))
        assert "- of all" not in said


def test_overview_draws_no_shares_and_no_areas_of_revenue(store: Store) -> None:
    sent = json.loads(payload.dump(overview.view(ask(store, "/", "?dataset=shop&size=revenue"))))
    assert "shares-finding" not in json.dumps(sent)
    assert "?dataset=shop&size=orders" in json.dumps(sent)
    assert "size=revenue" not in json.dumps(sent)


def test_countries_have_no_share_of_it(tmp_path: Path) -> None:
    declared, lines = FREE
    head, *rows = lines.splitlines()
    told = "\n".join([f"{head},land", *(f"{row},{'UK' if at % 20 % 3 else 'France'}" for at, row in enumerate(rows))]) + "\n"
    run = publish(tmp_path, declared=declared.replace('unit_price = "price"', 'unit_price = "price", country = "land"'), lines=told)
    store = Store(run.folder.parents[1])
    found = orders.countries(Scope(store.snapshot(), "shop"))
    assert sorted(found["country"]) == ["France", "UK"]
    assert found["share"].isna().all()
    said, _ = page(ask(store, "/shop", "?lens=countries"))
    assert {"France brings €0", "UK brings €0"} & {*said}
