import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import formats

amounts = st.floats(-1e13, 1e13, allow_nan=False)


@pytest.mark.parametrize("nothing", [None, math.nan, pd.NaT])
def test_nothing_is_a_dash_everywhere(nothing: Any) -> None:
    assert formats.is_nothing(nothing)
    written: list[Callable[[Any], str]] = [formats.count, formats.short, formats.share, formats.score, formats.day]
    assert [write(nothing) for write in written] == ["-"] * 5
    assert [formats.money(nothing, "GBP"), formats.exact_money(nothing, "GBP")] == ["-", "-"]
    assert [formats.measure(nothing, "days"), formats.exact_measure(nothing, "days"), formats.exact_measure(nothing, "GBP", "GBP")] == [
        "-"
    ] * 3


@pytest.mark.parametrize("value", [0, -1, 0.0, "", date(2024, 1, 1)])
def test_zero_and_empty_text_are_something(value: Any) -> None:
    assert not formats.is_nothing(value)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (7, "7"), (5878, "5,878"), (1234567.4, "1,234,567"), (-1200, "-1,200"), (-0.2, "0")])
def test_counts_are_whole_and_grouped(value: float, text: str) -> None:
    assert formats.count(value) == text


SHORT = [
    (0, "0"), (0.0004, "0"), (-0.0004, "0"), (0.042, "0.042"), (0.42, "0.42"), (1, "1"), (1.234, "1.23"), (9.996, "10"),
    (12.34, "12.3"), (34, "34"), (99.96, "100"), (123.4, "123"), (999, "999"), (999.4, "999"), (999.6, "1k"), (1000, "1k"),
    (1234, "1.23k"), (12_400, "12.4k"), (999_400, "999k"), (999_600, "1 m"), (999_960, "1 m"), (1_234_567, "1.23 m"), (999_600_000, "1 bn"),
    (2.5e9, "2.5 bn"), (7e12, "7 tn"), (-12_400, "-12.4k"), (-999_960, "-1 m"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), SHORT)
def test_numbers_are_rounded_for_reading(value: float, text: str) -> None:
    assert formats.short(value) == text


@given(st.floats(1e-2, 1e14))
def test_a_rounded_number_is_within_half_a_percent_of_itself(value: float) -> None:
    text = formats.short(value)
    digits, sizes = text.rstrip("kmbtn ").replace(",", ""), {"k": 1e3, " m": 1e6, " bn": 1e9, " tn": 1e12}
    size = next((size for suffix, size in sizes.items() if text.endswith(suffix)), 1)
    assert float(digits) * size == pytest.approx(value, rel=0.0051, abs=0.0006)


@given(st.floats(1, 9.9e14))
def test_a_rounded_number_has_at_most_three_digits_before_its_unit(value: float) -> None:
    assert len(formats.short(value).rstrip("kmbtn ").replace(".", "")) <= 3


MONEY = [
    (0, "GBP", "£0"), (1234.5, "GBP", "£1.23k"), (1_200_000, "GBP", "£1.2 m"), (-45, "EUR", "-€45"), (999_960, "USD", "$1 m"),
    (12, "CHF", "CHF 12"), (12, "SEK", "SEK 12"), (12, None, "12"), (-0.0001, "GBP", "£0"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "currency", "text"), MONEY)
def test_money_is_rounded_with_its_symbol(value: float, currency: str | None, text: str) -> None:
    assert formats.money(value, currency) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [(1234.5, "GBP", "£1,234.50"), (-0.01, "GBP", "-£0.01"), (-0.001, "GBP", "£0.00"), (1e6, "JPY", "¥1,000,000.00"), (3, None, "3.00")],
)
def test_exact_money_is_to_the_hundredth(value: float, currency: str | None, text: str) -> None:
    assert formats.exact_money(value, currency) == text


@given(amounts, st.sampled_from(["GBP", "SEK", None]))
def test_money_owed_is_money_had_with_a_minus(value: float, currency: str | None) -> None:
    for write in (formats.money, formats.exact_money):
        had, owed = write(abs(value), currency), write(-abs(value), currency)
        nothing = write(0, currency)
        assert owed == (nothing if had == nothing else f"-{had}")


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_exact_money_reads_back_to_the_hundredth(value: float) -> None:
    assert float(formats.exact_money(value, None).replace(",", "")) == pytest.approx(value, abs=0.0051)


