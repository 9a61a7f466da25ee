from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import artifacts
from tests.webapp.handmade import Row, buyer, publish, rewrite
from webapp.snapshot import Snapshot
from webapp.views import segments
from webapp.views.cohorts import Cohorts, cohorts
from webapp.views.scope import Scope

ShopOf = Callable[[Sequence[Row]], Scope]
# Recency counts to 2024-03-01: the last month, February, is over. Orders of a buyer are 30 days apart.


def month(text: str) -> pd.Timestamp:
    return pd.Timestamp(f"{text}-01")


def known(found: pd.DataFrame) -> list[list[float]]:
    """Rows without the months that are not over."""
    return [[value for value in row if not np.isnan(value)] for row in found.to_numpy().tolist()]


def test_who_ordered_first_in_a_month_is_followed_through_the_months_after_it(shop_of: ShopOf) -> None:
    # a: 20 Dec, 19 Jan, 18 Feb. b: 22 Dec. c: 31 Jan.
    found = cohorts(shop_of([buyer("a", 12, 3, 300.0), buyer("b", 70, 1, 40.0), buyer("c", 30, 1, 50.0)]))
    assert found.sizes.to_dict() == {month("2023-12"): 2, month("2024-01"): 1}
    assert known(found.bought) == [[2, 1, 1], [1, 0]]
    assert known(found.retention) == [[1, 0.5, 0.5], [1, 0]]
    assert known(found.revenue) == [[140, 100, 100], [50, 0]]
    assert known(found.spend) == [[70, 50, 50], [50, 0]]


def test_a_month_that_is_not_over_is_left_out_with_who_is_new_in_it(tmp_path: Path) -> None:
    run = publish(tmp_path, buyers=[buyer("a", 12, 3, 300.0), buyer("b", 5, 1, 40.0)])
    rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"].update(as_of="2024-02-26"))
    found = cohorts(Scope(Snapshot(artifacts.open_run(tmp_path, run.manifest.run_id)), "shop"))
    assert (found.begun, found.sizes.to_dict()) == (month("2024-02"), {month("2023-12"): 1})
    assert known(found.bought) == [[1, 1]]


def test_a_month_is_over_where_recency_counts_to_its_end(shop: Scope) -> None:
    assert cohorts(shop).begun is None


def test_who_is_first_seen_in_the_first_month_may_not_be_new(shop_of: ShopOf) -> None:
    # a: 20 Dec, 19 Jan, 18 Feb. b: 1 Jan, 31 Jan. c: 31 Jan.
    found = cohorts(shop_of([buyer("a", 12, 3, 300.0), buyer("b", 30, 2, 40.0), buyer("c", 30, 1, 50.0)]))
    assert (found.first, list(found.are_new)) == (month("2023-12"), [month("2024-01")])
    pooled = found.pooled()
    assert pooled.to_dict("list") == {"age": [0, 1], "at_risk": [2, 2], "share": [1, 0], "spend": [45, 0]}


def test_only_cohorts_old_enough_count_in_the_pool(shop_of: ShopOf) -> None:
    # first is of November; a and b are new in December, of whom a comes back in both months; c is new in January and comes back.
    rows = [buyer("first", 100, 1, 9.0), buyer("a", 12, 3, 300.0), buyer("b", 70, 1, 40.0), buyer("c", 20, 2, 60.0)]
    found = cohorts(shop_of(rows)).pooled()
    assert found["at_risk"].to_list() == [3, 3, 2]
    assert found["share"].to_list() == pytest.approx([1, 2 / 3, 1 / 2])


def test_filters_leave_others_out_and_the_first_month_where_it_was(shop: Scope) -> None:
    found = cohorts(shop.narrowed("country=France"))
    assert (found.sizes.sum(), found.first) == (2, month("2023-08"))
    assert cohorts(shop.narrowed("persona=nobody")).sizes.empty


BUYER = st.tuples(st.integers(1, 400), st.integers(1, 6), st.integers(1, 900).map(float))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(BUYER, min_size=1, max_size=12))
def test_everybody_is_in_one_cohort_all_of_it_bought_at_first_and_all_that_was_spent_is_there(
    tmp_path_factory: pytest.TempPathFactory, buyers: list[tuple[int, int, float]]
) -> None:
    rows = [buyer(str(at), recency, orders, spent) for at, (recency, orders, spent) in enumerate(buyers)]
    scope = Scope(Snapshot(publish(tmp_path_factory.mktemp("shop"), buyers=rows, quick=True)), "shop")
    found = cohorts(scope)
    assert found.sizes.sum() == len(rows)
    assert (found.retention[0] == 1).all()
    assert np.nanmax(found.retention.to_numpy()) <= 1
    assert np.nansum(found.revenue.to_numpy()) == pytest.approx(sum(spent for _, _, spent in buyers))
    expected = sum(len({order_month(row, at) for at in range(row["frequency"])}) for row in rows)
    assert np.nansum(found.bought.to_numpy()) == expected


def order_month(row: Row, at: int) -> str:
    moment: datetime = row["first_order"] + pd.Timedelta(days=30 * at)
    return f"{moment:%Y-%m}"


def test_of_made_up_data_rows_sum_to_customers_and_revenue(demo: Snapshot) -> None:
    scope = Scope(demo, "retail")
    found = cohorts(scope)
    totals = segments.totals(scope)
    left_out = scope.snapshot.rows('SELECT count(*) AS n FROM "retail".customers WHERE first_order >= ?', [found.begun])[0]["n"]
    assert found.sizes.sum() + left_out == totals["customers"]
    assert np.nansum(found.revenue.to_numpy()) <= totals["revenue"]


def test_a_cohort_table_is_as_long_as_the_months_that_are_over() -> None:
    index = pd.DatetimeIndex([month("2024-01"), month("2024-02")])
    bought = pd.DataFrame([[4.0, 2.0], [2.0, np.nan]], index)
    found = Cohorts(bought[0], bought, bought * 10, month("2023-12"), None)
    assert found.pooled().to_dict("list") == {"age": [0, 1], "at_risk": [6, 4], "share": [1, 0.5], "spend": [10, 5]}
