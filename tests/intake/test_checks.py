import statistics
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.catalogue import ProfileDataset, TransactionColumns, TransactionsDataset
from pipeline.intake.findings import Finding
from tests.intake.conftest import CLUB, SHOP, Refusal, Result, admit_text, csv_text

SHOP_HEADER = ["who", "order", "when", "n", "each", "where"]
CLUB_HEADER = ["id", "age", "sex"]
# So many sound rows that 20 unreadable ones do not refuse the column.
SOUND = 450


def shop(connection: Backend, folder: Path, column: str, values: list[str], dataset: TransactionsDataset = SHOP, **keywords: Any) -> Result:
    """Order lines of which the first, from row 2 on, hold `values` in `column`; the others are sound."""
    rows = [[f"c{at}", str(at), "2024-01-01 10:00:00", "2", "1.50", "UK"] for at in range(SOUND + len(values))]
    for row, value in zip(rows, values, strict=False):
        row[SHOP_HEADER.index(column)] = value
    if dataset.time_format:
        for row in rows[len(values) :]:
            row[2] = datetime(2024, 1, 1, 10).strftime(dataset.time_format)
    return admit_text(connection, folder / "shop", csv_text([SHOP_HEADER, *rows]), dataset, **keywords)


def club(connection: Backend, folder: Path, column: str, values: list[str], dataset: ProfileDataset = CLUB) -> Result:
    rows = [[f"c{at}", "20", "F"] for at in range(SOUND + len(values))]
    for row, value in zip(rows, values, strict=False):
        row[CLUB_HEADER.index(column)] = value
    return admit_text(connection, folder / "club", csv_text([CLUB_HEADER, *rows]), dataset)


def outcomes(result: Result, values: list[str], kept: str) -> dict[str, Any]:
    """Each value with what became of it: the reason that kept its row out, or what it was understood as."""
    rejected = result.rejected
    return {value: rejected[row] if row in rejected else result.kept[row][kept] for row, value in enumerate(values, start=2)}


NUMBERS: dict[str, Any] = {
    "0.5": 0.5,
    " 12 ": 12.0,
    "+3": 3.0,
    "-7": -7.0,
    "1.": 1.0,
    ".25": 0.25,
    "1e3": 1000.0,
    "1E-2": 0.01,
    "00123": 123.0,
    "1000000000": 1e9,
    "1000000001": "age is beyond 1e9",
    "-1e10": "age is beyond 1e9",
    "1e999": "age is beyond 1e9",
    "": "age is missing",
    "  ": "age is missing",
    "nan": "age is not a number",
    "inf": "age is not a number",
    "-Infinity": "age is not a number",
    "0x10": "age is not a number",
    "1_000": "age is not a number",
    "1,5": "age is not a number",
    "1 000": "age is not a number",
    "£5": "age is not a number",
    "1e": "age is not a number",
    "--1": "age is not a number",
    "\uff11\uff12": "age is not a number",
    "#N/A": "age is not a number",
}


def test_numbers_are_plain_finite_and_at_most_a_thousand_million(connection: Backend, tmp_path: Path) -> None:
    result = club(connection, tmp_path, "age", list(NUMBERS))
    assert outcomes(result, list(NUMBERS), "age") == NUMBERS
    assert result.found("age is not a number").example == "club.csv, row 17: nan"


IDS: dict[str, Any] = {
    "C489449": "C489449",
    "00123": "00123",
    "123": "123",
    "1234567890123456789012345": "1234567890123456789012345",
    "12346.0": "12346.0",
    " 12347 ": "12347",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "=1+1": "=1+1",
    "客户 7": "客户 7",
    "x" * 64: "x" * 64,
    "x" * 65: "who is longer than 64 characters",
    "": "who is missing",
    " \t ": "who is missing",
}


def test_ids_are_text_kept_as_they_are_but_for_the_space_around_them(connection: Backend, tmp_path: Path) -> None:
    assert outcomes(shop(connection, tmp_path, "who", list(IDS)), list(IDS), "customer_id") == IDS


def test_ids_that_look_the_same_are_the_same_and_those_changed_are_counted(connection: Backend, tmp_path: Path) -> None:
    same = ["Jos\u00e9", "Jose\u0301", " Jos\u00e9 ", "\u212b1", "\u00c51"]
    result = shop(connection, tmp_path, "who", same)
    assert [result.kept[row]["customer_id"] for row in range(2, 2 + len(same))] == [*["Jos\u00e9"] * 3, *["\u00c51"] * 2]
    found = result.found("who was trimmed, or its letters spelt in one way")
    assert (found.outcome, found.rows, found.example) == ("normalised", 3, "shop.csv, row 3: Jose\u0301")


