"""Numbers to words: frames hold numbers, and this one place turns them into text."""

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

NOTHING = "-"
# What became of the rows that a check concerns.
OUTCOMES = {"rejected": "kept out", "removed": "removed", "warned": "noted", "normalised": "brought into shape"}
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "CHF": "CHF ", "BRL": "R$"}
_ONE = {"days": "day", "weeks": "week", "months": "month", "years": "year"}
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "KB"))
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|tn|bn|m|[KMG]B)(?!\w))")
_STEPS = ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, "k"))


def is_nothing(value: Any) -> bool:
    """Whether there is no value: None, NaN or NaT."""
    return value is None or value != value  # noqa: PLR0124 - only NaN and NaT differ from themselves


def count(value: float | None) -> str:
    """A whole number, grouped: 5,878."""
    return NOTHING if value is None or is_nothing(value) else f"{round(value):,}"


def short(value: float | None) -> str:
    """A number rounded for reading: 12.4k, 1.2 m, 34, 0.42."""
    if value is None or is_nothing(value):
        return NOTHING
    for size, suffix in _STEPS:
        # 999,960 rounds to 1,000k: it is a million.
        if abs(value) >= size * 0.9995:
            return f"{_three_digits(value / size)}{suffix}"
    return _three_digits(value)


def money(value: float | None, currency: str | None) -> str:
    """An amount rounded for reading: £1.2 m."""
    return NOTHING if value is None or is_nothing(value) else _signed(value, currency, short(abs(value)))


def exact_money(value: float | None, currency: str | None) -> str:
    """An amount to the penny: £1,234.50."""
    return NOTHING if value is None or is_nothing(value) else _signed(value, currency, f"{abs(value):,.2f}")


def symbol(currency: str | None) -> str:
    """What stands before an amount: £, or the code of a currency without a sign of its own; nothing without a currency."""
    return _SYMBOLS.get(currency or "", f"{currency} " if currency else "")


def size(value: float) -> str:
    """Bytes rounded for reading: 48.9 MB, 4 KB."""
    # As above: 999,600 bytes are a megabyte.
    unit, name = next(((unit, name) for unit, name in _SIZES if value >= unit * 0.9995), (1, "bytes"))
    return f"{_three_digits(value / unit)} {name}"


def share(value: float | None) -> str:
    """A share of 1 in percent: 34 %, 0.3 %."""
    if value is None or is_nothing(value):
        return NOTHING
    percent = value * 100
    if percent == 0 or abs(percent) >= 9.95:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if abs(percent) >= 0.05 else "< 0.1 %"


def unbroken(text: str) -> str:
    """The same with spaces at which no line ends between a number and its unit."""
    return _BEFORE_UNIT.sub("\u00a0", text)


def signed_share(value: float) -> str:
    """A change as a share, with its sign: +34 %, -0.3 %."""
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{share(abs(value))}"


def points(value: float, *, bare: bool = False) -> str:
    """A difference of shares in points of percent: 3.2 points; `bare` leaves out the word."""
    text = f"{value * 100:z.2f}" if abs(value) < 0.00995 else f"{value * 100:z.1f}"
    return text if bare else f"{text} points"


def score(value: float | None) -> str:
    """A score between -1 and 1, or a small index: 0.501."""
    return NOTHING if value is None or is_nothing(value) else f"{value:z.3f}"


def day(value: date | None) -> str:
    """A date: 9 Dec 2011."""
    return NOTHING if value is None or is_nothing(value) else f"{value.day} {value:%b %Y}"


def month(value: date, *, brief: bool = False) -> str:
    """The month of a date: November 2011; `brief`, Nov 2011."""
    return f"{value:%b %Y}" if brief else f"{value:%B %Y}"


def measure(value: float | None, unit: str, currency: str | None = None) -> str:
    """A feature's value with its unit: 34 days, £1.2k, 62."""
    if _is_money(unit, currency):
        return money(value, unit)
    text = short(value)
    return text if text == NOTHING or not unit else _with_unit(text, unit)


def exact_measure(value: float | None, unit: str, currency: str | None = None) -> str:
    """A feature's value in full: 34 days, £1,234.50, 62."""
    if value is None or is_nothing(value):
        return NOTHING
    if _is_money(unit, currency):
        return exact_money(value, unit)
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:z,.2f}"
    return _with_unit(text, unit) if unit else text


def in_full(value: float) -> str:
    """A number with all its digits, grouped: 1,234.5, 0.0037."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def between(low: float | None, high: float | None, unit: str, currency: str | None = None) -> str:
    """Bounds of a measure, both included: at least 90 days, at most £120, from 2 to 5 days; nothing stands for no bound."""
    if is_nothing(low):
        return f"at most {_bound(high, unit, currency)}"
    if is_nothing(high):
        return f"at least {_bound(low, unit, currency)}"
    # The unit is said once; a currency's sign belongs to its number.
    first = _bound(low, unit if _is_money(unit, currency) else "", currency)
    return f"from {first} to {_bound(high, unit, currency)}"


def plural(number: float, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 customer, 19 customers."""
    return f"{count(number)} {one if round(number) == 1 else many or one + 's'}"


def words(name: str) -> str:
    """A column's name for reading: recency_days is Recency."""
    return name.removesuffix("_days").replace("_", " ").capitalize()


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: A, B and C."""
    *most, last = list(names) or [NOTHING]
    return f"{', '.join(most)} and {last}" if most else last


def _bound(value: Any, unit: str, currency: str | None) -> str:
    if _is_money(unit, currency):
        return exact_money(value, unit).removesuffix(".00")
    return _with_unit(in_full(value), unit) if unit else in_full(value)


def _is_money(unit: str, currency: str | None) -> bool:
    return bool(unit) and (unit == currency or unit in _SYMBOLS)


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {_ONE.get(unit, unit) if text == '1' else unit}"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 0
    text = f"{value:z,.{min(places, 3)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(value: float, currency: str | None, text: str) -> str:
    sign = "-" if value < 0 and text.strip("0.") else ""
    return f"{sign}{symbol(currency)}{text}"
