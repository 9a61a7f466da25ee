from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webapp.handmade import MEMBERS, Row, buyer, member, publish, scaled
from webapp.snapshot import Snapshot
from webapp.views import customers, segments
from webapp.views.scope import Scope

LOYAL = "Loyal High Spenders"
ShopOf = Callable[[Sequence[Row]], Scope]
ShopOfIds = Callable[[Sequence[str]], Scope]


def listed(scope: Scope, sort: str = "customer_id", *, descending: bool = False, offset: int = 0, rows: int = 50) -> list[str]:
    return list(customers.page(scope, sort=sort, descending=descending, offset=offset, rows=rows)["customer_id"])


def found_by(scope: Scope, text: str) -> list[str]:
    return list(customers.search(scope, text)["customer_id"])


class TestPage:
    def test_shows_its_columns(self, shop: Scope, gym: Scope) -> None:
        assert customers.columns(gym) == ["customer_id", "persona", "cluster", "age", "income", "gender", "fit"]
        assert customers.columns(shop) == [
            "customer_id", "persona", "cluster", "recency_days", "frequency", "monetary", "orders", "items", "first_order", "last_order",
            "country", "fit",
        ]  # fmt: skip
        for scope in (shop, gym):
            page = customers.page(scope, sort="customer_id", descending=False, offset=0, rows=1)
            assert list(page.columns) == customers.columns(scope)

    @pytest.mark.parametrize(
        ("sort", "ascending", "descending"),
        [
            ("customer_id", ["7", "8", "9", "12", "100"], ["100", "12", "9", "8", "7"]),
            ("monetary", ["100", "12", "9", "8", "7"], ["7", "8", "9", "12", "100"]),
            # Equal values by id, either way.
            ("frequency", ["9", "12", "100", "8", "7"], ["7", "8", "9", "12", "100"]),
            # Who has no value comes last, either way.
            ("country", ["9", "12", "7", "8", "100"], ["7", "8", "9", "12", "100"]),
            ("persona", ["12", "100", "7", "8", "9"], ["7", "8", "9", "12", "100"]),
        ],
    )
    def test_is_sorted_by_a_column(self, shop: Scope, sort: str, ascending: list[str], descending: list[str]) -> None:
        assert listed(shop, sort) == ascending
        assert listed(shop, sort, descending=True) == descending

    @pytest.mark.parametrize("sort", ["", "nonsense", "x", "next_cluster", "monetary; DROP TABLE shop.customers", '"', "1"])
    def test_by_a_column_that_is_not_shown_is_sorted_by_id(self, shop: Scope, sort: str) -> None:
        assert listed(shop, sort) == ["7", "8", "9", "12", "100"]

    def test_goes_on_where_the_one_before_ended(self, shop: Scope) -> None:
        assert [listed(shop, offset=offset, rows=2) for offset in (0, 2, 4, 6)] == [["7", "8"], ["9", "12"], ["100"], []]

    def test_is_of_the_customers_looked_at(self, shop: Scope) -> None:
        assert listed(shop.narrowed("country=France"), "monetary") == ["12", "9"]


class TestCharts:
    def test_points_are_single_precision_and_carry_the_feature_that_colours_them(self, shop: Scope) -> None:
        found = customers.points(shop.narrowed("cluster=0"), "monetary")
        assert found.to_dict("list") == {
            "customer_id": ["7", "8"], "x": [0, 1], "y": [0, 0], "persona": [LOYAL] * 2, "cluster": [0, 0], "monetary": [400, 300],
        }  # fmt: skip
        assert (found["x"].dtype, found["y"].dtype) == (np.float32, np.float32)
        for colour in ("persona", "cluster", 'x", 1; --'):
            assert list(customers.points(shop, colour).columns) == ["customer_id", "x", "y", "persona", "cluster"]

    def test_pairs_are_of_every_customer_looked_at(self, gym: Scope) -> None:
        women = gym.narrowed("gender=Female")
        pairs, every = customers.pair(women, "age", "income")
        assert every == 1
        assert pairs.to_dict("list") == {
            "customer_id": ["1", "10"], "persona": ["Young High Spenders", "Budget Conscious"], "age": [20, 60], "income": [30, 40],
        }  # fmt: skip


