import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import artifacts
from tests.webapp.handmade import Row, publish
from webapp.snapshot import Snapshot
from webapp.views import segments
from webapp.views.scope import Scope

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"


class TestTotals:
    def test_of_buyers(self, shop: Scope) -> None:
        assert segments.totals(shop) == {"customers": 5, "personas": 2, "revenue": 1000, "orders": 9, "recency_days": 20}

    def test_of_members_have_no_revenue(self, gym: Scope) -> None:
        assert segments.totals(gym) == {"customers": 3, "personas": 2}

    def test_of_some(self, shop: Scope) -> None:
        found = segments.totals(shop.narrowed("country=France"))
        assert found == {"customers": 2, "personas": 2, "revenue": 250, "orders": 2, "recency_days": 55}

    def test_of_nobody_are_nothing(self, shop: Scope) -> None:
        found = segments.totals(shop.narrowed("persona=nobody"))
        assert found == {"customers": 0, "personas": 0, "revenue": None, "orders": None, "recency_days": None}

    def test_revenue_is_exact_to_the_penny(self, shop_of: Callable[[Sequence[Row]], Scope], shop: Scope) -> None:
        buyers = [{**row, "monetary": 0.1} for row in shop.snapshot.rows("SELECT * FROM shop.customers") for _ in range(20)]
        assert segments.totals(shop_of(buyers))["revenue"] == 10.0

    def test_of_another_run_are_the_same(self, made: Snapshot, shop: Scope) -> None:
        assert segments.totals_of_run(shop, made.run) == {"customers": 5, "personas": 2, "orders": 9, "revenue": 1000}
        assert segments.totals_of_run(Scope(made, "gym"), made.run) == {"customers": 3, "personas": 2}

    def test_of_another_run_are_none_without_the_dataset_and_fewer_without_its_table(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        scope = Scope(Snapshot(run), "shop")
        shutil.rmtree(run.folder / "shop")
        assert segments.totals_of_run(scope, artifacts.open_run(tmp_path, run.manifest.run_id)) == {"customers": 5, "personas": 2}
        assert segments.totals_of_run(Scope(scope.snapshot, "bakery"), run) is None


class TestPersonas:
    def test_come_in_the_order_of_the_rules_with_their_words_and_what_they_bring(self, shop: Scope) -> None:
        expected = pd.DataFrame(
            {
                "persona": [LOYAL, CHURN],
                "summary": ["words", "words"],
                "reason": ["words", "words"],
                "actions": [["first", "second"]] * 2,
                "use_cases": [["first", "second"]] * 2,
                "avoid": [["first", "second"]] * 2,
                "customers": [3, 2],
                "clusters": [[0, 1], [2]],
                "fit": [1.7 / 3, 0.5],
                "revenue": [850.0, 150.0],
                "orders": [7, 2],
                "share": [0.6, 0.4],
                "revenue_share": [0.85, 0.15],
                "orders_share": [7 / 9, 2 / 9],
            }
        )
        found = segments.personas(shop)
        listed = {name: found[name].map(list) for name in ("actions", "use_cases", "avoid", "clusters")}
        pd.testing.assert_frame_equal(found.assign(**listed), expected, check_dtype=False)

    def test_shares_are_of_the_customers_looked_at(self, shop: Scope) -> None:
        found = segments.personas(shop.narrowed("country=France"))
        assert found[["persona", "customers", "share", "revenue_share"]].to_numpy().tolist() == [[LOYAL, 1, 0.5, 0.6], [CHURN, 1, 0.5, 0.4]]

    def test_one_that_nobody_has_is_left_out(self, shop: Scope) -> None:
        assert segments.personas(shop.narrowed("cluster=2"))["persona"].to_list() == [CHURN]

    def test_of_members_bring_no_revenue(self, gym: Scope) -> None:
        found = segments.personas(gym)
        assert found["share"].to_list() == [2 / 3, 1 / 3]
        assert {"revenue", "orders", "orders_share"}.isdisjoint(found.columns)

    def test_of_nobody_are_none(self, shop: Scope) -> None:
        assert len(segments.personas(shop.narrowed("persona=nobody"))) == 0

    def test_names_and_clusters_do_not_depend_on_the_filters(self, shop: Scope) -> None:
        for scope in (shop, shop.narrowed("persona=nobody")):
            assert segments.persona_names(scope) == [LOYAL, CHURN]
            assert segments.cluster_personas(scope) == {0: LOYAL, 1: LOYAL, 2: CHURN}

    def test_means_come_in_the_order_of_the_rules(self, shop: Scope) -> None:
        expected = pd.DataFrame(
            {"persona": [LOYAL, CHURN], "recency_days": [31 / 3, 145], "frequency": [7 / 3, 1], "monetary": [850 / 3, 75]}
        )
        pd.testing.assert_frame_equal(segments.persona_means(shop), expected)


class TestClusters:
    def test_have_their_share_means_and_revenue(self, shop: Scope) -> None:
        expected = pd.DataFrame(
            {
                "cluster": [0, 1, 2],
                "persona": [LOYAL, LOYAL, CHURN],
                "customers": [2, 1, 2],
                "share": [0.4, 0.2, 0.4],
                "recency_days": [5.5, 20, 145],
                "frequency": [3.0, 1, 1],
                "monetary": [350.0, 150, 75],
                "fit": [0.6, 0.5, 0.5],
                "revenue": [700.0, 150, 150],
                "revenue_share": [0.7, 0.15, 0.15],
            }
        )
        pd.testing.assert_frame_equal(segments.clusters(shop), expected, check_dtype=False)

    def test_of_members_have_no_revenue(self, gym: Scope) -> None:
        found = segments.clusters(gym)
        assert list(found.columns) == ["cluster", "persona", "customers", "share", "age", "income", "gender", "fit"]
        assert found[["age", "income", "gender"]].to_numpy().tolist() == [[25, 40, 0.5], [60, 40, 1]]

    def test_of_nobody_are_none(self, shop: Scope, gym: Scope) -> None:
        assert [len(segments.clusters(scope.narrowed("persona=nobody"))) for scope in (shop, gym)] == [0, 0]

    @pytest.mark.parametrize("name", ["mall", "retail"])
    def test_of_a_whole_dataset_are_those_that_were_published(self, demo: Snapshot, name: str) -> None:
        published = demo.frame(f'SELECT * FROM "{name}".clusters ORDER BY cluster')
        pd.testing.assert_frame_equal(segments.clusters(Scope(demo, name))[list(published)], published, check_dtype=False, rtol=1e-9)

    @pytest.mark.parametrize("name", ["mall", "retail"])
    def test_of_a_whole_dataset_hold_everybody_once(self, demo: Snapshot, name: str) -> None:
        scope = Scope(demo, name)
        counted = [
            segments.clusters(scope)["customers"].sum(),
            segments.personas(scope)["customers"].sum(),
            segments.totals(scope)["customers"],
        ]
        assert counted == [scope.record.customers] * 3


class TestAverages:
    def test_are_of_the_customers_looked_at(self, shop: Scope) -> None:
        found = segments.average(shop)
        values = {"recency_days": [1, 10, 20, 90, 200], "frequency": [4, 2, 1, 1, 1], "monetary": [400, 300, 150, 100, 50]}
        assert found == {name: pytest.approx((np.mean(of), np.std(of))) for name, of in values.items()}
        assert segments.average(shop.narrowed("cluster=1"))["monetary"] == (150, 0)

    def test_of_nobody_are_nothing(self, gym: Scope) -> None:
        assert all(np.isnan(part) for pair in segments.average(gym.narrowed("persona=nobody")).values() for part in pair)

    def test_standings_are_shares_of_all_with_less_than_the_median_equal_ones_counting_half(self, shop: Scope) -> None:
        found = segments.standings(shop, LOYAL, ["recency_days", "frequency", "monetary"])
        assert found == pytest.approx({"recency_days": 0.3, "frequency": 0.7, "monetary": 0.7})
        assert segments.standings(shop, CHURN, ["frequency"]) == pytest.approx({"frequency": 0.3})


class TestCategories:
    def test_are_counted_by_persona_in_words(self, gym: Scope) -> None:
        found = segments.category_by_persona(gym, "gender")
        assert found.to_dict("records") == [
            {"persona": "Budget Conscious", "customers": 1, "word": "Female"},
            {"persona": "Young High Spenders", "customers": 1, "word": "Male"},
            {"persona": "Young High Spenders", "customers": 1, "word": "Female"},
        ]

    def test_spread_a_feature_by_quantiles(self, gym: Scope) -> None:
        found = segments.spread_by_category(gym.narrowed("gender=Female"), "age", "gender").set_index("persona")
        assert found.loc["Budget Conscious"].to_dict() == {
            "customers": 1, "word": "Female", "low": 60, "q1": 60, "median": 60, "q3": 60, "high": 60,
        }  # fmt: skip
        assert len(found) == 2

    def test_of_nobody_are_none(self, gym: Scope) -> None:
        nobody = gym.narrowed("persona=nobody")
        assert len(segments.category_by_persona(nobody, "gender")) == 0
        assert list(segments.spread_by_category(nobody, "age", "gender").columns) == [
            "persona", "customers", "word", "low", "q1", "median", "q3", "high",
        ]  # fmt: skip
