from datetime import date, datetime

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from pipeline.features import ahead, transactions
from pipeline.settings import TransactionsDataset

CUTOFF = date(2024, 3, 10)
DAYS = 30

# A orders twice before the day, on it, and 31 days later; B once before, and gives something back on either side; C begins after it.
ORDERS = pd.DataFrame(
    [
        ("A", "1", datetime(2023, 3, 11, 9), 2, 300),
        ("A", "2", datetime(2024, 3, 9, 23, 59, 59), 3, 1300),
        ("A", "3", datetime(2024, 3, 10), 1, 10000),
        ("A", "4", datetime(2024, 4, 9), 1, 500),
        ("B", "5", datetime(2024, 2, 1, 8), 1, 1000),
        ("B", "6", datetime(2024, 2, 10, 8), 0, -400),
        ("B", "7", datetime(2024, 4, 8, 23), 0, -100),
        ("C", "8", datetime(2024, 3, 11, 8), 1, 700),
    ],
    columns=["customer_id", "order_id", "time", "lines", "spend_minor"],
).astype({"time": "datetime64[us]"})


def cut(connection: Backend, retail: TransactionsDataset, orders: pd.DataFrame = ORDERS) -> pd.DataFrame:
    table = connection.create_table(ibis.util.gen_name("orders"), orders, temp=True)
    return ahead.ahead(table, retail, cutoff=CUTOFF, days=DAYS).execute().set_index("customer_id")


def test_only_customers_who_ordered_before_the_day_are_told_of_with_what_was_known(
    connection: Backend, retail: TransactionsDataset
) -> None:
    found = cut(connection, retail)
    assert found[["orders", "first_order", "last_order", "monetary"]].T.to_dict("list") == {
        "A": [2, datetime(2023, 3, 11, 9), datetime(2024, 3, 9, 23, 59, 59), 16.0],
        "B": [1, datetime(2024, 2, 1, 8), datetime(2024, 2, 1, 8), 6.0],
    }


def test_the_future_begins_with_the_day_and_the_past_is_as_long_with_a_year_ago_besides(
    connection: Backend, retail: TransactionsDataset
) -> None:
    found = cut(connection, retail)
    assert found[["ahead_orders", "before_orders", "year_orders"]].T.to_dict("list") == {"A": [1, 1, 1], "B": [0, 0, 0]}
    assert found[["ahead_spend", "before_spend", "year_spend"]].T.to_dict("list") == {"A": [100.0, 13.0, 3.0], "B": [-1.0, -4.0, 0.0]}


def test_what_happens_from_the_day_on_changes_nothing_that_was_known(connection: Backend, retail: TransactionsDataset) -> None:
    later = ORDERS["time"] >= pd.Timestamp(CUTOFF)
    changed = ORDERS.assign(spend_minor=ORDERS["spend_minor"].mask(later, 7), lines=ORDERS["lines"].mask(later, 9))
    known = [name for name in cut(connection, retail) if not name.startswith("ahead")]
    pd.testing.assert_frame_equal(cut(connection, retail, changed)[known], cut(connection, retail)[known])


def test_as_of_the_end_it_is_what_is_published_of_customers(connection: Backend, retail: TransactionsDataset) -> None:
    table = connection.create_table(ibis.util.gen_name("orders"), ORDERS.assign(items=1.0, country="UK"), temp=True)
    end = date(2024, 4, 10)
    names = ["customer_id", "orders", "first_order", "last_order", "monetary"]
    published = transactions.customers(table, retail, as_of=end).execute()[names]
    pd.testing.assert_frame_equal(ahead.ahead(table, retail, cutoff=end, days=DAYS).execute()[names], published)