class TestSearch:
    def test_finds_ids_by_their_beginning_as_numbers_would_stand(self, shop: Scope) -> None:
        assert customers.search(shop, "1").to_dict("records") == [
            {"customer_id": "12", "persona": "Churn Risk", "cluster": 2},
            {"customer_id": "100", "persona": "Churn Risk", "cluster": 2},
        ]
        assert found_by(shop, "00") == []

    @pytest.mark.parametrize("text", ["", "  ", "\t"])
    def test_nothing_typed_finds_nothing(self, shop: Scope, text: str) -> None:
        found = customers.search(shop, text)
        assert (list(found.columns), len(found)) == (["customer_id", "persona", "cluster"], 0)

    def test_blanks_around_an_id_do_not_matter(self, shop: Scope) -> None:
        assert found_by(shop, " 12 ") == ["12"]

    def test_searches_everybody_whatever_the_filters(self, shop: Scope) -> None:
        assert found_by(shop.narrowed("cluster=0"), "12") == ["12"]

    def test_finds_no_more_than_are_suggested(self, shop_of_ids: ShopOfIds) -> None:
        scope = shop_of_ids([f"{number}" for number in range(100, 130)])
        assert found_by(scope, "1") == [f"{number}" for number in range(100, 108)]
        assert len(customers.search(scope, "1", rows=3)) == 3

    def test_signs_that_mean_something_in_patterns_are_plain_text(self, shop_of_ids: ShopOfIds) -> None:
        scope = shop_of_ids(["1%2", "1_2", "102", "%", "_", "'", "\\", "[1]", "*"])
        for text in ("%", "_", "'", "\\", "[", "*"):
            assert found_by(scope, text) == [
                customer_id for customer_id in ("%", "_", "'", "\\", "[1]", "*") if customer_id.startswith(text)
            ]
        assert found_by(scope, "1%") == ["1%2"]
        assert found_by(scope, "1_") == ["1_2"]

    def test_half_a_character_finds_nothing(self, shop: Scope) -> None:
        assert found_by(shop, "1\ud83d") == []
        assert len(customers.nearest(shop, "1\ud83d")) == 5


STRANGE = ["1", "12", "é1", "e1", "É", "日本", "日", "😀1", "😀", "\ud7ff1", "\ue0001", "ÿ", "z", "~", "\U0010fffe", "a b", "a", "A"]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    buyers = [buyer(customer_id, 10, 1, 100.0) for customer_id in STRANGE]
    return Scope(Snapshot(publish(tmp_path_factory.mktemp("strange"), buyers=buyers)), "shop")


class TestSearchInEveryScript:
    @given(st.sampled_from(sorted({text[:at] for text in STRANGE for at in range(1, len(text) + 1)})) | st.text(min_size=1, max_size=3))
    @settings(max_examples=60, deadline=None)
    def test_finds_what_begins_with_the_text(self, strange: Scope, text: str) -> None:
        typed = text.strip()
        expected = sorted((known for known in STRANGE if known.startswith(typed)), key=lambda known: (len(known), known))
        assert found_by(strange, text) == (expected[:8] if typed else [])