SHARES = [
    (0, "0 %"), (1, "100 %"), (0.34, "34 %"), (0.0995, "10 %"), (0.0994, "9.9 %"), (0.003, "0.3 %"), (0.0005, "0.1 %"), (0.0004, "< 0.1 %"),
    (-0.05, "-5.0 %"), (-0.5, "-50 %"), (2.5, "250 %"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), SHARES)
def test_shares_are_percents(value: float, text: str) -> None:
    assert formats.share(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.50061, "0.501"), (-0.25, "-0.250"), (-0.0001, "0.000"), (1, "1.000")])
def test_scores_have_three_places(value: float, text: str) -> None:
    assert formats.score(value) == text


@pytest.mark.parametrize("value", [date(2011, 12, 9), datetime(2011, 12, 9, 12, 50), pd.Timestamp("2011-12-09 12:50")])
def test_a_day_is_written_out(value: date) -> None:
    assert formats.day(value) == "9 Dec 2011"


@pytest.mark.parametrize(
    ("value", "unit", "currency", "rounded", "exact"),
    [
        (1, "days", "GBP", "1 day", "1 day"),
        (34, "days", None, "34 days", "34 days"),
        (0, "days", None, "0 days", "0 days"),
        (1234.5, "GBP", "GBP", "£1.23k", "£1,234.50"),
        (1234.5, "GBP", None, "£1.23k", "£1,234.50"),
        (1234.5, "SEK", "SEK", "SEK 1.23k", "SEK 1,234.50"),
        (1234.5, "k$", "GBP", "1.23k k$", "1,234.50 k$"),
        (62, "", None, "62", "62"),
        (62.456, "", "GBP", "62.5", "62.46"),
        (-0.001, "", None, "-0.001", "0.00"),
        (1, "years", None, "1 year", "1 year"),
    ],
)
def test_measures_carry_their_unit(value: float, unit: str, currency: str | None, rounded: str, exact: str) -> None:
    assert formats.measure(value, unit, currency) == rounded
    assert formats.exact_measure(value, unit, currency) == exact


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 customers"), (1, "1 customer"), (19, "19 customers"), (1.2, "1 customer"), (5878, "5,878 customers")]
)
def test_a_count_agrees_with_its_noun(number: float, text: str) -> None:
    assert formats.plural(number, "customer") == text


def test_a_noun_may_have_its_own_plural() -> None:
    assert [formats.plural(number, "country", "countries") for number in (1, 2)] == ["1 country", "2 countries"]


@pytest.mark.parametrize(("name", "text"), [("recency_days", "Recency"), ("annual_income", "Annual income"), ("age", "Age")])
def test_names_of_columns_are_words(name: str, text: str) -> None:
    assert formats.words(name) == text


@pytest.mark.parametrize(("names", "text"), [(["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C"), ([], "-")])
def test_names_are_listed_as_in_a_sentence(names: list[str], text: str) -> None:
    assert formats.listed(names) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 bytes"), (7, "7 bytes"), (999, "999 bytes"), (1000, "1 KB"), (4_096, "4.1 KB"), (999_400, "999 KB"), (999_600, "1 MB"),
        (25_000_000, "25 MB"), (48_863_001, "48.9 MB"), (999_999_999, "1 GB"), (2_500_000_000, "2.5 GB"), (1_234_000_000_000, "1,234 GB"),
    ],
)  # fmt: skip
def test_sizes_are_rounded_in_units_of_a_thousand(value: float, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(("value", "said"), [(0.032, "3.2 points"), (-0.1, "-10.0 points"), (0.0041, "0.41 points"), (0.0, "0.00 points")])
def test_differences_of_shares_are_points(value: float, said: str) -> None:
    assert formats.points(value) == said
    assert formats.points(value, bare=True) == said.removesuffix(" points")


@pytest.mark.parametrize(("value", "said"), [(0.34, "+34 %"), (-0.003, "-0.3 %"), (0.0, "0 %"), (1.15, "+115 %")])
def test_changes_have_a_sign(value: float, said: str) -> None:
    assert formats.signed_share(value) == said


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Potential Loyalists, 45 % of the customers", "Potential Loyalists, 45~% of the customers"),
        ("bring £1.2 m, 76 % of 3 months", "bring £1.2~m, 76~% of 3 months"),
        ("48.9 MB in 4 KB", "48.9~MB in 4~KB"),
        ("nothing in particular", "nothing in particular"),
    ],
)
def test_no_line_ends_between_a_number_and_its_unit(text: str, lines: str) -> None:
    assert formats.unbroken(text) == lines.replace("~", "\u00a0")
