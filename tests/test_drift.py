from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.drift import Seen, findings, superiority
from pipeline.intake.findings import Finding

AS_OF = date(2024, 3, 10)
SHOP: dict[str, Any] = {
    "kind": "transactions", "file": "shop.csv", "k": 3, "currency": "EUR", "frequency": "orders",
    "features": ["recency_days", "frequency", "monetary"],
}  # fmt: skip
CLUB: dict[str, Any] = {
    "kind": "profile", "file": "club.csv", "k": 2, "decimal": ".",
    "features": [{"name": name, "column": name, "unit": "", "codes": None} for name in ("age", "visits")],
}  # fmt: skip

FAR = "a feature drifted far from the run before"
CONSTANT = "a feature differed in the run before and is the same for all customers now"

amounts = st.lists(st.floats(0.01, 1e9), min_size=1, max_size=40)
ages = st.lists(st.integers(18, 90), min_size=1, max_size=40)


def buyers(recency: list[int], frequency: list[int], monetary: list[float], *, since: date = date(2023, 3, 11)) -> pd.DataFrame:
    """The first of them bought first on the day `since`."""
    first = [datetime.combine(since, datetime.min.time()) + timedelta(days=at, hours=9) for at in range(len(recency))]
    return pd.DataFrame({"recency_days": recency, "frequency": frequency, "monetary": monetary, "first_order": first})


def shop(customers: pd.DataFrame, *, rows: int = 100, as_of: date = AS_OF, **changes: Any) -> Seen:
    return Seen(SHOP | changes, rows, as_of, customers)


def club(age: list[int], visits: list[int] | None = None, **changes: Any) -> Seen:
    return Seen(CLUB | changes, len(age), None, pd.DataFrame({"age": age, "visits": visits or age}))


# Like most shops: many buy once, and few spend most.
TYPICAL = buyers(
    [3, 20, 40, 90, 100, 150, 200, 250, 300, 364], [9, 5, 3, 2, 2, 1, 1, 1, 1, 1], [9500, 900, 300, 200, 150, 90, 80, 70, 60, 5]
)


class TestHalved:
    @pytest.mark.parametrize(("now", "found"), [(50, []), (49, ["rows fell to less than half of the run before"])])
    def test_rows_may_fall_to_half_and_not_below(self, now: int, found: list[str]) -> None:
        assert [finding.check for finding in findings(shop(TYPICAL), shop(TYPICAL, rows=now))] == found

    def test_customers_are_counted_and_the_figures_are_said(self) -> None:
        found = findings(club([20, 30, 40] * 1000), club([20, 30, 40] * 499))
        assert found == [
            Finding("rows fell to less than half of the run before", "warned", 0, 0.0, "3,000 before, 1,497 now"),
            Finding("customers fell to less than half of the run before", "warned", 0, 0.0, "3,000 before, 1,497 now"),
        ]


class TestSuperiority:
    def test_it_is_the_share_of_pairs_in_which_now_is_higher_ties_by_half(self) -> None:
        # 2 stands above 1, beside 2, below 3; 5 stands above all.
        assert superiority(pd.Series([1, 2, 3]), pd.Series([2, 5])) == pytest.approx((1 + 0.5 + 0 + 3) / 6)

    @given(amounts, amounts)
    def test_it_is_every_pair_counted(self, before: list[float], now: list[float]) -> None:
        counted = sum((new > old) + (new == old) / 2 for old in before for new in now) / (len(before) * len(now))
        assert superiority(pd.Series(before), pd.Series(now)) == pytest.approx(counted)

    @given(amounts, amounts)
    def test_the_two_ways_round_add_up_to_one(self, before: list[float], now: list[float]) -> None:
        one, other = pd.Series(before), pd.Series(now)
        assert superiority(one, other) + superiority(other, one) == pytest.approx(1)


class TestLaws:
    @given(ages)
    def test_the_same_data_never_drift(self, age: list[int]) -> None:
        assert findings(club(age), club(age)) == []

    @given(ages, ages, st.randoms(use_true_random=False))
    def test_the_order_of_customers_changes_nothing(self, before: list[int], now: list[int], dice: Any) -> None:
        mixed = dice.sample(now, len(now))
        assert findings(club(before), club(mixed)) == findings(club(before), club(now))

    @given(ages)
    def test_a_hundred_times_as_much_drifts(self, age: list[int]) -> None:
        found = findings(club(age, age), club(age, [100 * one for one in age]))
        assert [(finding.check, finding.example.split(":")[0]) for finding in found] == [(FAR, "visits")]

    @given(st.lists(st.booleans(), min_size=20, max_size=40))
    def test_a_code_drifts_only_by_two_fifths_of_the_customers(self, flags: list[bool]) -> None:
        before, now = [0] * 10 + [1] * 10, [int(flag) for flag in flags]
        share = sum(now) / len(now)
        far = abs(share - 0.5) / 2 >= 0.21
        assert [finding.check for finding in findings(club(before), club(now))] == (
            [CONSTANT if share in (0, 1) else FAR] * 2 if far else []
        )


