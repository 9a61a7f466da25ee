from collections.abc import Iterator
from datetime import date, datetime
from random import Random

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline import engine
from pipeline.catalogue import Catalogue
from pipeline.features import history, transactions
from pipeline.settings import TransactionsDataset

CUTOFF = date(2024, 3, 10)

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
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with engine.connect(tmp_path_factory.mktemp("work")) as connection:
        yield connection


@pytest.fixture(scope="module")
def retail(shipped: Catalogue) -> TransactionsDataset:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    return dataset


def test_only_orders_before_the_day_count_and_recency_counts_to_it(retail: TransactionsDataset) -> None:
    assert history.before(ORDERS, retail, cutoff=CUTOFF).to_dict("index") == {
        "A": {"recency_days": 1, "frequency": 2, "monetary": 16.0},
        "B": {"recency_days": 9, "frequency": 1, "monetary": 6.0},
    }


def test_frequency_counts_lines_where_the_dataset_does(retail: TransactionsDataset) -> None:
    by_line = retail.model_copy(update={"frequency": "lines"})
    assert history.before(ORDERS, by_line, cutoff=CUTOFF)["frequency"].to_dict() == {"A": 5, "B": 1}


def test_an_order_at_the_cut_off_belongs_to_the_future_and_a_return_is_no_purchase(retail: TransactionsDataset) -> None:
    future = history.after(ORDERS, retail, customers=pd.Index(["A", "B"]), cutoff=CUTOFF, days=90)
    assert future.to_dict("index") == {"A": {"returned": True, "spend": 100.0}, "B": {"returned": False, "spend": -1.0}}


def test_the_last_day_of_a_horizon_is_within_and_the_next_is_not(retail: TransactionsDataset) -> None:
    orders = pd.DataFrame({"customer_id": ["A", "B"], "time": [datetime(2024, 3, 11, 23, 59), datetime(2024, 3, 12)], "spend": [1.0, 1.0]})
    future = history.after(orders, retail, customers=pd.Index(["A", "B"]), cutoff=CUTOFF, days=2)
    assert future["returned"].tolist() == [True, False]


def test_customers_stand_in_the_order_in_which_they_are_clustered(retail: TransactionsDataset) -> None:
    orders = pd.DataFrame({"customer_id": ["10", "9", "100", "2"], "time": datetime(2024, 1, 1), "spend": 1.0})
    assert history.before(orders, retail, cutoff=CUTOFF).index.tolist() == ["2", "9", "10", "100"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"frequency": "lines"}, "frequency counts order lines, and these orders do not say how many they have"),
        ({"returns": "net"}, "returns lower spend, and these orders do not say which of them are returns"),
    ],
)
def test_orders_without_lines_do_where_lines_decide_nothing(
    retail: TransactionsDataset, changes: dict[str, str], reason: str | None
) -> None:
    dataset = retail.model_copy(update=changes)
    assert history.reason_against(ORDERS.drop(columns="lines"), dataset) == reason
    assert history.reason_against(ORDERS, dataset) is None


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
    table = connection.create_table(ibis.util.gen_name("orders"), orders, temp=True)
    ended = table.filter(table.time < ibis.timestamp(CUTOFF.isoformat()))
    expected = transactions.customers(ended, dataset, as_of=CUTOFF).execute().set_index("customer_id")
    found = history.before(orders.assign(spend=orders["spend_minor"] / 100), dataset, cutoff=CUTOFF)
    pd.testing.assert_frame_equal(found.sort_index(), expected[list(found.columns)], check_index_type=False)


@settings(max_examples=25, deadline=None)
@given(rows=written, dice=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(retail: TransactionsDataset, rows: list[tuple[str, datetime, int, int]], dice: Random) -> None:
    orders = framed(rows).assign(spend=lambda frame: frame["spend_minor"] / 100)
    mixed = orders.iloc[dice.sample(range(len(orders)), len(orders))]
    pd.testing.assert_frame_equal(history.before(mixed, retail, cutoff=CUTOFF), history.before(orders, retail, cutoff=CUTOFF))
