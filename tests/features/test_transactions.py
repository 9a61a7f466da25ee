from datetime import date, datetime
from random import Random

import ibis
import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.features import transactions
from pipeline.settings import TransactionsDataset

AS_OF = date(2024, 3, 10)
COLUMNS = ["customer_id", "order_id", "time", "quantity", "unit_price", "country", "cancelled", "amount_minor"]

# A buys twice, the second order on two lines; B buys once, cancels once, and once gets something free.
LINES = [
    ("A", "1", datetime(2024, 1, 1, 9), 2, 1.50, "UK", False, 300),
    ("A", "2", datetime(2024, 3, 8, 9), 1, 10.0, "France", False, 1000),
    ("A", "2", datetime(2024, 3, 8, 23, 59), 3, 1.0, "France", False, 300),
    ("B", "3", datetime(2024, 3, 9, 0, 1), 5, 2.0, "UK", False, 1000),
    ("B", "C4", datetime(2024, 3, 9, 8), -5, 2.0, "UK", True, -1000),
    ("B", "5", datetime(2024, 3, 9, 9), 1, 0.0, "UK", False, 0),
]


def ordered(connection: Backend, lines: list[tuple[object, ...]], dataset: TransactionsDataset) -> ir.Table:
    frame = pd.DataFrame(lines, columns=COLUMNS).astype({"time": "datetime64[us]", "quantity": "float64"})
    kept = connection.create_table(ibis.util.gen_name("lines"), frame, temp=True)
    kept = kept.mutate(quantity=kept.quantity.cast("decimal(18, 4)"), unit_price=kept.unit_price.cast("decimal(18, 4)"))
    return transactions.orders(transactions.sales(kept, dataset))


def measure(connection: Backend, lines: list[tuple[object, ...]], dataset: TransactionsDataset, as_of: date = AS_OF) -> pd.DataFrame:
    orders = ordered(connection, lines, dataset)
    return transactions.customers(orders, dataset, as_of=as_of).execute().set_index("customer_id")


def test_recency_counts_whole_days_to_as_of(connection: Backend, retail: TransactionsDataset) -> None:
    assert measure(connection, LINES, retail)["recency_days"].to_dict() == {"A": 2, "B": 1}


def test_frequency_counts_distinct_orders_or_lines_as_declared(connection: Backend, retail: TransactionsDataset) -> None:
    assert measure(connection, LINES, retail)["frequency"].to_dict() == {"A": 2, "B": 1}
    by_line = retail.model_copy(update={"frequency": "lines"})
    assert measure(connection, LINES, by_line)["frequency"].to_dict() == {"A": 3, "B": 1}


def test_monetary_is_in_major_units_and_leaves_returns_out(connection: Backend, retail: TransactionsDataset) -> None:
    assert measure(connection, LINES, retail)["monetary"].to_dict() == {"A": 16.0, "B": 10.0}


def test_netted_returns_lower_spend_and_make_no_order(connection: Backend, retail: TransactionsDataset) -> None:
    net = measure(connection, LINES, retail.model_copy(update={"returns": "net"}))
    assert net.loc["B", ["monetary", "orders", "items"]].tolist() == [0.0, 1, 0.0]
    assert net.loc["B", "last_order"] == datetime(2024, 3, 9, 0, 1)


def test_whoever_only_gave_back_is_no_customer_and_has_no_orders(connection: Backend, retail: TransactionsDataset) -> None:
    net = retail.model_copy(update={"returns": "net"})
    lines = [*LINES, ("C", "C6", datetime(2024, 3, 9, 8), -5, 2.0, "UK", True, -1000)]
    assert set(measure(connection, lines, net).index) == {"A", "B"}
    orders = transactions.published_orders(ordered(connection, lines, net), net).execute()
    assert orders["order_id"].tolist() == ["1", "2", "3", "C4"]


def test_free_lines_are_orders_only_when_kept(connection: Backend, retail: TransactionsDataset) -> None:
    kept = measure(connection, LINES, retail.model_copy(update={"zero_price": "keep"}))
    assert kept["orders"].to_dict() == {"A": 2, "B": 2}


def test_first_and_last_order_and_the_last_orders_country_are_kept(connection: Backend, retail: TransactionsDataset) -> None:
    customer = measure(connection, LINES, retail).loc["A"]
    assert customer[["first_order", "last_order", "country", "items"]].tolist() == [
        datetime(2024, 1, 1, 9),
        datetime(2024, 3, 8, 23, 59),
        "France",
        6.0,
    ]


def test_a_customer_who_only_returned_is_no_buyer(connection: Backend, retail: TransactionsDataset) -> None:
    assert measure(connection, LINES[4:5] + LINES[:1], retail).index.tolist() == ["A"]


def test_an_order_id_shared_by_two_customers_is_an_order_of_each(connection: Backend, retail: TransactionsDataset) -> None:
    shared = [LINES[0], ("B", *LINES[0][1:])]
    assert measure(connection, shared, retail)["orders"].to_dict() == {"A": 1, "B": 1}


# To compile a question takes far longer than to answer it: the customers of five shops are measured as those of one.
SHOPS = 5
line = st.tuples(
    st.sampled_from([f"{who}{shop}" for who in "ABC" for shop in range(SHOPS)]),
    st.sampled_from(["1", "2", "3", "4"]),
    st.datetimes(datetime(2023, 1, 1), datetime(2024, 3, 9)),
    st.integers(1, 9),
    st.integers(1, 999).map(lambda pence: pence / 100),
    st.sampled_from(["UK", "France"]),
    st.just(False),
).map(lambda row: (*row, round(row[3] * row[4] * 100)))

MEASURED = settings(max_examples=25 // SHOPS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@MEASURED
@given(lines=st.lists(line, min_size=1, max_size=12 * SHOPS), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_never_changes_features(
    connection: Backend, retail: TransactionsDataset, lines: list[tuple[object, ...]], order: Random
) -> None:
    shuffled = list(lines)
    order.shuffle(shuffled)
    pd.testing.assert_frame_equal(measure(connection, lines, retail), measure(connection, shuffled, retail))


@pytest.mark.slow
@MEASURED
@given(lines=st.lists(line, min_size=1, max_size=12 * SHOPS))
def test_what_customers_spent_adds_up_to_what_was_sold(
    connection: Backend, retail: TransactionsDataset, lines: list[tuple[object, ...]]
) -> None:
    assert round(measure(connection, lines, retail)["monetary"].sum() * 100) == sum(row[7] for row in lines)
