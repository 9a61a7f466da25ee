from datetime import date, datetime
from random import Random

import ibis
import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.features import history, transactions
from pipeline.settings import TransactionsDataset
from tests.shops import with_lines

CUTOFF = date(2024, 3, 10)
FEATURES = ["recency_days", "frequency", "monetary"]

# A buys twice before the day and once on it; B buys once before, and gives something back; C buys for the first time after it.
ORDERS = pd.DataFrame(
    [
        ("A", datetime(2024, 1, 1, 9), 2, 3.00),
        ("A", datetime(2024, 3, 9, 23, 59, 59), 3, 13.00),
        ("A", datetime(2024, 3, 10), 1, 100.0),
        ("B", datetime(2024, 3, 1, 8), 1, 10.0),
        ("B", datetime(2024, 3, 2, 8), 0, -4.0),
        ("B", datetime(2024, 3, 12, 8), 0, -1.0),
        ("C", datetime(2024, 3, 11, 8), 1, 7.0),
    ],
    columns=["customer_id", "time", "lines", "spend"],
).astype({"time": "datetime64[us]"})


def table(connection: Backend, orders: pd.DataFrame) -> ir.Table:
    return connection.create_table(ibis.util.gen_name("orders"), orders.assign(items=1.0), temp=True)


def by_customer(found: ir.Table) -> pd.DataFrame:
    return found.order_by("customer_id").to_pandas().set_index("customer_id")


@pytest.fixture
def orders(connection: Backend) -> ir.Table:
    return table(connection, with_lines(ORDERS, ORDERS["lines"]))


def test_only_orders_before_the_day_count_and_recency_counts_to_it(orders: ir.Table, retail: TransactionsDataset) -> None:
    assert by_customer(history.before(orders, retail, cutoff=CUTOFF))[FEATURES].to_dict("index") == {
        "A": {"recency_days": 1, "frequency": 2, "monetary": 16.0},
        "B": {"recency_days": 9, "frequency": 1, "monetary": 6.0},
    }


def test_frequency_counts_lines_where_the_dataset_does(orders: ir.Table, retail: TransactionsDataset) -> None:
    by_line = retail.model_copy(update={"frequency": "lines"})
    assert by_customer(history.before(orders, by_line, cutoff=CUTOFF))["frequency"].to_dict() == {"A": 5, "B": 1}


def test_an_order_at_the_cut_off_belongs_to_the_future_and_a_return_is_no_purchase(orders: ir.Table, retail: TransactionsDataset) -> None:
    assert by_customer(history.after(orders, retail, cutoff=CUTOFF, horizons=[90])).to_dict("index") == {
        "A": {"returned_90": True, "spend_90": 100.0},
        "B": {"returned_90": False, "spend_90": -1.0},
        "C": {"returned_90": True, "spend_90": 7.0},
    }


def test_who_is_new_after_the_day_is_not_asked_and_who_stays_away_spent_nothing(orders: ir.Table, retail: TransactionsDataset) -> None:
    found = by_customer(history.around(orders, retail, cutoff=CUTOFF, horizons=[1, 2]))
    assert found.to_dict("index") == {
        "A": {
            "recency_days": 1,
            "frequency": 2,
            "monetary": 16.0,
            "returned_1": True,
            "spend_1": 100.0,
            "returned_2": True,
            "spend_2": 100.0,
        },
        "B": {
            "recency_days": 9,
            "frequency": 1,
            "monetary": 6.0,
            "returned_1": False,
            "spend_1": 0.0,
            "returned_2": False,
            "spend_2": 0.0,
        },
    }


def test_the_last_day_of_a_horizon_is_within_and_the_next_is_not(connection: Backend, retail: TransactionsDataset) -> None:
    times = pd.Series([datetime(2024, 3, 11, 23, 59), datetime(2024, 3, 12), datetime(2024, 3, 13)]).astype("datetime64[us]")
    orders = table(connection, with_lines(pd.DataFrame({"customer_id": ["A", "B", "C"], "time": times, "spend": 1.0})))
    found = by_customer(history.after(orders, retail, cutoff=CUTOFF, horizons=[2, 3]))
    assert found["returned_2"].to_dict() == {"A": True, "B": False}
    assert found["spend_3"].to_dict() == {"A": 1.0, "B": 1.0}


