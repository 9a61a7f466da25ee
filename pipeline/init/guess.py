"""What the columns of a file seem to be, by their headers first and by what stands in them next."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Literal

from pipeline.errors import InputError
from pipeline.init.sample import Sample
from pipeline.settings import Kind

Decimal = Literal[".", ","]

# Words in headers, the surest first.
_WORDS = {
    "customer_id": ("customerid", "customer", "client", "member", "user", "buyer", "account", "kunde", "cliente", "id"),
    "order_id": ("invoice", "order", "receipt", "basket", "ticket", "transaction", "bestell", "beleg", "rechnung", "facture"),
    "quantity": ("quantity", "qty", "units", "pieces", "menge", "anzahl", "cantidad"),
    "unit_price": ("unitprice", "price", "preis", "precio", "prix", "rate"),
    "amount": ("amount", "total", "revenue", "sales", "spend", "value", "betrag", "umsatz", "summe", "montant", "importe"),
    "country": ("country", "land", "market", "pays", "pais"),
}
_CURRENCIES = {"£": "GBP", "€": "EUR", "$": "USD", "GBP": "GBP", "EUR": "EUR", "USD": "USD", "CHF": "CHF"}
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?")
_WHOLE = re.compile(r"\d+")
_DECIMALS = re.compile(r",(\d{1,2}|\d{4,})$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}:?\d{2}))?)?")
_DATE_LIKE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?!\d)")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
_DATES = tuple(f"{separator.join(order)}" for order in (("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%Y", "%m", "%d")) for separator in "/.-")
# Intake refuses a column of which more than one in twenty cannot be read.
_MOST = 0.95
_LOOKED_AT = 1_000
_EITHER_OR = 2
_MOST_WORDS = 12
_YES = {"yes", "y", "true", "ja", "oui", "sí", "si", "sim", "on", "active"}
_FEWEST_PER_CLUSTER = 10


@dataclass(frozen=True)
class Guess:
    """What a file seems to be.

    Attributes:
        kind: Of the catalogue.
        roles: Canonical column to the file's header; for a profile the customer's id alone.
        features: For a profile: header to the two words of a category, none for numbers.
        categories: For a profile: header to its words, where there are more; which of them is more than another is not in the file.
        left_out: For a profile: other headers, and why they are no features.
        gaps: For a profile: whether some customers lack a feature.
        decimal: Of its numbers.
        time_format: strftime format of its times; None for ISO 8601.
        cancellation_prefix: What order ids of returns begin with.
        currency: ISO 4217 code, and whether the file says so.
        k: Clusters.
    """

    kind: Kind
    roles: dict[str, str]
    features: dict[str, tuple[str, ...]] = field(default_factory=dict)
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    gaps: bool = False
    decimal: Decimal = "."
    time_format: str | None = None
    cancellation_prefix: str | None = None
    currency: tuple[str, bool] = ("EUR", False)
    k: int = 10


def guess(sample: Sample, *, kind: Kind | None = None, time_format: str | None = None) -> Guess:
    """What a file seems to be.

    Args:
        sample: Its first rows.
        kind: Where it is known.
        time_format: Of its times, where it is known; asked for where day and month cannot be told apart.

    Raises:
        InputError: Saying what to declare, if something that is needed cannot be found.
    """
    columns = {name: [text for text in texts if text is not None] for name, texts in sample.columns.items()}
    columns = {name: texts for name, texts in columns.items() if texts}
    decimal = _decimal(columns)
    times = [name for name, texts in columns.items() if _is_time(texts, time_format)]
    numbers = [name for name, texts in columns.items() if name not in times and _is_number(texts, decimal)]
    roles = _roles(columns, times, numbers)
    sold = "amount" in roles or {"quantity", "unit_price"} <= roles.keys()
    repeated = "customer_id" in roles and len(set(columns[roles["customer_id"]])) < len(columns[roles["customer_id"]])
    found: Kind = kind or ("transactions" if times and sold and repeated else "profile")
    if found == "profile":
        return _profile(sample, columns, times, numbers, decimal)
    return _transactions(sample, columns, roles, time_format, decimal)


def _transactions(sample: Sample, columns: dict[str, list[str]], roles: dict[str, str], time_format: str | None, decimal: Decimal) -> Guess:
    missing = [name for name in ("customer_id", "time") if name not in roles]
    if not ("amount" in roles or {"quantity", "unit_price"} <= roles.keys()):
        missing.append("amount (or quantity and unit_price)")
    if missing:
        raise InputError(
            f"{sample.path.name}: cannot tell which column is {', '.join(missing)}. It has: {', '.join(sample.columns)}. "
            "Declare a block of kind 'transactions' in datasets.toml by hand, as docs/your-data.md shows."
        )
    if {"quantity", "unit_price"} <= roles.keys():
        roles.pop("amount", None)
    else:
        roles = {name: header for name, header in roles.items() if name not in {"quantity", "unit_price"}}
    return Guess(
        "transactions",
        roles,
        decimal=decimal,
        time_format=time_format or _time_format(sample, roles["time"], columns[roles["time"]]),
        cancellation_prefix=_prefix(sample.columns, roles),
        currency=_currency([roles.get("unit_price", ""), roles.get("amount", ""), *sample.columns]),
        k=_clusters(columns[roles["customer_id"]]),
    )


def _profile(sample: Sample, columns: dict[str, list[str]], times: list[str], numbers: list[str], decimal: Decimal) -> Guess:
    distinct = [name for name, texts in columns.items() if len(set(texts)) == len(texts) >= _MOST * len(sample.columns[name])]
    named = [name for word in _WORDS["customer_id"] for name in distinct if word in _fold(name)]
    # Without such a header the first column of texts, then of whole numbers: a balance may be different for everybody, too.
    candidates = [
        *named,
        *(name for name in distinct if name not in numbers),
        *(name for name in distinct if _WHOLE.fullmatch(columns[name][0])),
    ]
    identity = next((name for name in candidates if name not in times), None)
    if identity is None:
        raise InputError(
            f"{sample.path.name}: no column tells customers apart, each value once. It has: {', '.join(sample.columns)}. "
            "Add a column of ids, or name one as customer_id in a block of kind 'profile' in datasets.toml."
        )
    found = Guess("profile", {"customer_id": identity}, decimal=decimal, k=_clusters(columns[identity]))
    for name, texts in columns.items():
        words, rows = sorted(set(texts)), len(sample.columns[name])
        if name == identity or name in times or len(words) < _EITHER_OR:
            continue
        if len(texts) < _MOST * rows:
            found.left_out[name] = "empty in more than 5 % of the rows"
        elif name in numbers:
            found.features[name] = ()
        elif len(words) == _EITHER_OR:
            # What says yes is the 1.
            found.features[name] = tuple(sorted(words, key=lambda word: word.casefold() in _YES))
        elif len(words) <= _MOST_WORDS:
            found.categories[name] = tuple(words)
        else:
            found.left_out[name] = "too many different words"
    if () not in found.features.values():
        raise InputError(f"{sample.path.name}: no column holds a number for nearly every customer: there is nothing to segment by.")
    return replace(found, gaps=any(len(columns[name]) < len(sample.columns[name]) for name in found.features))


def _roles(columns: dict[str, list[str]], times: list[str], numbers: list[str]) -> dict[str, str]:
    """Which column is which, each at most once: the surest words of all roles first."""
    roles: dict[str, str] = {}
    if times:
        roles["time"] = next((name for name in times if re.search("date|time|datum|fecha", name, re.IGNORECASE)), times[0])
    for role, words in _WORDS.items():
        fitting = numbers if role in {"quantity", "unit_price", "amount"} else [name for name in columns if name not in times]
        free = [name for name in fitting if name not in roles.values()]
        name = next((name for word in words for name in free if word in _fold(name)), None)
        if name is not None:
            roles[role] = name
    return roles


def _time_format(sample: Sample, name: str, texts: list[str]) -> str | None:
    if _share(texts, lambda text: _ISO.fullmatch(text) is not None) >= _MOST:
        return None
    fitting = [form for form in _formats() if _share(texts, partial(_reads, form=form)) >= _MOST]
    certain = [form for form in fitting if all(_reads(text, form) for text in texts)] or fitting
    if len(certain) > 1:
        raise InputError(
            f"{sample.path.name}: {texts[0]!r} in {name} may begin with the day or with the month. "
            f"Say which: --time-format {certain[0]!r} or --time-format {certain[1]!r}."
        )
    return certain[0]


def _is_time(texts: list[str], time_format: str | None) -> bool:
    if _share(texts, lambda text: _ISO.fullmatch(text) is not None) >= _MOST:
        return True
    # Trying every format on every text takes long: what no date looks like is none.
    if time_format is None and _share(texts, lambda text: _DATE_LIKE.match(text) is not None) < _MOST:
        return False
    forms = [time_format] if time_format else _formats()
    return any(_share(texts, partial(_reads, form=form)) >= _MOST for form in forms)


def _formats() -> list[str]:
    return [f"{day}{clock}" for day in _DATES for clock in _CLOCKS]


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True


def _decimal(columns: dict[str, list[str]]) -> Decimal:
    """A comma where a column makes sense with it alone; "1,234" may be thousands, "1,5" may not."""
    with_comma = [texts for texts in columns.values() if _is_number(texts, ",") and not _is_number(texts, ".")]
    return "," if any(_DECIMALS.search(text) for texts in with_comma for text in texts[:_LOOKED_AT]) else "."


def _is_number(texts: list[str], decimal: Decimal) -> bool:
    pattern = _POINT if decimal == "." else _COMMA
    return _share(texts, lambda text: pattern.fullmatch(text) is not None) >= _MOST


def _share(texts: list[str], test: Callable[[str], bool]) -> float:
    looked_at = texts[:_LOOKED_AT]
    return sum(map(test, looked_at)) / max(len(looked_at), 1)


def _prefix(columns: dict[str, list[str | None]], roles: dict[str, str]) -> str | None:
    """The letter that order ids of negative lines begin with, and hardly any other."""
    measure = roles.get("quantity") or roles.get("amount")
    if "order_id" not in roles or measure is None:
        return None
    pairs = [(order, value) for order, value in zip(columns[roles["order_id"]], columns[measure], strict=True) if order and value]
    negative = Counter(order[0] for order, value in pairs if value.startswith("-") and order[0].isalpha())
    if not negative:
        return None
    letter, count = negative.most_common(1)[0]
    others = sum(order.startswith(letter) for order, value in pairs if not value.startswith("-"))
    return letter if others <= (1 - _MOST) * count else None


def _currency(headers: list[str]) -> tuple[str, bool]:
    return next(((code, True) for header in headers for sign, code in _CURRENCIES.items() if sign in header), ("EUR", False))


def _clusters(ids: list[str]) -> int:
    return max(2, min(10, len(set(ids)) // _FEWEST_PER_CLUSTER))


def _fold(header: str) -> str:
    return re.sub(r"[\W_]+", "", header).casefold()
