from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipeline import holdout
from pipeline.catalogue import Catalogue
from pipeline.holdout import Cut
from pipeline.settings import TransactionsDataset
from tests.shops import AS_OF, held_out, shop, with_lines

FIRST = date(2024, 1, 1)


@pytest.fixture(scope="module")
def retail(shipped: Catalogue) -> TransactionsDataset:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    return dataset


def cut(days: int, day: date | None = None) -> Cut:
    """Where orders of so many days are cut for both horizons."""
    span, as_of = (FIRST, FIRST + timedelta(days=days - 1)), FIRST + timedelta(days=days)
    return holdout.cut(span, as_of, day, holdout.HORIZONS)


class TestCut:
    def test_the_longest_horizon_that_fits_decides_on_the_day(self) -> None:
        assert cut(720) == Cut(FIRST + timedelta(days=540), (90, 180), ())

    def test_a_shorter_history_leaves_the_shorter_horizon(self) -> None:
        assert cut(300) == Cut(
            date(2024, 7, 29),
            (90,),
            ("180 days ahead: that needs as many days of orders before 2024-07-29 and from then on, and there are 210 and 90.",),
        )

    def test_a_history_just_long_enough_has_both_and_one_day_less_has_not(self) -> None:
        assert (cut(360).horizons, cut(359).horizons) == ((90, 180), (90,))
        assert (cut(180).horizons, cut(179).horizons) == ((90,), ())

    def test_a_short_history_has_none(self) -> None:
        assert cut(100) == Cut(
            None,
            (),
            (
                "90 days ahead: that needs orders of 180 days, and these span 100.",
                "180 days ahead: that needs orders of 360 days, and these span 100.",
            ),
        )

    def test_a_given_day_leaves_out_the_horizon_that_reaches_beyond_the_orders(self) -> None:
        day = FIRST + timedelta(days=620)
        assert cut(720, day) == Cut(
            day,
            (90,),
            ("180 days ahead: that needs as many days of orders before 2025-09-12 and from then on, and there are 620 and 100.",),
        )

    @pytest.mark.parametrize(("day", "past", "ahead"), [(date(2030, 1, 1), 720, 0), (date(2000, 1, 1), 0, 720)])
    def test_a_day_outside_of_the_orders_has_none(self, day: date, past: int, ahead: int) -> None:
        said = f"that needs as many days of orders before {day} and from then on, and there are {past} and {ahead}."
        assert cut(720, day) == Cut(None, (), (f"90 days ahead: {said}", f"180 days ahead: {said}"))


class TestMeasure:
    def test_the_end_of_the_orders_counts_where_as_of_lies_beyond_and_as_of_where_it_does_not(
        self, retail: TransactionsDataset, tmp_path: Path
    ) -> None:
        days = [held_out(shop(), retail, tmp_path, AS_OF + timedelta(days=days)).cut.day for days in (100, 0, -7)]
        assert days == [AS_OF - timedelta(days=180), AS_OF - timedelta(days=180), AS_OF - timedelta(days=187)]

    def test_a_return_neither_begins_nor_ends_the_orders(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        orders, at = shop(), pd.Timestamp(AS_OF).as_unit("us")
        returns = pd.DataFrame({"customer_id": "c0", "time": [at - pd.Timedelta(days=5_000), at + pd.Timedelta(days=50)], "spend": -1.0})
        both = pd.concat([with_lines(orders), with_lines(returns, 0)])
        assert held_out(both, retail, tmp_path, AS_OF + timedelta(days=100)).cut == held_out(orders, retail, tmp_path).cut

    def test_there_is_one_row_per_customer_who_bought_before_the_cut_off(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        orders = shop()
        found = held_out(orders, retail, tmp_path)
        assert found.customers is not None
        assert found.cut.day is not None
        bought = orders.loc[orders["time"] < pd.Timestamp(found.cut.day), "customer_id"]
        assert found.customers["customer_id"].to_pylist() == sorted(set(bought))
        assert found.customers.column_names == [
            *("customer_id", "recency_days", "frequency", "monetary"),
            *("returned_90", "returned_180", "spend_90", "spend_180"),
        ]

    def test_those_who_are_asked_are_told_as_among_all_where_these_span_the_same_days(
        self, retail: TransactionsDataset, tmp_path: Path
    ) -> None:
        everyone = held_out(shop(), retail, tmp_path).customers
        assert everyone is not None
        # c0 has the first and the last day.
        some = ["c0", *everyone["customer_id"].to_pylist()[5:60:7], "nobody's id"]
        asked = held_out(shop(), retail, tmp_path, whose=some).customers
        assert asked is not None
        theirs = everyone.to_pandas().query("customer_id in @some").reset_index(drop=True)
        pd.testing.assert_frame_equal(asked.to_pandas(), theirs, check_exact=True)

    def test_only_days_of_those_who_are_asked_count(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        orders, at = shop(), pd.Timestamp(AS_OF).as_unit("us")
        late = pd.DataFrame({"customer_id": "late", "time": [at - pd.Timedelta(days=30), at - pd.Timedelta(days=20)], "spend": 1.0})
        found = held_out(pd.concat([orders, late]), retail, tmp_path, whose=["late"])
        assert found.customers is None
        assert found.cut.missing[0] == "90 days ahead: that needs orders of 180 days, and these span 11."

    def test_without_a_purchase_there_is_nothing_to_look_back_on(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        nothing = Cut(None, (), ("There is no back-test: there are no orders.",))
        assert held_out(shop()[:0], retail, tmp_path).cut == nothing
        assert held_out(with_lines(shop(), 0), retail, tmp_path).cut == nothing

    def test_orders_that_do_not_say_what_the_settings_count_are_not_cut(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        by_line = retail.model_copy(update={"frequency": "lines"})
        found = held_out(shop(), by_line, tmp_path)
        assert found.customers is None
        assert found.cut.missing == (
            "There is no back-test: frequency counts order lines, and these orders do not say how many they have.",
        )

    def test_published_orders_tell_the_same_as_those_of_the_engine(self, retail: TransactionsDataset, tmp_path: Path) -> None:
        assert held_out(shop(), retail, tmp_path) == held_out(with_lines(shop()), retail, tmp_path)