class TestOneCustomer:
    def test_the_nearest_ids_look_like_the_one_that_is_not_there(self, shop_of_ids: ShopOfIds) -> None:
        scope = shop_of_ids(["12346", "12347", "99999", "54321", "12", "80000", "1234"])
        assert customers.nearest(scope, "12345", rows=3) == ["1234", "12346", "12347"]
        assert len(customers.nearest(scope, "x" * 10_000)) == 5

    def test_a_record_holds_all_that_is_published(self, shop: Scope) -> None:
        (expected,) = shop.snapshot.rows("SELECT * FROM shop.customers WHERE customer_id = '100'")
        assert customers.record(shop.narrowed("cluster=0"), "100") == expected
        assert (expected["monetary"], expected["country"]) == (50.0, None)

    @pytest.mark.parametrize("customer_id", ["", "1", "0012", "12 ", "' OR true --", "%"])
    def test_an_id_that_is_not_there_has_no_record(self, shop: Scope, customer_id: str) -> None:
        assert customers.record(shop, customer_id) is None

    def test_standing_is_among_all_and_within_the_persona(self, shop: Scope) -> None:
        record = customers.record(shop, "8")
        assert record is not None
        found = pd.DataFrame(customers.standing(shop, record)).set_index("feature")
        expected = pd.DataFrame(
            {
                "below": [0.3, 0.7, 0.7],  # equal ones count half: of five, one bought later than 10 days ago, and one exactly then
                "mean": [64.2, 1.8, 200],
                "low": [0.2, 0.6, 0.6],  # recency of the persona: 1, 10, 20; a quarter have at most 5.5, as one customer of all has
                "middle": [0.4, 0.8, 0.8],
                "high": [0.4, 0.8, 0.8],
                "mean_of_persona": [31 / 3, 7 / 3, 850 / 3],
                "value": [10, 2, 300.0],
            },
            index=pd.Index(["recency_days", "frequency", "monetary"], name="feature"),
        )
        pd.testing.assert_frame_equal(found[list(expected)], expected, check_dtype=False)

    def test_orders_come_by_time(self, shop: Scope) -> None:
        found = customers.orders_of(shop, "8")
        assert found.to_dict("list") == {
            "order_id": ["8-1", "8-2"], "time": [pd.Timestamp("2024-01-21"), pd.Timestamp("2024-02-20")],
            "items": [3, 3], "spend": [150, 150],
        }  # fmt: skip
        assert len(customers.orders_of(shop, "nobody")) == 0


def distances(rows: list[Row], names: Sequence[str], scaling: str, customer_id: str) -> dict[str, float]:
    """Customer to the distance from one of them, worked out with numpy."""
    values = np.column_stack([scaled(rows, name, scaling)[0] for name in names if len({row[name] for row in rows}) > 1])
    own = values[[row["customer_id"] for row in rows].index(customer_id)]
    away = np.sqrt(((values - own) ** 2).sum(axis=1))
    return {row["customer_id"]: float(distance) for row, distance in zip(rows, away, strict=True) if row["customer_id"] != customer_id}


def assert_nearest(found: pd.DataFrame, expected: dict[str, float], rows: int) -> None:
    """The nearest ones by the distances expected; which of equally near ones come is left open."""
    assert found["distance"].to_list() == pytest.approx(sorted(expected.values())[:rows], abs=1e-9)
    assert [expected[customer_id] for customer_id in found["customer_id"]] == pytest.approx(found["distance"].to_list(), abs=1e-9)
    assert found["customer_id"].is_unique


class TestShown:
    @pytest.mark.parametrize("query", ["", "cluster=0", "country=France", "persona=nobody", "recency_days=~100"])
    def test_are_the_customers_looked_at_in_the_order_of_the_points(self, shop: Scope, query: str) -> None:
        scope = shop.narrowed(query)
        everybody = customers.points(shop)["customer_id"].to_numpy()
        assert set(everybody[customers.shown(scope)]) == set(customers.points(scope)["customer_id"])


