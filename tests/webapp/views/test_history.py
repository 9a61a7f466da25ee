from pathlib import Path

import pandas as pd
import pytest

from tests.webapp.handmade import known_before, publish
from webapp.snapshot import Snapshot
from webapp.views import history
from webapp.views.history import Span
from webapp.views.scope import Scope

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))


def test_months_are_those_that_ended_with_customers(shop: Scope) -> None:
    assert history.months(shop) == [f"{year}-{month:02}-01" for year, months in ((2023, range(8, 13)), (2024, (1, 2))) for month in months]


def test_months_begin_with_the_orders_unless_customers_were_known_before(shop: Scope, tmp_path: Path) -> None:
    assert history.cut_at(shop) is None
    assert history.cut_at(Scope(Snapshot(known_before(publish(tmp_path))), "shop")) == "2023-08-01"


def test_there_are_none_without_orders_or_in_a_quick_run(gym: Scope, tmp_path: Path) -> None:
    assert history.months(gym) == []
    assert history.months(Scope(Snapshot(publish(tmp_path, quick=True)), "shop")) == []


class TestFlows:
    def test_of_one_month_are_those_published(self, shop: Scope) -> None:
        # 7 and 8 stayed; 9 is new; 12 slipped away; 100 had.
        expected = [(LOYAL, LOYAL, 2, 700.0), (CHURN, CHURN, 1, 50.0), (LOYAL, CHURN, 1, 100.0), (None, LOYAL, 1, 150.0)]
        assert rows_of(history.flows(shop, Span("2024-01-01", "2024-02-01"))) == expected

    def test_between_any_two_months_are_counted_with_what_they_spent_in_the_year_before(self, shop: Scope) -> None:
        found = rows_of(history.flows(shop, Span("2023-09-01", "2024-02-01")))
        assert found == [(None, LOYAL, 3, 850.0), (LOYAL, CHURN, 1, 50.0), (None, CHURN, 1, 100.0)]

    @pytest.mark.parametrize("last", range(1, 7))
    def test_published_and_counted_ones_are_the_same(self, shop: Scope, last: int) -> None:
        months = history.months(shop)
        span = Span(months[last - 1], months[last])
        ((sql, values),) = history.movers_sql(shop, span, None, None)
        counted = shop.snapshot.frame(
            f"SELECT from_persona, to_persona, count(*), sum(spend_of_the_year) FROM ({sql}) GROUP BY ALL", values
        )
        assert sorted(map(str, rows_of(counted))) == sorted(map(str, rows_of(history.flows(shop, span))))


def test_movers_are_the_customers_of_a_flow_those_first_who_spent_most(shop: Scope) -> None:
    span = Span("2023-09-01", "2024-02-01")
    assert history.movers(shop, span, "", LOYAL, rows=2)["customer_id"].tolist() == ["7", "8"]
    assert history.movers(shop, span, LOYAL, CHURN, rows=9)["customer_id"].tolist() == ["100"]


def test_a_customer_is_followed_to_the_last_month_that_ended(shop: Scope) -> None:
    expected = [(LOYAL, pd.Timestamp(2023, 8, 1), 2), (CHURN, pd.Timestamp(2023, 10, 1), 5)]
    assert rows_of(history.followed(shop, "100")) == expected
    assert history.followed(shop, "nobody").empty


def test_recency_is_the_mean_of_each_persona(shop: Scope) -> None:
    assert history.recency(shop) == {LOYAL: pytest.approx(31 / 3), CHURN: 145.0}


class TestStaying:
    def test_whoever_is_last_seen_at_an_age_tells_nothing_of_it(self, shop: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "FEW", 1)
        found = history.staying(shop)
        # 100 and 12 were loyal for 2 months and left; 7, 8 and 9 are seen for 3, 2 and 1, and are still there: at 2 months 3 tell.
        loyal = found[found["group"] == LOYAL]
        assert list(zip(loyal["age"], loyal["at_risk"], loyal["share"].round(6), strict=True)) == [
            (0, 5, 1.0),
            (1, 4, 1.0),
            (2, 3, 0.333333),
        ]
        # 100 is seen for 5 months, 12 for 1.
        churned = found[found["group"] == CHURN]
        assert list(zip(churned["age"], churned["at_risk"], churned["share"], strict=True)) == [
            (0, 2, 1.0),
            *((age, 1, 1.0) for age in range(1, 5)),
        ]

    def test_stretches_whose_beginning_is_not_told_tell_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "FEW", 1)
        scope = Scope(Snapshot(known_before(publish(tmp_path))), "shop")
        # All but 100, whose first month is that of all: they become loyal in it, and are something else two months later.
        found = history.staying(scope)
        assert found[found["age"] == 0].set_index("group")["at_risk"].to_dict() == {LOYAL: 4, CHURN: 2}

    def test_of_a_few_nothing_is_said(self, shop: Scope) -> None:
        assert history.staying(shop)["age"].unique().tolist() == [0]