def test_a_return_is_neither_the_first_nor_the_last_purchase(connection: Backend, orders: ir.Table) -> None:
    assert history.span(orders) == (date(2024, 1, 1), date(2024, 3, 11))
    returns = orders.filter(orders.lines == 0)
    assert history.span(returns) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"frequency": "lines"}, "frequency counts order lines, and these orders do not say how many they have"),
        ({"returns": "net"}, "returns lower spend, and these orders do not say which of them are returns"),
    ],
)
def test_orders_without_lines_do_where_lines_decide_nothing(
    orders: ir.Table, retail: TransactionsDataset, changes: dict[str, str], reason: str | None
) -> None:
    dataset = retail.model_copy(update=changes)
    assert history.reason_against(orders.drop("lines"), dataset) == reason
    assert history.reason_against(orders, dataset) is None


def test_published_orders_become_purchases_of_the_same_pennies(connection: Backend, retail: TransactionsDataset) -> None:
    spend = [0.29, 1.15, 8.29, 1_000_000.57]
    published = pd.DataFrame({"customer_id": "A", "time": pd.Timestamp(CUTOFF).as_unit("us"), "spend": spend})
    found = history.with_lines(table(connection, published), retail).order_by("spend_minor").to_pandas()
    assert found["spend_minor"].tolist() == [29, 115, 829, 100_000_057]
    assert found["lines"].tolist() == [1, 1, 1, 1]


order = st.tuples(
    st.sampled_from(["A", "B", "CC"]),
    st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)),
    st.integers(0, 3),
    st.integers(-(10**6), 10**12),
)
written = st.lists(order, min_size=1, max_size=15)


def framed(rows: list[tuple[str, datetime, int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "time", "lines", "spend_minor"]).astype({"time": "datetime64[us]"})
    return frame.assign(order_id=[str(at) for at in range(len(frame))], items=1.0, country="UK")


@settings(max_examples=15, deadline=None)
@given(rows=written, frequency=st.sampled_from(["orders", "lines"]))
def test_features_are_those_of_a_file_that_ends_at_the_cut_off(
    connection: Backend, retail: TransactionsDataset, rows: list[tuple[str, datetime, int, int]], frequency: str
) -> None:
    dataset, orders = retail.model_copy(update={"frequency": frequency}), framed(rows)
    ended = table(connection, orders[orders["time"] < pd.Timestamp(CUTOFF)])
    expected = by_customer(transactions.customers(ended, dataset, as_of=CUTOFF))[FEATURES]
    found = by_customer(history.around(table(connection, orders), dataset, cutoff=CUTOFF, horizons=[90]))
    pd.testing.assert_frame_equal(found[FEATURES], expected, check_exact=True)


def in_frames(orders: pd.DataFrame, horizons: list[int]) -> pd.DataFrame:
    """What `history.around` says, worked out from the rows of each customer in turn."""
    start, found = pd.Timestamp(CUTOFF), {}
    for whose, theirs in orders.groupby("customer_id"):
        known = theirs[theirs["time"] < start]
        bought = known[known["lines"] > 0]
        if bought.empty:
            continue
        said = {"recency_days": (start - bought["time"].max().normalize()).days, "frequency": len(bought)}
        said["monetary"] = sum(known["spend_minor"].tolist()) / 100
        for days in horizons:
            during = theirs[(theirs["time"] >= start) & (theirs["time"] < start + pd.Timedelta(days=days))]
            said |= {f"returned_{days}": (during["lines"] > 0).any(), f"spend_{days}": sum(during["spend_minor"].tolist()) / 100}
        found[whose] = said
    return pd.DataFrame.from_dict(found, orient="index")


@settings(max_examples=25, deadline=None)
@given(rows=written, dice=st.randoms(use_true_random=False))
def test_each_customer_is_told_as_their_own_orders_tell_it_in_any_order_of_rows(
    connection: Backend, retail: TransactionsDataset, rows: list[tuple[str, datetime, int, int]], dice: Random
) -> None:
    orders = framed(rows)
    mixed = orders.iloc[dice.sample(range(len(orders)), len(orders))]
    found, expected = history.around(table(connection, mixed), retail, cutoff=CUTOFF, horizons=[90, 180]), in_frames(orders, [90, 180])
    assert by_customer(found).to_dict("index") == expected.to_dict("index")
