from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.init.guess import Guess, guess
from pipeline.init.sample import Sample
from pipeline.intake.staged import Layout
from tests.conftest import ROOT

ROWS = 60


def sample(**columns: list[str | None]) -> Sample:
    """Columns whose headers are written with _ for a space."""
    named = {name.replace("_", " "): values for name, values in columns.items()}
    return Sample(ROOT / "some.csv", Layout({}), named, ROWS)


def orders(**changed: Any) -> dict[str, list[str | None]]:
    columns: dict[str, Any] = {
        "Order_No": [f"{1000 + at // 2}" for at in range(ROWS)],
        "Client": [f"c{at % 20}" for at in range(ROWS)],
        "Date": [f"2024-01-{1 + at % 28:02}" for at in range(ROWS)],
        "Qty": [str(1 + at % 4) for at in range(ROWS)],
        "Price_(USD)": [f"{2 + at % 9}.50" for at in range(ROWS)],
    }
    return {name: values for name, values in (columns | changed).items() if values is not None}


def members(**changed: Any) -> dict[str, list[str | None]]:
    columns: dict[str, Any] = {
        "member_id": [f"m{at}" for at in range(ROWS)],
        "balance": [f"{at * 17 % 100}.5" for at in range(ROWS)],
        "newsletter": ["yes" if at % 3 else "no" for at in range(ROWS)],
    }
    return {name: values for name, values in (columns | changed).items() if values is not None}


class TestOrders:
    def test_are_known_by_a_time_an_amount_and_customers_who_come_again(self) -> None:
        assert guess(sample(**orders())) == Guess(
            "transactions",
            {"time": "Date", "customer_id": "Client", "order_id": "Order No", "quantity": "Qty", "unit_price": "Price (USD)"},
            currency=("USD", True),
            k=2,
        )

    def test_may_have_an_amount_and_no_order_id(self) -> None:
        found = guess(sample(**orders(Order_No=None, Qty=None, **{"Price_(USD)": None}, Total=["9.99"] * ROWS)))
        assert found.roles == {"time": "Date", "customer_id": "Client", "amount": "Total"}
        assert found.currency == ("EUR", False)

    def test_with_quantity_and_price_need_no_amount(self) -> None:
        assert "amount" not in guess(sample(**orders(Total=["9.99"] * ROWS))).roles

    @pytest.mark.parametrize(
        ("first", "form"),
        [
            ("31/12/2023", "%d/%m/%Y"),
            ("12/31/2023", "%m/%d/%Y"),
            ("31.12.2023 23:59", "%d.%m.%Y %H:%M"),
            ("2023/12/31 23:59:59", "%Y/%m/%d %H:%M:%S"),
            ("2023-12-31T23:59:59Z", None),
        ],
    )
    def test_have_their_times_read_as_they_are_written(self, first: str, form: str | None) -> None:
        assert guess(sample(**orders(Date=[first] * ROWS))).time_format == form

    def test_whose_days_could_be_months_have_to_be_told(self) -> None:
        written = sample(**orders(Date=["03/04/2024"] * ROWS))
        with pytest.raises(InputError, match=r"'03/04/2024' in Date may begin with the day .* --time-format '%d/%m/%Y' or .*'%m/%d/%Y'"):
            guess(written)
        assert guess(written, time_format="%m/%d/%Y").time_format == "%m/%d/%Y"

    def test_of_which_those_given_back_begin_with_a_letter_are_cancellations(self) -> None:
        numbers = [f"C{at}" if at % 10 == 0 else f"{at}" for at in range(ROWS)]
        quantities = ["-1" if at % 10 == 0 else "2" for at in range(ROWS)]
        assert guess(sample(**orders(Order_No=numbers, Qty=quantities))).cancellation_prefix == "C"
        assert guess(sample(**orders(Order_No=[f"C{at}" for at in range(ROWS)], Qty=quantities))).cancellation_prefix is None

    def test_that_lack_something_are_refused_with_what_it_is(self) -> None:
        with pytest.raises(InputError, match=r"^some\.csv: cannot tell which column is amount \(or quantity and unit_price\)\. It has: "):
            guess(sample(**orders(Qty=None)), kind="transactions")


class TestDecimals:
    @pytest.mark.parametrize(
        ("value", "decimal"), [("12,5", ","), ("1.234,50", ","), ("12.5", "."), ("1234", "."), ("1,234.50", "."), ("1,234", ".")]
    )
    def test_are_told_by_what_makes_sense(self, value: str, decimal: str) -> None:
        assert guess(sample(**members(balance=[value, "7"] * (ROWS // 2), age=[str(at) for at in range(ROWS)]))).decimal == decimal


class TestProfiles:
    def test_have_a_column_that_tells_customers_apart_numbers_and_words(self) -> None:
        tier = [("gold", "silver", "bronze")[at % 3] for at in range(ROWS)]
        gaps = ["1", "2", None, None] * (ROWS // 4)
        words = [f"word {at % 20}" for at in range(ROWS)]
        found = guess(sample(**members(tier=tier, note=[None] * ROWS, same=["1"] * ROWS, gaps=gaps, words=words)))
        assert found == Guess(
            "profile",
            {"customer_id": "member id"},
            {"balance": (), "newsletter": ("no", "yes")},
            {"tier": ("bronze", "gold", "silver")},
            {"gaps": "empty in more than 5 % of the rows", "words": "too many different words"},
            k=6,
        )

    def test_are_what_a_file_with_times_is_said_to_be(self) -> None:
        joined = sample(**members(joined=["2024-01-01"] * ROWS))
        assert guess(joined).kind == "profile"
        assert "joined" not in guess(joined, kind="profile").features

    def test_without_an_id_or_a_number_are_refused(self) -> None:
        with pytest.raises(InputError, match="no column tells customers apart, each value once"):
            guess(sample(**members(member_id=["m1"] * ROWS)))
        with pytest.raises(InputError, match="there is nothing to segment by"):
            guess(sample(**members(balance=None)))
