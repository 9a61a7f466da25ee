import json
from pathlib import Path

import pytest

from tests.webapp.handmade import BUYERS, buyer, known_before, publish
from tests.webapp.pages.test_every_page import ask, page, texts
from webapp import payload, routes
from webapp.pages import migration
from webapp.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("made")
    publish(root)
    return Store(root)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same customers as a crowd."""
    root = tmp_path_factory.mktemp("crowd")
    publish(root)
    store = Store(root, most=3)
    store.refresh()
    assert store.arrived.wait(30)
    return store


def said(store: Store, query: str = "") -> list[str]:
    return page(ask(store, "/migration", query))[0]


def test_the_last_two_months_come_first(store: Store) -> None:
    found = said(store)
    assert {"January 2024", "February 2024", "Loyal High Spenders to Churn Risk: 1 customer, £100 a year"} <= set(found)
    # At the end, new, and moved.
    assert {"5", "25 % of those known"} <= set(found)


def test_any_two_months_can_be_chosen(store: Store) -> None:
    found = said(store, "?from=2023-09-01&to=2024-02-01")
    assert "From September 2023 to February 2024, customers" in found
    assert "Loyal High Spenders to Churn Risk: 1 customer" in found


@pytest.mark.parametrize("query", ["?from=2024-02-01&to=2023-09-01", "?to=1999-01-01", "?from=nonsense", "?from=2024-02-01"])
def test_months_that_do_not_follow_each_other_give_way_to_those_that_do(store: Store, query: str) -> None:
    found = said(store, query)
    assert {"To", "Customers at the end"} <= set(found)


def test_a_pair_of_personas_lists_who_it_is(store: Store) -> None:
    found = said(store, "?from=2024-01-01&to=2024-02-01&before=Loyal+High+Spenders&after=Loyal+High+Spenders")
    assert "Still Loyal High Spenders: 2 customers" in found
    assert {"/customers/shop/7", "/customers/shop/8"} <= set(found)
    assert "/customers/shop/100" not in found
    query = "from=2024-01-01&to=2024-02-01&before=Loyal+High+Spenders&after=Loyal+High+Spenders"
    assert f"/download/shop/movers.csv?{query}" in found


def test_a_cell_leads_to_the_list_that_it_changes(store: Store) -> None:
    asked = ask(store, "/migration", "?before=Churn+Risk&after=Churn+Risk")
    found = texts(json.loads(payload.dump(routes.layout(asked)[0])))
    query = "from=2024-01-01&to=2024-02-01&before=Loyal+High+Spenders&after=Churn+Risk"
    assert f"/migration?{query}#movers" in found
    # The place says what it lists, and so knows that it is another.
    assert {"movers", "from=2024-01-01&to=2024-02-01&before=Churn+Risk&after=Churn+Risk"} <= set(found)


class TestCrowd:
    def test_what_goes_through_all_history_comes_later(self, crowd: Store) -> None:
        found = said(crowd)
        assert {"movers-list-ask", "staying-ask", "Loyal High Spenders to Churn Risk: 1 customer"} <= set(found)
        assert "/customers/shop/12" not in found
        assert not any("Of those who came into a persona" in text for text in found)

    def test_and_is_that_of_the_same_customers_who_are_none(self, crowd: Store, store: Store) -> None:
        query = "?before=Loyal+High+Spenders&after=Loyal+High+Spenders"
        for make in (migration.movers_of, migration.staying_of):
            found, expected = (payload.dump(make(ask(one, "/migration", query))) for one in (crowd, store))
            assert found == expected
        assert b"/customers/shop/7" in payload.dump(migration.movers_of(ask(crowd, "/migration", query)))


def test_a_pair_that_nobody_made_is_not_listed(store: Store) -> None:
    assert "Loyal High Spenders to Churn Risk: 1 customer" in said(store, "?before=Nobody&after=Churn+Risk")


def test_where_only_the_last_months_are_told_of_that_is_said(store: Store, tmp_path: Path) -> None:
    last = "Only the last 7 months are told of; in the first of them stands everybody who had bought by then."
    assert not any(text.endswith(last) for text in said(store))
    known_before(publish(tmp_path))
    assert any(text.endswith(last) for text in said(Store(tmp_path)))


def test_a_quick_run_says_how_to_get_it(tmp_path: Path) -> None:
    publish(tmp_path, quick=True)
    assert {"Who moved is not known yet", "python -m pipeline build"} <= set(said(Store(tmp_path)))


def test_orders_of_a_single_month_say_that_two_are_needed(tmp_path: Path) -> None:
    publish(tmp_path, buyers=[buyer(row["customer_id"], 3, 1, 10.0, cluster=row["cluster"]) for row in BUYERS])
    assert "There is nothing to compare yet" in said(Store(tmp_path))


def test_the_record_shows_what_a_customer_was(store: Store) -> None:
    found, _ = page(ask(store, "/customers/shop/100"))
    assert "Churn Risk since October 2023, Loyal High Spenders for 2 months before" in found
    found, _ = page(ask(store, "/customers/shop/9"))
    assert "Loyal High Spenders since the first order, in February 2024" in found


def test_the_record_does_not_know_when_the_first_persona_began_where_earlier_months_are_not_told(tmp_path: Path) -> None:
    known_before(publish(tmp_path / "moved"))
    found, _ = page(ask(Store(tmp_path / "moved"), "/customers/shop/100"))
    assert "Churn Risk since October 2023, Loyal High Spenders for at least 2 months before" in found
    assert any(text.endswith("The first persona may have begun earlier: months before that are not told of.") for text in found)
    found, _ = page(ask(Store(tmp_path / "moved"), "/customers/shop/9"))
    assert "Loyal High Spenders since the first order, in February 2024" in found
    known_before(
        publish(tmp_path / "stayed", buyers=[row | {"cluster": 0, "next_cluster": 0, "persona": "Loyal High Spenders"} for row in BUYERS])
    )
    found, _ = page(ask(Store(tmp_path / "stayed"), "/customers/shop/100"))
    assert "Loyal High Spenders since August 2023 or before" in found


def test_the_overview_says_who_moved_in_the_last_month(store: Store) -> None:
    found, _ = page(ask(store, "/", "?dataset=shop"))
    words = "1 customer slipped away, from Loyal High Spenders to Churn Risk: they spent £100 in the year before."
    assert f"In February 2024 {words}" in found
    assert "/migration?dataset=shop" in found