TIMES: dict[str, Any] = {
    "2009-12-01": datetime(2009, 12, 1),
    "2009-12-01 07:45": datetime(2009, 12, 1, 7, 45),
    "2009-12-01T07:45:30": datetime(2009, 12, 1, 7, 45, 30),
    "2009-12-01 07:45:30.250": datetime(2009, 12, 1, 7, 45, 30, 250_000),
    "2024-02-29": datetime(2024, 2, 29),
    "1990-01-01": datetime(1990, 1, 1),
    "1989-12-31 23:59:59": "when is before 1990-01-01",
    "": "when is missing",
    "2023-02-29": "when is not a time",
    "2024-13-01": "when is not a time",
    "2024-01-01 25:00": "when is not a time",
    "01/02/2024": "when is not a time",
    "2024-1-1": "when is not a time",
    "40148.32291666": "when is not a time",
    "yesterday": "when is not a time",
}


def test_times_are_iso_8601_where_no_format_is_declared(connection: Backend, tmp_path: Path) -> None:
    assert outcomes(shop(connection, tmp_path, "when", list(TIMES)), list(TIMES), "time") == TIMES


ZONED: dict[str, Any] = {
    "2024-03-10T12:00:00Z": datetime(2024, 3, 10, 12),
    "2024-03-10T00:30:00+01:00": datetime(2024, 3, 9, 23, 30),
    "2024-03-10 23:45-0530": datetime(2024, 3, 11, 5, 15),
    "2024-03-10 12:00:00.5 +00:00": datetime(2024, 3, 10, 12, 0, 0, 500_000),
    "2024-03-10+01:00": "when is not a time",
    "2024-03-10 12:00 CET": "when is not a time",
    "2024-03-10 12:00+25:00": "when is not a time",
}


def test_times_with_an_offset_are_brought_to_utc_and_counted(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "when", list(ZONED))
    assert outcomes(result, list(ZONED), "time") == ZONED
    assert result.found("when was brought to UTC") == Finding(
        "when was brought to UTC", "normalised", 4, 4 / (SOUND + len(ZONED)), "shop.csv, row 2: 2024-03-10T12:00:00Z", 4, 12.0
    )


# Days since 1904-01-01, as a Macintosh counts them; 1462 more than there are since 1899-12-30.
SERIAL: dict[str, Any] = {
    "43889": datetime(2024, 2, 29),
    "43889.5208333333": datetime(2024, 2, 29, 12, 30),
    "43889.99999999": datetime(2024, 3, 1),
    "4.3889e4": datetime(2024, 2, 29),
    "1": "when is before 1990-01-01",
    "0.5": "when is not a time",
    "200000": datetime(2451, 7, 31),
    "200001": "when is not a time",
    "-43889": "when is not a time",
    "20240229": "when is not a time",
    "2024-02-29 12:30": datetime(2024, 2, 29, 12, 30),
}


class TestSerialNumbersOfDays:
    NAME = "when was a serial number of a day"

    def test_they_are_times_to_the_second_where_a_workbook_says_from_when_they_count(self, connection: Backend, tmp_path: Path) -> None:
        result = shop(connection, tmp_path, "when", list(SERIAL), epoch="1904-01-01")
        assert outcomes(result, list(SERIAL), "time") == SERIAL
        assert result.found(self.NAME) == Finding(self.NAME, "normalised", 6, 6 / (SOUND + len(SERIAL)), "shop.csv, row 2: 43889")
        assert result.found("when was brought to UTC").rows == 0

    def test_they_are_no_times_elsewhere(self, connection: Backend, tmp_path: Path) -> None:
        result = shop(connection, tmp_path, "when", ["43889"])
        assert outcomes(result, ["43889"], "time") == {"43889": "when is not a time"}
        assert self.NAME not in {finding.check for finding in result.findings}

    def test_a_declared_format_comes_first_and_cells_that_are_times_are_read_beside_it(self, connection: Backend, tmp_path: Path) -> None:
        values = {
            "3.4.2024": datetime(2024, 4, 3),
            "2024-04-03 07:05:00": datetime(2024, 4, 3, 7, 5),
            "45385.5": datetime(2024, 4, 3, 12),
            "2024-04-03T07:05:00Z": "when is not a time",
        }
        dataset = SHOP.model_copy(update={"time_format": "%d.%m.%Y"})
        result = shop(connection, tmp_path, "when", list(values), dataset, epoch="1899-12-30")
        assert outcomes(result, list(values), "time") == values
        assert result.found(self.NAME).rows == 1


