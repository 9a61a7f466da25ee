from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from pipeline.intake.findings import Finding
from pipeline.settings import TransactionColumns
from tests.intake.cases import SHOP_HEADER, SOUND, outcomes, shop, till
from tests.intake.conftest import SHOP, admit_text, csv_text


def test_lines_that_reach_as_of_are_kept_out(connection: Backend, tmp_path: Path) -> None:
    values = ["2024-03-09 23:59:59", "2024-03-10", "2025-01-01"]
    reason = "when is not before as_of=2024-03-10"
    assert outcomes(shop(connection, tmp_path, "when", values, as_of="2024-03-10"), values, "time") == {
        "2024-03-09 23:59:59": datetime(2024, 3, 9, 23, 59, 59),
        "2024-03-10": reason,
        "2025-01-01": reason,
    }


AMOUNTS: dict[str, Any] = {
    "12.34": (Decimal(1), 1234),
    "0.005": (Decimal(1), 1),
    "-3": (Decimal(-1), -300),
    "0": (Decimal(1), 0),
    "1e9": (Decimal(1), 100_000_000_000),
    "1e10": "total is beyond 1e9",
    "free": "total is not a number",
    "": "total is missing",
}


def test_a_line_may_say_what_it_comes_to(connection: Backend, tmp_path: Path) -> None:
    lines = [("c", "2024-01-01", value) for value in AMOUNTS]
    result = till(connection, tmp_path, [*lines, *[("c", "2024-01-01", "1")] * SOUND])
    found = {
        value: result.rejected.get(row) or (result.kept[row]["quantity"], result.kept[row]["amount_minor"])
        for row, value in enumerate(AMOUNTS, start=2)
    }
    assert found == AMOUNTS
    assert result.found("total is negative without a cancellation").rows == 1
    assert result.found("total is 0").rows == 1


@pytest.mark.parametrize(("per", "orders"), [("day", ["2024-01-01", "2024-01-01", "2024-01-02"]), ("timestamp", None)])
def test_without_order_ids_a_day_or_a_timestamp_is_an_order(
    connection: Backend, tmp_path: Path, per: str, orders: list[str] | None
) -> None:
    times = ["2024-01-01 09:00:00", "2024-01-01 17:30:00", "2024-01-02 09:00:00"]
    result = till(connection, tmp_path, [("c", time, "1") for time in times], order_per=per)
    assert [row["order_id"] for row in result.kept.values()] == (orders or times)


QUANTITIES: dict[str, Any] = {
    "3": (Decimal(3), 450),
    "-3": (Decimal(-3), -450),
    "0.5": (Decimal("0.5"), 75),
    "0.01": (Decimal("0.01"), 2),
    "59999999": (Decimal(59_999_999), 8_999_999_850),
    "60000001": (Decimal(60_000_001), 9_000_000_150),
    "65000000": (Decimal(65_000_000), 9_750_000_000),
    "70000000": (Decimal(70_000_000), 10_500_000_000),
    "1e9": (Decimal(10**9), 150_000_000_000),
}


def test_amounts_are_exact_in_minor_units(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "n", list(QUANTITIES))
    assert {
        value: (result.kept[row]["quantity"], result.kept[row]["amount_minor"]) for row, value in enumerate(QUANTITIES, start=2)
    } == QUANTITIES


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 300), ("EUR", 30_000), ("KWD", 300_000)])
def test_minor_units_are_those_of_the_currency(connection: Backend, tmp_path: Path, currency: str, amount: int) -> None:
    result = shop(connection, tmp_path, "each", ["150"], SHOP.model_copy(update={"currency": currency}))
    assert result.kept[2]["amount_minor"] == amount


def test_a_line_that_comes_to_more_than_a_million_million_is_kept_out(connection: Backend, tmp_path: Path) -> None:
    rows = [[f"c{at}", "1", "2024-01-01", n, each, ""] for at, (n, each) in enumerate([("1e9", "1e3"), ("1e9", "1001"), ("-1e9", "1e9")])]
    result = admit_text(connection, tmp_path / "shop", csv_text([SHOP_HEADER, *rows]), SHOP)
    assert {row: kept["amount_minor"] for row, kept in result.kept.items()} == {2: 10**14}
    assert result.rejected == dict.fromkeys((3, 4), "n times each is beyond 1e12")


def test_a_negative_price_is_kept_out_and_one_of_nothing_is_counted(connection: Backend, tmp_path: Path) -> None:
    values = ["-1", "0", "0.00", "0.01"]
    result = shop(connection, tmp_path, "each", values)
    assert outcomes(result, values, "amount_minor") == {"-1": "each is negative", "0": 0, "0.00": 0, "0.01": 2}
    assert (result.found("each is 0").rows, result.found("each is 0").example) == (2, "shop.csv, row 3: 0")


def test_a_negative_quantity_is_counted_apart_with_and_without_a_cancellation(connection: Backend, tmp_path: Path) -> None:
    rows = [
        ["a", "C1", "2024-01-01", "-1", "2", ""],
        ["a", "2", "2024-01-01", "-1", "2", ""],
        ["a", "C3", "2024-01-01", "1", "2", ""],
        ["a", "4", "2024-01-01", "1", "2", ""],
    ]
    result = admit_text(connection, tmp_path / "shop", csv_text([SHOP_HEADER, *rows]), SHOP)
    assert [row["cancelled"] for row in result.kept.values()] == [True, False, True, False]
    assert (result.found("the line is a cancellation").rows, result.found("n is negative without a cancellation").rows) == (2, 1)
    assert result.found("n is negative without a cancellation").example == "shop.csv, row 3: -1"


def test_where_no_cancellations_are_declared_there_are_none(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "order", ["C1"], SHOP.model_copy(update={"cancellation_prefix": None}))
    assert result.found("the line is a cancellation").rows == 0
    assert not any(row["cancelled"] for row in result.kept.values())


RETURNS = "who,when,total,kind\na,2024-01-01,5,Sale\na,2024-01-02,5,RETURN\na,2024-01-03,-5,return\nb,2024-01-04,7,\n"


def test_a_column_may_say_that_a_line_was_given_back(connection: Backend, tmp_path: Path) -> None:
    columns = TransactionColumns(customer_id="who", time="when", amount="total", returned="kind")
    result = admit_text(connection, tmp_path / "till", RETURNS, SHOP.model_copy(update={"columns": columns, "cancellation_prefix": None}))
    assert [(row["amount_minor"], row["cancelled"]) for row in result.kept.values()] == [
        (500, False),
        (-500, True),
        (-500, True),
        (700, False),
    ]
    name = "kind says that the line was given back"
    assert result.found(name) == Finding(name, "warned", 2, 0.5, "shop.csv, row 3: RETURN", 1, -10.0)
    assert result.found("total is negative without a cancellation").rows == 0


def test_other_words_may_say_it_and_quantities_turn_negative(connection: Backend, tmp_path: Path) -> None:
    columns = SHOP.columns.model_copy(update={"returned": "where", "country": None})
    dataset = SHOP.model_copy(update={"columns": columns, "returned_words": ("back",)})
    result = shop(connection, tmp_path, "where", ["back", "Return"], dataset)
    assert [(result.kept[row]["quantity"], result.kept[row]["cancelled"]) for row in (2, 3)] == [(-2, True), (2, False)]
