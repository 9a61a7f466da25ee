from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from tests.webapp.handmade import Row, buyer
from webapp.snapshot import Snapshot
from webapp.views import orders, segments
from webapp.views.scope import Scope

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"
ShopOf = Callable[[Sequence[Row]], Scope]


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(frame.itertuples(index=False, name=None))


class TestMonths:
    def test_sum_what_was_spent_by_persona_nothing_where_it_bought_nothing(self, shop: Scope) -> None:
        months = pd.DatetimeIndex(["2023-08-01", "2023-12-01", "2024-01-01", "2024-02-01"], name="month")
        expected = pd.DataFrame({LOYAL: [0.0, 200, 250, 400], CHURN: [50.0, 100, 0, 0]}, index=months)
        pd.testing.assert_frame_equal(orders.revenue_by_month(shop), expected, check_index_type=False)

    def test_are_of_the_customers_looked_at(self, shop: Scope) -> None:
        found = orders.revenue_by_month(shop.narrowed("country=France&persona=Churn+Risk"))
        assert found.to_dict() == {CHURN: {pd.Timestamp("2023-12-01"): 100.0}}

    def test_of_nobody_are_none(self, shop: Scope) -> None:
        assert orders.revenue_by_month(shop.narrowed("persona=nobody")).shape == (0, 0)

    def test_add_up_to_all_that_customers_spent(self, demo: Snapshot) -> None:
        scope = Scope(demo, "retail")
        found, totals = orders.revenue_by_month(scope), segments.totals(scope)
        assert found.to_numpy().sum() == pytest.approx(totals["revenue"], rel=1e-12)
        by_persona = segments.personas(scope).set_index("persona")["revenue"]
        pd.testing.assert_series_equal(found.sum(), by_persona, check_names=False, check_index_type=False, rtol=1e-9)


class TestCountries:
    def test_come_by_revenue_and_leave_out_who_has_none(self, shop: Scope) -> None:
        assert rows_of(orders.countries(shop)) == [("UK", 2, 6, 700.0, 700 / 950), ("France", 2, 2, 250.0, 250 / 950)]

    def test_that_are_not_listed_count_in_the_shares(self, shop: Scope) -> None:
        assert rows_of(orders.countries(shop, rows=1)) == [("UK", 2, 6, 700.0, 700 / 950)]

    def test_of_equal_revenue_come_by_name(self, shop_of: ShopOf) -> None:
        scope = shop_of([buyer(name, 1, 1, 10.0, country=name) for name in ("B", "C", "A")])
        assert orders.countries(scope)["country"].to_list() == ["A", "B", "C"]

    def test_of_nobody_are_none(self, shop: Scope) -> None:
        assert len(orders.countries(shop.narrowed("persona=nobody"))) == 0


class TestConcentration:
    def test_the_best_customers_come_first(self, shop: Scope) -> None:
        found = orders.concentration(shop)
        assert found["customers"].to_list() == [0, 0.2, 0.4, 0.6, 0.8, 1]
        assert found["revenue"].to_list() == pytest.approx([0, 0.4, 0.7, 0.85, 0.95, 1])

    def test_has_a_point_per_percent_of_many_customers(self, demo: Snapshot) -> None:
        found = orders.concentration(Scope(demo, "retail"))
        assert found["customers"].to_numpy() == pytest.approx(np.linspace(0, 1, 101), abs=1 / 2945)
        assert (np.diff(found["revenue"]) > 0).all()
        assert (np.diff(found["revenue"], 2) < 1e-3).all()

    def test_more_returned_than_bought_counts_as_nothing(self, shop_of: ShopOf) -> None:
        found = orders.concentration(shop_of([buyer("a", 1, 1, 100.0), buyer("b", 1, 1, -50.0)]))
        assert rows_of(found) == [(0, 0), (0.5, 1), (1, 1)]

    @pytest.mark.parametrize("buyers", [[], [buyer("a", 1, 1, 0.0)], [buyer("a", 1, 1, -5.0)]])
    def test_of_no_revenue_there_is_none(self, shop_of: ShopOf, buyers: list[Row]) -> None:
        found = orders.concentration(shop_of(buyers))
        assert (list(found.columns), len(found)) == (["customers", "revenue"], 0)
