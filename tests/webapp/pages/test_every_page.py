import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.webapp.handmade import publish
from webapp import payload, routes
from webapp.pages import customers as search
from webapp.pages import dataset
from webapp.pages.ask import Ask
from webapp.store import Store
from webapp.theme import Theme
from webapp.views import segments
from webapp.views.scope import Scope

ADDRESSES = [
    ("/", ""),
    ("/", "?dataset=mall"),
    ("/", "?dataset=retail&size=revenue"),
    ("/", "?dataset=retail&size=orders"),
    *(("/mall", f"?lens={lens}") for lens in ("clusters", "categories", "spread", "advice")),
    *(
        ("/retail", f"?lens={lens}")
        for lens in ("grid", "segments", "spread", "cohorts", "concentration", "countries", "clusters", "advice")
    ),
    ("/retail", "?lens=segments&segment=Champions"),
    ("/data", "?dataset=mall"),
    ("/data", "?dataset=retail"),
    ("/data/compare", ""),
    ("/mall", "?colour=age&sort=age&order=desc&page=2"),
    ("/retail", "?colour=cluster&sort=monetary"),
    ("/mall", "?gender=Female&age=20~40"),
    ("/retail", "?recency_days=~100&area=-99_-99,99_-99,99_99,-99_99"),
    ("/personas", ""),
    ("/personas", "?dataset=mall"),
    ("/quality", ""),
    ("/quality", "?dataset=mall&score=gap"),
    ("/quality", "?dataset=retail&score=inertia&days=90"),
    ("/migration", ""),
    ("/migration", "?from=2011-01-01&to=2011-06-01&before=Churn+Risk&after=Churn+Risk"),
    ("/customers", ""),
    ("/customers", "?q=1"),
    ("/customers", "?q=no-such-id"),
    ("/customers/mall/1001", ""),
    ("/customers/retail/no-such-id", ""),
]


def ask(store: Store, path: str, query: str = "", theme: Theme = "light") -> Ask:
    return Ask(store, store.snapshot(), path, query, theme)


def texts(content: Any) -> list[str]:
    """Every text of a page as it is sent."""
    if isinstance(content, dict):
        return [text for key, value in content.items() if key not in {"figure", "config"} for text in texts(value)]
    if isinstance(content, list):
        return [text for value in content for text in texts(value)]
    return [content] if isinstance(content, str) else []


def page(asked: Ask) -> tuple[list[str], str]:
    """The texts and the title of a page, with the charts that it asks for later."""
    content, title = routes.layout(asked)
    later = dataset.lens(asked) if dataset.matches(asked) else []
    return texts(json.loads(payload.dump([content, later]))), title


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("path", "query"), ADDRESSES)
def test_every_page_can_be_sent_and_never_says_nan(store: Store, path: str, query: str, theme: Theme) -> None:
    said, title = page(ask(store, path, query, theme))
    assert title.endswith(" · Clientele")
    assert "H1" in said
    assert [text for text in said if re.search(r"\b(nan|NaN|None|inf)\b", text)] == []


@pytest.mark.parametrize("name", ["mall", "retail"])
def test_every_persona_has_its_page_alone_and_beside_another(store: Store, name: str) -> None:
    names = segments.persona_names(Scope(store.snapshot(), name))
    for persona in names:
        path = f"/personas/{name}/{quote(persona, safe='')}"
        said, title = page(ask(store, path))
        assert title == f"{persona} · Clientele"
        assert "What to avoid" in said
        other = next(other for other in names if other != persona)
        beside, _ = page(ask(store, path, f"?with={quote(other)}"))
        assert "What to do with each" in beside


@pytest.mark.parametrize("path", ["/nowhere", "/personas/retail/Nobody", "/personas/nowhere/x", "/customers/nowhere/1", "/a/b/c/d"])
def test_a_wrong_address_gets_a_page_that_helps(store: Store, path: str) -> None:
    said, title = page(ask(store, path))
    assert title == "No such page · Clientele"
    assert {"/", "/mall", "/retail", "/customers"} <= set(said)


def test_an_unknown_customer_is_offered_the_nearest_ids(store: Store) -> None:
    said, _ = page(ask(store, "/customers/mall/1001x"))
    assert "No customer 1001x" in said
    assert "/customers/mall/1001" in said


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/personas", "?dataset=shop"),
        ("/personas/shop/Churn%20Risk", ""),
        ("/personas/shop/Churn%20Risk", "?with=Loyal+High+Spenders"),
        ("/customers/shop/7", ""),
        ("/customers/gym/1", ""),
        ("/shop", "?lens=segments"),
    ],
)
def test_a_run_that_was_built_quickly_says_less_and_nothing_breaks(tmp_path: Path, path: str, query: str) -> None:
    publish(tmp_path, quick=True)
    said, _ = page(ask(Store(tmp_path), path, query))
    assert "H1" in said
    assert {"What would move them", "What describes them", "/quality?dataset=shop", "/quality?dataset=gym"}.isdisjoint(said)


class TestFilters:
    @pytest.mark.parametrize("path", ["/mall", "/retail"])
    def test_a_change_writes_every_place(self, store: Store, path: str) -> None:
        values = dataset.changed(ask(store, path, "?cluster=0&colour=cluster"), "persona")
        assert len(values) == len(dataset.OUTPUTS)
        assert None not in values

    @pytest.mark.parametrize("path", ["/mall", "/retail"])
    def test_the_points_of_the_map_are_sent_again_for_another_colour_alone(self, store: Store, path: str) -> None:
        values = dict(zip(dataset.OUTPUTS, dataset.changed(ask(store, path, "?cluster=0"), "persona"), strict=True))
        assert [place for place, value in values.items() if value is None] == [("map", "figure"), ("map", "drawn")]

    @pytest.mark.parametrize(("path", "query"), [("/mall", "?age=500~"), ("/retail", "?monetary=1e12~")])
    def test_nobody_left_says_so_with_a_way_out_and_leaves_the_charts(self, store: Store, path: str, query: str) -> None:
        values = dict(zip(dataset.OUTPUTS, dataset.changed(ask(store, path, query), "persona"), strict=True))
        assert values["somebody", "hidden"] is True
        assert values["map", "figure"] is None
        said = texts(json.loads(payload.dump(values["nobody", "children"])))
        assert "No customers match these filters" in said
        assert path in said
        assert dataset.lens(ask(store, path, query)) == []
        whole, _ = page(ask(store, path, query))
        assert "No customers match these filters" in whole


class TestSearch:
    def test_enter_opens_the_exact_id_before_one_that_begins_with_it(self, store: Store) -> None:
        assert search.first(ask(store, "/customers"), " 1001 ") == "/customers/mall/1001"

    def test_enter_opens_nothing_when_nothing_begins_with_the_text(self, store: Store) -> None:
        assert search.first(ask(store, "/customers"), "no-such-id") is None

    def test_suggestions_are_of_all_datasets_and_empty_without_a_text(self, store: Store) -> None:
        said = texts(json.loads(payload.dump(search.suggestions(ask(store, "/customers"), "1"))))
        assert any(text.startswith("/customers/mall/") for text in said)
        assert any(text.startswith("/customers/retail/") for text in said)
        assert search.suggestions(ask(store, "/customers"), " ") == []
