"""What is known of customers does not depend on the days at which it was asked before."""

from datetime import date, datetime, timedelta

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.features import running

START = date(2020, 1, 1)
COLUMNS = ["orders", "lines", "spend_minor", "last_order", "year_minor"]


def any_orders() -> st.SearchStrategy[pd.DataFrame]:
    """Purchases of some lines, and returns, which have none and lower what was spent, of four customers in three years."""
    time = st.integers(0, 3 * 365 * 24).map(lambda hour: datetime(2020, 1, 1) + timedelta(hours=hour))
    bought = st.tuples(st.sampled_from("ABCD"), time, st.integers(1, 9), st.integers(0, 9_999))
    returned = st.tuples(st.sampled_from("ABCD"), time, st.just(0), st.integers(-9_999, -1))
    rows = st.lists(bought | returned, min_size=1, max_size=40)
    return rows.map(lambda rows: pd.DataFrame(rows, columns=["customer_id", "time", "lines", "spend_minor"])).map(
        lambda frame: frame.astype({"time": "datetime64[us]"})
    )


def in_pandas(orders: pd.DataFrame, day: date) -> pd.DataFrame:
    before = orders[orders["time"] < pd.Timestamp(day)]
    bought, recent = before[before["lines"] > 0], before[before["time"] >= pd.Timestamp(day) - pd.Timedelta(days=365)]
    sums = before.groupby("customer_id")[["lines", "spend_minor"]].sum()
    return pd.DataFrame(
        {
            "orders": bought.groupby("customer_id").size().reindex(sums.index, fill_value=0),
            **sums,
            "last_order": bought.groupby("customer_id")["time"].max().reindex(sums.index),
            "year_minor": recent.groupby("customer_id")["spend_minor"].sum().reindex(sums.index, fill_value=0),
        }
    )


@settings(max_examples=30, deadline=None)
@given(any_orders(), st.lists(st.integers(1, 365), min_size=1, max_size=4))
def test_what_is_known_is_what_orders_before_the_day_say_by_whatever_steps(
    connection: Backend, frame: pd.DataFrame, steps: list[int]
) -> None:
    orders = connection.create_table(ibis.util.gen_name("orders"), frame, temp=True)
    day, known = START, None
    for step in steps:
        day += timedelta(days=step)
        now = running.known(orders, day, known, seen="orders")
        known = running.Known(connection.create_table(ibis.util.gen_name("known"), now.customers, temp=True), day)
        found = known.customers.order_by("customer_id").to_pandas().set_index("customer_id")
        expected = in_pandas(frame, day)
        pd.testing.assert_frame_equal(found[COLUMNS], expected[COLUMNS], check_dtype=False, check_index_type=False)


def test_what_stood_in_a_column_is_handed_on_of_those_who_were_known(connection: Backend) -> None:
    frame = pd.DataFrame({"customer_id": ["A", "B"], "time": pd.to_datetime(["2020-01-05", "2020-02-05"]), "lines": 1, "spend_minor": 100})
    orders = connection.create_table(ibis.util.gen_name("orders"), frame, temp=True)
    first = running.known(orders, date(2020, 2, 1), seen="persona")
    placed = running.Known(first.customers.mutate(persona=ibis.literal(7)), first.day)
    later = running.known(orders, date(2020, 3, 1), placed, seen="persona").customers.order_by("customer_id").to_pandas()
    assert later.fillna({"before": -1})[["customer_id", "before"]].to_numpy().tolist() == [["A", 7], ["B", -1]]