class TestSimilar:
    @pytest.mark.parametrize("scaling", ["standard", "log"])
    def test_customers_are_near_in_the_scaled_features(self, tmp_path: Path, scaling: str) -> None:
        scope = Scope(Snapshot(publish(tmp_path, scaling=scaling)), "shop")
        rows = scope.snapshot.rows("SELECT * FROM shop.customers")
        for row in rows:
            found = customers.similar(scope, row, rows=3)
            assert list(found.columns) == [*customers.columns(scope), "distance"]
            assert_nearest(found, distances(rows, list(scope.units), scaling, row["customer_id"]), 3)

    @pytest.mark.parametrize("name", ["mall", "retail"])
    def test_customers_of_a_large_dataset_are_those_that_numpy_finds(self, demo: Snapshot, name: str) -> None:
        scope = Scope(demo, name)
        rows = demo.rows(f'SELECT * FROM "{name}".customers')
        for row in rows[:: len(rows) // 3]:
            found = customers.similar(scope, row)
            assert_nearest(found, distances(rows, list(scope.units), str(scope.record.settings["scaling"]), row["customer_id"]), 10)

    def test_customers_who_are_equally_near_come_by_id(self, shop_of_ids: ShopOfIds) -> None:
        scope = shop_of_ids(["3", "20", "100", "4"])
        assert len(customers.similar(scope, customers.record(scope, "3") or {})) == 0  # nothing differs: nothing was clustered

    def test_a_feature_that_is_the_same_for_all_is_left_out(self, tmp_path: Path) -> None:
        scope = Scope(Snapshot(publish(tmp_path, members=[member("1", 20, 30, 1), member("2", 30, 30, 1), member("3", 60, 30, 1)])), "gym")
        assert customers.similar(scope, customers.record(scope, "1") or {})["customer_id"].to_list() == ["2", "3"]


class TestTypical:
    def test_customers_are_nearest_to_the_centre_of_their_own_cluster(self, shop_of: ShopOf) -> None:
        spent = {"1": 100.0, "2": 110.0, "3": 190.0, "4": 900.0, "5": 930.0, "6": 1000.0}
        scope = shop_of([buyer(customer_id, 10, 1, value, cluster=int(value > 500)) for customer_id, value in spent.items()])
        # Means: 133.3 and 943.3; away from them: 33.3, 23.3, 56.7 and 43.3, 13.3, 56.7.
        found = customers.typical(scope, LOYAL)
        assert list(found.columns) == customers.columns(scope)
        assert found["customer_id"].to_list() == ["5", "2", "1", "4", "3"]
        assert customers.typical(scope, LOYAL, rows=1)["customer_id"].to_list() == ["5"]
        assert len(customers.typical(scope, "nobody")) == 0

    def test_customers_of_a_large_dataset_are_those_that_numpy_finds(self, demo: Snapshot) -> None:
        scope = Scope(demo, "retail")
        rows, names = demo.rows("SELECT * FROM retail.customers"), list(scope.units)
        values = np.column_stack([scaled(rows, name, "standard")[0] for name in names])
        clusters = np.array([row["cluster"] for row in rows])
        away = np.array([np.linalg.norm(value - values[clusters == own].mean(axis=0)) for value, own in zip(values, clusters, strict=True)])
        for persona in segments.persona_names(scope):
            own = {row["customer_id"]: distance for row, distance in zip(rows, away, strict=True) if row["persona"] == persona}
            found = [own[customer_id] for customer_id in customers.typical(scope, persona)["customer_id"]]
            assert found == pytest.approx(sorted(own.values())[:5], rel=1e-6)


WORDS_OF_QUERIES = ["mean", "distance", "middle", "own", "q", "low", "centre", "spread", "code", "customer"]


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    features: list[dict[str, Any]] = [{"name": name, "column": name, "unit": "", "codes": None} for name in WORDS_OF_QUERIES]
    members = [{**row, **{name: float(row["age"] + at) for at, name in enumerate(WORDS_OF_QUERIES)}} for row in MEMBERS]
    return Scope(Snapshot(publish(tmp_path_factory.mktemp("awkward"), members=members, member_features=features)), "gym")


class TestFeaturesWithAwkwardNames:
    def test_have_their_averages(self, awkward: Scope) -> None:
        means = {name: 110 / 3 + at for at, name in enumerate(WORDS_OF_QUERIES)}
        assert {name: mean for name, (mean, _) in segments.average(awkward).items()} == pytest.approx(means)
        assert list(segments.clusters(awkward)[WORDS_OF_QUERIES].iloc[1]) == [60.0 + at for at in range(len(WORDS_OF_QUERIES))]

    def test_have_their_standings(self, awkward: Scope) -> None:
        record = customers.record(awkward, "2") or {}
        found = pd.DataFrame(customers.standing(awkward, record)).set_index("feature")
        assert found["below"].to_dict() == pytest.approx(dict.fromkeys(WORDS_OF_QUERIES, 0.5))
        assert found["mean"].to_dict() == pytest.approx({name: 110 / 3 + at for at, name in enumerate(WORDS_OF_QUERIES)})
        assert segments.standings(awkward, "Budget Conscious", WORDS_OF_QUERIES) == pytest.approx(dict.fromkeys(WORDS_OF_QUERIES, 2.5 / 3))

    def test_have_their_neighbours(self, awkward: Scope) -> None:
        assert customers.similar(awkward, customers.record(awkward, "1") or {})["customer_id"].to_list() == ["2", "10"]
        assert customers.typical(awkward, "Budget Conscious")["customer_id"].to_list() == ["10"]