class TestDrifted:
    def test_another_scale_is_said_with_its_medians(self) -> None:
        cents = TYPICAL.assign(monetary=100 * TYPICAL["monetary"])
        assert findings(shop(TYPICAL), shop(cents)) == [
            Finding(FAR, "warned", 0, 0.0, "monetary: median 120 before, 12,000 now; higher now in 94 % of comparisons")
        ]

    def test_swapped_columns_are_both_named(self) -> None:
        found = findings(club([20, 30, 40, 50], [1, 2, 2, 3]), club([1, 2, 2, 3], [20, 30, 40, 50]))
        assert [finding.example for finding in found] == [
            "age: median 35 before, 2 now; higher now in 0 % of comparisons",
            "visits: median 2 before, 35 now; higher now in 100 % of comparisons",
        ]

    def test_a_feature_that_lost_its_differences_is_named_though_its_middle_stays(self) -> None:
        found = findings(club([20, 40, 60]), club([20, 40, 60], [40, 40, 40]))
        assert found == [Finding(CONSTANT, "warned", 0, 0.0, "visits: median 40 before, 40 now")]

    def test_a_feature_that_never_differed_is_no_news(self) -> None:
        assert findings(club([20, 40, 60], [5, 5, 5]), club([20, 40, 60], [5, 5, 5])) == []


class TestRecency:
    def test_a_young_file_grows_without_drifting(self) -> None:
        """Days since the last order treble when the days of the file do."""
        young = buyers([1, 5, 10, 15, 20, 25], [1] * 6, [10.0] * 6, since=AS_OF - timedelta(days=30))
        later = AS_OF + timedelta(days=60)
        grown = buyers([3, 15, 30, 45, 60, 75], [1] * 6, [10.0] * 6, since=AS_OF - timedelta(days=30))
        assert superiority(young["recency_days"], grown["recency_days"]) > 0.71
        assert findings(shop(young), shop(grown, as_of=later)) == []

    def test_one_order_of_the_far_future_drifts(self) -> None:
        future = TYPICAL.assign(recency_days=[0, *(TYPICAL["recency_days"][1:] + 7305)])
        found = findings(shop(TYPICAL), shop(future, as_of=AS_OF + timedelta(days=7305)))
        assert [finding.example for finding in found] == ["recency_days: median 125 before, 7,430 now; higher now in 82 % of comparisons"]

    def test_a_profile_may_have_a_feature_of_that_name(self) -> None:
        named = [{"name": "recency_days", "column": "days", "unit": "", "codes": None}]
        before, now = (Seen(CLUB | {"features": named}, 3, None, pd.DataFrame({"recency_days": days})) for days in ([1, 2, 3], [7, 8, 9]))
        assert [finding.check for finding in findings(before, now)] == [FAR]


class TestWhatIsCompared:
    CENTS = TYPICAL.assign(monetary=100 * TYPICAL["monetary"])

    @pytest.mark.parametrize("changes", [{"currency": "JPY"}, {"frequency": "lines"}])
    def test_rows_alone_when_what_features_mean_was_changed(self, changes: dict[str, Any]) -> None:
        assert findings(shop(TYPICAL), shop(self.CENTS, **changes)) == []
        assert len(findings(shop(TYPICAL), shop(self.CENTS, rows=1, **changes))) == 1

    @pytest.mark.parametrize("changes", [{"k": 5}, {"file": "new.csv"}, {"title": "New"}, {"known_to_a_newer_version": True}])
    def test_features_too_when_anything_else_was(self, changes: dict[str, Any]) -> None:
        assert [finding.check for finding in findings(shop(TYPICAL), shop(self.CENTS, **changes))] == [FAR]

    def test_a_feature_that_only_one_run_has_is_left_out(self) -> None:
        assert findings(shop(TYPICAL), shop(self.CENTS, features=["recency_days", "frequency"])) == []
        assert findings(shop(TYPICAL, features=["recency_days", "frequency"]), shop(self.CENTS)) == []

    def test_a_feature_read_from_another_column_is_left_out_and_the_others_are_not(self) -> None:
        age, visits = CLUB["features"]
        other = club([80, 81, 82], [80, 81, 82], features=[age, visits | {"column": "all visits"}])
        assert [finding.example.split(":")[0] for finding in findings(club([20, 30, 40]), other)] == ["age"]

    def test_another_kind_is_another_dataset(self) -> None:
        assert findings(shop(TYPICAL, rows=1000), club([20, 30])) == []