DAY_FIRST: dict[str, Any] = {
    "03.04.2024 07:05": datetime(2024, 4, 3, 7, 5),
    "3.4.2024 7:05": datetime(2024, 4, 3, 7, 5),
    "31.12.2023 23:59": datetime(2023, 12, 31, 23, 59),
    "12.31.2023 23:59": "when is not a time",
    "03/04/2024 07:05": "when is not a time",
    "03a04.2024 07:05": "when is not a time",
    "2024-04-03 07:05": "when is not a time",
    "03.04.2024": "when is not a time",
}


def test_times_follow_the_declared_format_to_the_letter(connection: Backend, tmp_path: Path) -> None:
    dataset = SHOP.model_copy(update={"time_format": "%d.%m.%Y %H:%M"})
    assert outcomes(shop(connection, tmp_path, "when", list(DAY_FIRST), dataset), list(DAY_FIRST), "time") == DAY_FIRST


def test_lines_that_reach_as_of_are_kept_out(connection: Backend, tmp_path: Path) -> None:
    values = ["2024-03-09 23:59:59", "2024-03-10", "2025-01-01"]
    reason = "when is not before as_of=2024-03-10"
    assert outcomes(shop(connection, tmp_path, "when", values, as_of="2024-03-10"), values, "time") == {
        "2024-03-09 23:59:59": datetime(2024, 3, 9, 23, 59, 59),
        "2024-03-10": reason,
        "2025-01-01": reason,
    }


COMMAS: dict[str, Any] = {
    "12,5": 12.5,
    "1.234,50": 1234.5,
    "-1.234.567": -1234567.0,
    "12": 12.0,
    ",25": 0.25,
    "1,5e3": 1500.0,
    "1.5": "age is not a number",
    "1,234.50": "age is not a number",
    "1.23,4": "age is not a number",
    ",": "age is not a number",
    "1,2,3": "age is not a number",
    "": "age is missing",
}


def test_numbers_have_a_decimal_comma_where_it_is_declared(connection: Backend, tmp_path: Path) -> None:
    dataset = CLUB.model_copy(update={"decimal": ","})
    result = club(connection, tmp_path, "age", list(COMMAS), dataset)
    assert outcomes(result, list(COMMAS), "age") == COMMAS
    assert result.found("age is not a number").example == "club.csv, row 8: 1.5"


TILL = SHOP.model_copy(
    update={
        "cancellation_prefix": None,
        "columns": TransactionColumns(customer_id="who", time="when", amount="total"),
    }
)


def till(connection: Backend, folder: Path, lines: list[tuple[str, str, str]], **settings: Any) -> Result:
    text = csv_text([["who", "when", "total"], *map(list, lines)])
    return admit_text(connection, folder / "till", text, TILL.model_copy(update=settings))


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


def test_categories_are_coded_whatever_their_case(connection: Backend, tmp_path: Path) -> None:
    values = ["F", "m", " M ", "", "x", "1"]
    assert outcomes(club(connection, tmp_path, "sex", values), values, "sex") == {
        "F": 1.0,
        "m": 0.0,
        " M ": 0.0,
        "": "sex is missing",
        "x": "sex is none of F, M",
        "1": "sex is none of F, M",
    }


def test_the_first_check_to_fail_names_the_reason(connection: Backend, tmp_path: Path) -> None:
    rows = [
        ["", "", "", "", "", ""],
        ["", "", "soon", "x", "-1", ""],
        ["a", "", "soon", "x", "-1", ""],
        ["a", "1", "soon", "x", "-1", ""],
        ["a", "1", "2024-01-01", "x", "-1", ""],
        ["a", "1", "2024-01-01", "1", "-1", ""],
    ]
    sound = [["a", str(at), "2024-01-01", "1", "1", ""] for at in range(SOUND)]
    result = admit_text(connection, tmp_path / "shop", csv_text([SHOP_HEADER, *rows, *sound]), SHOP)
    assert list(result.rejected.values()) == [
        "the row is blank",
        "who is missing",
        "order is missing",
        "when is not a time",
        "n is not a number",
        "each is negative",
    ]


LOCAL: dict[str, Any] = {
    "2024-01-15 00:30:00": datetime(2024, 1, 14, 23, 30),
    "2024-07-15 00:30:00": datetime(2024, 7, 14, 22, 30),
    "2024-07-15": datetime(2024, 7, 14, 22),
    "2024-07-15T00:30:00Z": datetime(2024, 7, 15, 0, 30),
}


