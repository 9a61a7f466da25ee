from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.webapp.handmade import Row, buyer, publish
from webapp.snapshot import Snapshot
from webapp.views import trust
from webapp.views.scope import Scope

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"


@pytest.fixture
def quick(tmp_path: Path) -> Snapshot:
    """A run without what tells how far it can be trusted."""
    return Snapshot(publish(tmp_path, quick=True))


class TestScores:
    def test_have_a_row_per_k_and_the_silhouette_first(self, shop: Scope) -> None:
        found = trust.scores(shop)
        assert list(found.index) == [1, 2, 3, 4]
        assert list(found) == ["silhouette", "davies_bouldin", "calinski_harabasz", "inertia", "gap", "gap_error"]
        assert found["silhouette"].dropna().to_dict() == {2: 0.4, 3: 0.5, 4: 0.3}
        assert found.loc[1, "inertia"] == 15

    def test_of_a_quick_run_are_those_of_its_own_k(self, quick: Snapshot) -> None:
        assert trust.scores(Scope(quick, "shop")).to_dict() == {"silhouette": {3: 0.5}}

    def test_the_k_in_use_is_the_number_of_clusters(self, shop: Scope, gym: Scope) -> None:
        assert (trust.k_in_use(shop), trust.k_in_use(gym)) == (3, 2)


class TestSilhouettes:
    def test_run_from_the_best_fit_to_the_worst_in_every_cluster(self, shop: Scope) -> None:
        expected = [[0, 0.25, 0.7], [0, 0.75, 0.5], [1, 0.5, 0.5], [2, 0.25, 0.5], [2, 0.75, 0.5]]
        assert trust.silhouettes(shop).to_numpy().tolist() == expected

    @pytest.mark.parametrize("customers", [199, 200, 201, 399, 400, 1000])
    def test_keep_their_shape_when_they_are_thinned_out(self, shop_of: Callable[[Sequence[Row]], Scope], customers: int) -> None:
        fits = np.linspace(0.9, -0.3, customers)
        found = trust.silhouettes(shop_of([buyer(str(at), 10, 1, 100.0, fit=fit) for at, fit in enumerate(fits.tolist())]))
        assert len(found) == min(customers, trust.POINTS)
        assert (found["fit"].iloc[0], found["fit"].iloc[-1]) == (0.9, -0.3)
        # Fit falls evenly with rank: so it does along the places that are left.
        wanted = 0.9 - 1.2 * (found["place"] * customers - 0.5) / (customers - 1)
        np.testing.assert_allclose(found["fit"], wanted)
        assert np.diff(found["place"]).max() <= 2 / min(customers, trust.POINTS)

    def test_left_of_nought_customers_are_misplaced(self, shop_of: Callable[[Sequence[Row]], Scope]) -> None:
        fits = {"1": -0.1, "2": 0.0, "3": -0.5}
        scope = shop_of([buyer(name, 10, 1, 100.0, fit=fit) for name, fit in fits.items()] + [buyer("4", 10, 1, 100.0, cluster=2)])
        assert trust.misplaced(scope).to_numpy().tolist() == [[0, 3, 2], [2, 1, 0]]


class TestStability:
    def test_each_persona_is_followed_by_its_clusters(self, shop: Scope) -> None:
        expected = pd.DataFrame(
            [
                ("persona", LOYAL, LOYAL, 3, 0.8, "stable"),
                ("cluster", "0", LOYAL, 2, 0.9, "highly stable"),
                ("cluster", "1", LOYAL, 1, 0.7, "doubtful"),
                ("persona", CHURN, CHURN, 2, 0.7, "doubtful"),
                ("cluster", "2", CHURN, 2, 0.5, "unstable"),
            ],
            columns=["level", "name", "persona", "customers", "value", "grade"],
        )
        pd.testing.assert_frame_equal(trust.stability(shop), expected)

    def test_of_the_whole_is_that_of_the_scaling_in_use(self, shop: Scope) -> None:
        assert trust.adjusted_rand(shop) == (0.8, "stable")

    def test_of_a_quick_run_is_nothing(self, quick: Snapshot) -> None:
        assert trust.stability(Scope(quick, "shop")).empty


class TestScalings:
    def test_the_one_in_use_comes_first_with_its_areas(self, shop: Scope) -> None:
        found = trust.scalings(shop)
        assert list(found) == ["standard", "log"]
        assert found.loc[["silhouette", "auc_90", "auc_180"]].to_numpy().tolist() == [[0.5, 0.4], [0.75, 0.78], [0.8, 0.83]]

    def test_a_log_run_puts_log_first(self, tmp_path: Path) -> None:
        assert list(trust.scalings(Scope(Snapshot(publish(tmp_path, scaling="log")), "shop"))) == ["log", "standard"]

    def test_members_have_no_areas(self, gym: Scope) -> None:
        assert "auc_90" not in trust.scalings(gym).index


class TestForetelling:
    def test_looks_as_far_ahead_as_it_can_first(self, shop: Scope, gym: Scope) -> None:
        assert (trust.horizons(shop), trust.horizons(gym)) == ([180, 90], [])

    def test_personas_come_in_the_order_of_who_came_back(self, shop: Scope) -> None:
        assert trust.foretold(shop, 180).to_numpy().tolist() == [[LOYAL, 2, 1.0, 180.0], [CHURN, 2, 0.0, 0.0]]

    def test_segmentations_begin_with_the_one_in_use(self, tmp_path: Path) -> None:
        found = trust.overall(Scope(Snapshot(publish(tmp_path, scaling="log")), "shop"))
        assert found["segmentation"].drop_duplicates().to_list() == ["log", "standard", "rfm_grid", "spending_deciles"]
        assert found[found["horizon_days"] == 90]["auc"].to_list() == [0.78, 0.76, 0.75, 0.74, 0.77, 0.72]

    def test_the_better_baseline_stands_beside_the_clusters(self, shop: Scope) -> None:
        assert trust.areas(shop) == (0.8, "rfm_grid", 0.82)

    def test_without_a_back_test_there_is_none(self, quick: Snapshot, gym: Scope) -> None:
        assert [trust.areas(scope) for scope in (gym, Scope(quick, "shop"))] == [None, None]
        assert trust.foretold(Scope(quick, "shop"), 180).empty
