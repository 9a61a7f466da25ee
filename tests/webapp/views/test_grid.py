from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from tests.webapp import lenses
from tests.webapp.handmade import Row, buyer
from webapp.snapshot import Snapshot
from webapp.views import grid
from webapp.views.scope import Scope

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"
ShopOf = Callable[[Sequence[Row]], Scope]

# Mean spend by persona 230 and 20, by segment 265, 100 and 50.
DISAGREEING = [
    buyer("a", 1, 1, 500.0, segment="Champions"),
    buyer("b", 1, 1, 10.0, cluster=2, segment="Hibernating"),
    buyer("c", 1, 1, 30.0, cluster=2, segment="Champions"),
    buyer("d", 1, 1, 90.0, segment="Hibernating"),
    buyer("e", 1, 1, 100.0, segment="Loyal"),
]


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(frame.itertuples(index=False, name=None))


def customers_of(demo: Snapshot) -> pd.DataFrame:
    return demo.frame("SELECT * FROM retail.customers")


class TestCells:
    def test_are_counted_by_the_published_scores(self, shop: Scope) -> None:
        found = grid.cells(shop)
        assert list(found.columns) == ["recency", "frequency", "segment", "customers", "revenue"]
        assert rows_of(found) == [
            (1, 2, "Hibernating", 1, 50), (2, 2, "Hibernating", 1, 100), (3, 2, "About to Sleep", 1, 150),
            (4, 4, "Loyal", 1, 300), (5, 5, "Champions", 1, 400),
        ]  # fmt: skip

    def test_do_not_score_anew_whoever_is_looked_at(self, shop: Scope) -> None:
        france = shop.narrowed("country=France")
        assert rows_of(grid.cells(france)) == [(2, 2, "Hibernating", 1, 100), (3, 2, "About to Sleep", 1, 150)]
        assert len(grid.places(france)) == 5

    def test_of_nobody_are_none(self, shop: Scope, shop_of: ShopOf) -> None:
        nobody = shop_of([])
        assert [len(grid.cells(scope)) for scope in (shop.narrowed("persona=nobody"), nobody)] == [0, 0]
        assert (len(grid.places(nobody)), grid.segments(nobody), len(grid.cross_table(nobody))) == (0, [], 0)

    def test_hold_every_customer_once(self, demo: Snapshot) -> None:
        scope = Scope(demo, "retail")
        assert grid.cells(scope)["customers"].sum() == scope.record.customers


class TestCrossTable:
    def test_counts_who_is_in_both(self, shop: Scope) -> None:
        assert rows_of(grid.cross_table(shop)) == [
            (LOYAL, "Champions", 1, 400), (LOYAL, "Loyal", 1, 300), (LOYAL, "About to Sleep", 1, 150), (CHURN, "Hibernating", 2, 150),
        ]  # fmt: skip
        assert rows_of(grid.cross_table(shop.narrowed("country=France"))) == [
            (LOYAL, "About to Sleep", 1, 150),
            (CHURN, "Hibernating", 1, 100),
        ]

    def test_is_the_one_that_counting_gives(self, demo: Snapshot) -> None:
        found = {(persona, segment): counted for persona, segment, *counted in rows_of(grid.cross_table(Scope(demo, "retail")))}
        expected = lenses.shared(customers_of(demo))
        assert found.keys() == expected.keys()
        assert all(found[both] == pytest.approx(counted, rel=1e-9) for both, counted in expected.items())


class TestDisagreements:
    def test_are_valuable_by_one_lens_and_worthless_by_the_other_the_highest_spend_first(self, shop_of: ShopOf) -> None:
        found = grid.disagreements(shop_of(DISAGREEING))
        assert list(found.columns) == ["customer_id", "persona", "segment", "valued_by", "recency_days", "frequency", "monetary"]
        assert rows_of(found) == [("d", LOYAL, "Hibernating", "persona", 1, 1, 90), ("c", CHURN, "Champions", "segment", 1, 1, 30)]

    def test_are_told_by_all_customers_whoever_is_looked_at(self, shop_of: ShopOf) -> None:
        scope = shop_of(DISAGREEING)
        assert grid.disagreements(scope.narrowed("segment=Champions"))["customer_id"].to_list() == ["c"]
        assert len(grid.disagreements(scope.narrowed("persona=nobody"))) == 0

    def test_need_lenses_that_disagree(self, shop: Scope) -> None:
        assert len(grid.disagreements(shop)) == 0

    def test_a_single_persona_is_neither_valuable_nor_worthless(self, shop_of: ShopOf) -> None:
        spends = {"Champions": 1000.0, "Loyal": 100.0, "Hibernating": 10.0}
        assert len(grid.disagreements(shop_of([buyer(segment, 1, 1, spend, segment=segment) for segment, spend in spends.items()]))) == 0

    @pytest.mark.parametrize("shift", [0, 1, 2, 3])
    def test_are_those_that_counting_gives(self, demo: Snapshot, shop_of: ShopOf, shift: int) -> None:
        # The segments of other customers, so that the lenses disagree in every way.
        rows = customers_of(demo).head(400)
        shifted = list(rows["segment"])[shift * 7 :] + list(rows["segment"])[: shift * 7]
        buyers = [
            buyer(row.customer_id, row.recency_days, 1, row.monetary, cluster=row.cluster % 3, segment=segment)
            for row, segment in zip(rows.itertuples(), shifted, strict=True)
        ]
        scope = shop_of(buyers)
        everyone = scope.snapshot.frame("SELECT * FROM shop.customers")
        found = grid.disagreements(scope)
        assert rows_of(found[["customer_id", "valued_by"]]) == lenses.disagreements(everyone)
        facts = found.drop(columns="valued_by")
        known = everyone.set_index("customer_id").loc[found["customer_id"]].reset_index()[list(facts.columns)]
        pd.testing.assert_frame_equal(facts, known, check_dtype=False)
        assert len(found) > 0