def test_times_of_a_declared_zone_are_brought_to_utc_summer_and_winter(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "when", list(LOCAL), SHOP.model_copy(update={"time_zone": "Europe/Berlin"}))
    assert outcomes(result, list(LOCAL), "time") == LOCAL
    assert result.found("when was brought to UTC").rows == result.counts.read


def test_the_day_of_an_order_without_an_id_is_that_of_the_declared_zone(connection: Backend, tmp_path: Path) -> None:
    lines = [("a", "2024-07-15 00:30", "5"), ("a", "2024-07-15 12:00", "5"), ("a", "2024-07-14 23:59", "5")]
    result = till(connection, tmp_path, lines, time_zone="Europe/Berlin")
    assert [row["order_id"] for row in result.kept.values()] == ["2024-07-15", "2024-07-15", "2024-07-14"]


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


TIERS = ProfileDataset.model_validate(
    CLUB.model_dump() | {"features": [{"name": "age", "column": "age"}, {"name": "tier", "column": "sex", "one_hot": ["Gold", "Tin can"]}]}
)


def test_a_category_may_be_a_yes_or_no_per_word(connection: Backend, tmp_path: Path) -> None:
    result = club(connection, tmp_path, "sex", ["gold", "TIN CAN", "", "wood"], _all_gold(TIERS))
    assert TIERS.feature_names == ("age", "tier_gold", "tier_tin_can")
    assert [(result.kept[row]["tier_gold"], result.kept[row]["tier_tin_can"]) for row in (2, 3)] == [(1, 0), (0, 1)]
    assert (result.rejected[4], result.rejected[5]) == ("sex is missing", "sex is none of Gold, Tin can, F")


def _all_gold(dataset: ProfileDataset) -> ProfileDataset:
    """The sound rows say F."""
    tier = dataset.features[1].model_copy(update={"one_hot": ("Gold", "Tin can", "F")})
    return dataset.model_copy(update={"features": (dataset.features[0], tier)})


class TestMissingValues:
    def test_are_filled_with_the_median_and_the_most_frequent_word(self, connection: Backend, tmp_path: Path) -> None:
        text = "id,age,sex\na,20,F\nb,30,F\nc,,M\nd,70,\ne,old,M\n" + "".join(f"x{at},{20 if at % 2 else 30},F\n" for at in range(60))
        result = admit_text(connection, tmp_path / "club", text, CLUB.model_copy(update={"missing": "median"}))
        assert result.filled == {"age": 30.0, "sex": 1.0}
        assert (result.kept[4]["age"], result.kept[5]["sex"]) == (30.0, 1.0)
        assert result.rejected == {6: "age is not a number"}
        found = result.found("age was missing and is filled in")
        assert found == Finding(found.check, "normalised", 1, 1 / 65, "club.csv, row 4: nothing", 1)

    def test_are_filled_with_what_is_told_and_not_with_what_the_file_would_say(self, connection: Backend, tmp_path: Path) -> None:
        text = "id,age,sex\na,20,F\nb,,F\nc,,M\n"
        result = admit_text(connection, tmp_path / "club", text, CLUB, filled={"age": 41.5, "sex": 0.0})
        assert [row["age"] for row in result.kept.values()] == [20.0, 41.5, 41.5]

    def test_of_a_column_without_any_value_keep_their_rows_out(self, connection: Backend, tmp_path: Path, refusal: Refusal) -> None:
        said = refusal(admit_text, connection, tmp_path / "club", "id,age,sex\na,,F\n", CLUB.model_copy(update={"missing": "median"}))
        assert said.startswith("club.csv: none of its 1 rows can be used. In 1, age is missing")

    @given(ages=st.lists(st.none() | st.integers(-1000, 1000), min_size=1, max_size=30).filter(any))
    @settings(max_examples=20, deadline=None)
    def test_are_counted_and_never_move_the_median(self, connection: Backend, ages: list[int | None]) -> None:
        rows = [["id", "age", "sex"], *([f"c{at}", "" if age is None else str(age), "F"] for at, age in enumerate(ages))]
        with tempfile.TemporaryDirectory() as folder:
            dataset = CLUB.model_copy(update={"missing": "median"})
            result = admit_text(connection, Path(folder) / "club", csv_text(rows), dataset)
        there = sorted(age for age in ages if age is not None)
        assert result.filled["age"] == statistics.median(there)
        assert statistics.median(row["age"] for row in result.kept.values()) == statistics.median(there)
        assert result.counts.kept == len(ages)
