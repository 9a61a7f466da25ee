"""Made-up data of the same shape as a dataset of the catalogue, written as a file that the ordinary intake reads."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.catalogue import RETURNED, Dataset, ProfileDataset, TransactionsDataset
from pipeline.errors import InputError

Texts = NDArray[np.object_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

# Two whole years, fixed: a demo that followed the clock would be another one every day.
_FIRST_DAY = datetime(2022, 1, 1, tzinfo=UTC)
_DAYS = 730
_YEAR = 365
_DAY_MINUTES = 24 * 60
_ISO = "%Y-%m-%d %H:%M:%S"
_SUNDAY = 6
_SUNDAY_WEIGHT = 0.15
_HOLIDAYS = (0, 358, 359)  # days of the year: 1 January, 25 and 26 December
_HOLIDAY_WEIGHT = 0.05
_PEAK_DAY, _PEAK_WEIGHT, _PEAK_WIDTH_DAYS = 330, 1.6, 32  # late November
_OPEN_MINUTE, _OPEN_MINUTES = 8 * 60, 12 * 60
_SUNDAY_OPEN_MINUTE, _SUNDAY_OPEN_MINUTES = 10 * 60, 6 * 60

_COUNTRIES = ("United Kingdom", "Germany", "France", "Ireland", "Netherlands", "Spain", "Belgium", "Australia")
_COUNTRY_SHARES = (0.90, 0.025, 0.025, 0.015, 0.012, 0.010, 0.008, 0.005)
_FIRST_CUSTOMER = 12_000
_NOBODY = -1
_ORDERS_WITHOUT_CUSTOMER = 0.04
_CANCELLED = 0.018  # share of all lines
_MOST_DAYS_TO_CANCEL = 20

_ARTICLES = 800
_MEDIAN_PRICE, _PRICE_SPREAD, _TOP_PRICE = 240, 0.7, 5_000  # minor units; spread of the logarithm
_CUSTOMER_SPREAD, _ORDER_SPREAD, _LINE_SPREAD = 0.45, 0.3, 0.5  # of the logarithm of units in a line
_REGULARITY = 4.0  # shape of the gamma: how alike the order counts of one group are

# How many lines suffer what. All of it together is far below the share at which intake refuses a column.
_DIRT = {"zero price": 25, "negative price": 2, "negative quantity": 3, "unreadable quantity": 12, "blanks": 30, "repeated": 40}
_UNREADABLE = "n/a"

_PROFILES = 400
_FIRST_PROFILE = 1_001
_PROFILES_WITHOUT_ID, _PROFILES_UNREADABLE = 2, 3
_LOW, _HIGH = 0.0, 100.0
_OTHER_CENTRES, _OTHER_SPREAD = (15.0, 40.0, 62.0, 86.0), 6.0

_LINE = np.dtype([(name, np.int64) for name in ("customer", "country", "order", "minute", "quantity", "price")])


class _Group(NamedTuple):
    """Customers who buy alike; moments are shares of the two years, 0 to 1."""

    customers: int
    repeats: float  # mean orders after the first
    lines: float  # mean lines of an order
    units: float  # median units of a line
    joined: tuple[float, float]  # when the first of them begin, and the last
    left: tuple[float, float]  # when the first of them stop, and the last


_GROUPS = {
    "wholesalers": _Group(9, 50, 12, 24, (0.0, 0.2), (1.0, 1.0)),
    "loyal": _Group(280, 18, 5, 6, (0.0, 0.5), (1.0, 1.0)),
    "small budgets": _Group(640, 7, 3, 2, (0.0, 0.7), (0.9, 1.0)),
    "newcomers": _Group(420, 0.8, 4.5, 4, (0.88, 0.97), (1.0, 1.0)),
    "once, long ago": _Group(1_180, 0, 4, 3, (0.0, 0.5), (0.5, 0.7)),
    "lapsed": _Group(471, 8, 5, 7, (0.0, 0.2), (0.35, 0.7)),
}

# Share of the customers; mean and spread of age (years), annual income (thousands) and spending score (1 to 100).
_PROFILE_GROUPS = {
    "high income, low spending": (0.18, (42, 8), (92, 16), (18, 9)),
    "young high spenders": (0.24, (28, 5), (76, 18), (81, 8)),
    "moderate": (0.30, (40, 11), (55, 7), (51, 6)),
    "older, low spending": (0.14, (61, 5), (52, 9), (28, 7)),
    "low income, low spending": (0.14, (44, 10), (25, 6), (15, 8)),
}
_PROFILE_RANGES = {"age": (18, 70), "annual_income": (15, 140), "spending_score": (1, 100)}


def write(dataset: Dataset, folder: Path) -> Path:
    """Write a made-up file that fits `dataset`; the same settings give the same bytes.

    Args:
        dataset: Whose columns, delimiter, encoding and seed are used. The file that it names is not touched.
        folder: Where to write; made if need be.

    Returns:
        Path of the CSV, one row per customer or one per order line, some of them faulty on purpose.

    Raises:
        InputError: If the declared encoding is unknown, or cannot spell a column or a code of the catalogue.
    """
    rng = np.random.default_rng(dataset.seed)
    texts = _profiles(dataset, rng) if isinstance(dataset, ProfileDataset) else _transactions(dataset, rng)
    if dataset.decimal == ",":
        texts |= {name: np.array([text.replace(".", ",") for text in texts[name]], dtype=object) for name in _numbers(dataset)}
    table = {header: texts[canonical] for canonical, header in dataset.source_columns.items()}
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=dataset.delimiter or ",", lineterminator="\n")
    if dataset.header:
        writer.writerow(table)
    else:
        table = _by_position(table)
    writer.writerows(zip(*table.values(), strict=True))
    try:
        content = buffer.getvalue().encode(dataset.encoding)
    except LookupError:
        raise InputError(f"[{dataset.name}] encoding = {dataset.encoding!r} is not known. Declare one such as 'utf-8'.") from None
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise InputError(
            f"[{dataset.name}] encoding = {dataset.encoding!r} has no {letter!r}, which a column or code is spelt with. Declare 'utf-8'."
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset.name}_demo.csv"
    path.write_bytes(content)
    return path


def _by_position(table: dict[str, Texts]) -> dict[str, Texts]:
    """The columns where their names, `column 2` and the like, say that they stand; what nobody asked for between them is empty."""
    nothing = np.full(len(next(iter(table.values()))), "", dtype=object)
    last = max(int(name.removeprefix("column ")) for name in table)
    return {name: table.get(name, nothing) for name in (f"column {at}" for at in range(1, last + 1))}


def _numbers(dataset: Dataset) -> list[str]:
    """The canonical columns that hold numbers."""
    if isinstance(dataset, ProfileDataset):
        return [feature.name for feature in dataset.features if not feature.words]
    return ["quantity", "unit_price", "amount"]


def _transactions(dataset: TransactionsDataset, rng: np.random.Generator) -> dict[str, Texts]:
    """One row per order line, in the order of time: text by canonical column, dirt included."""
    sales = _sales(rng)
    lines = _numbered(np.concatenate([sales, _cancellations(sales, rng)]))
    prefix, units = dataset.cancellation_prefix or "", dataset.minor_units
    first_order = 700_000 if prefix.startswith("5") else 500_000  # a plain order must not look cancelled
    cancelled = set(lines["order"][lines["quantity"] < 0].tolist())
    # As many decimals as the currency has: 2.95 pounds, 295 yen.
    decimals = len(str(units)) - 1
    style = dataset.time_format or _ISO
    texts = {
        "customer_id": _text(lines["customer"], lambda number: "" if number == _NOBODY else str(_FIRST_CUSTOMER + number)),
        "order_id": _text(lines["order"], lambda number: f"{prefix if number in cancelled else ''}{first_order + number}"),
        "time": _text(lines["minute"], lambda minute: (_FIRST_DAY + timedelta(minutes=minute)).strftime(style)),
        "quantity": _text(lines["quantity"], str),
        "unit_price": _text(lines["price"], lambda price: f"{price / units:.{decimals}f}"),
        "country": _text(lines["country"], lambda at: _COUNTRIES[at]),
        "returned": _text(lines["quantity"], lambda number: (dataset.returned_words or RETURNED)[0] if number < 0 else ""),
    }
    sound = np.flatnonzero((lines["quantity"] > 0) & (lines["customer"] != _NOBODY))
    soiled = _soiled(texts, sound, rng, free=f"{0:.{decimals}f}")
    # What a line comes to, for files that say no more; a quantity that cannot be read makes an amount that cannot.
    pairs = zip(soiled["quantity"], soiled["unit_price"], strict=True)
    amounts = [_UNREADABLE if number == _UNREADABLE else f"{int(number) * float(price):.{decimals}f}" for number, price in pairs]
    return soiled | {"amount": np.array(amounts, dtype=object)}


def _sales(rng: np.random.Generator) -> NDArray[np.void]:
    """One row per line sold, sound: quantity in units, price in minor units, minute counted from the first day."""
    group = np.repeat(np.arange(len(_GROUPS)), [group.customers for group in _GROUPS.values()])
    habits = np.array([(group.repeats, group.lines, group.units) for group in _GROUPS.values()])[group]
    repeats, lines, units = habits.T
    orders = 1 + rng.poisson(rng.gamma(_REGULARITY, repeats / _REGULARITY))
    buyer = np.repeat(np.arange(len(group)), orders)
    minutes = _order_minutes(group, buyer, rng)
    # Shuffled: an id must not give its group away.
    customers = np.where(rng.random(len(buyer)) < _ORDERS_WITHOUT_CUSTOMER, _NOBODY, rng.permutation(len(group))[buyer])
    countries = rng.choice(len(_COUNTRIES), len(group), p=_COUNTRY_SHARES)
    size = units[buyer] * rng.lognormal(0, _CUSTOMER_SPREAD, len(group))[buyer] * rng.lognormal(0, _ORDER_SPREAD, len(buyer))
    order = np.repeat(np.arange(len(buyer)), 1 + rng.poisson(lines[buyer] - 1))
    sales = np.empty(len(order), dtype=_LINE)
    sales["order"], sales["minute"], sales["customer"] = order, minutes[order], customers[order]
    sales["country"] = countries[buyer[order]]
    sales["quantity"] = np.maximum(1, np.rint(size[order] * rng.lognormal(0, _LINE_SPREAD, len(order))))
    # Prices end in 5, as shops have them: 0.85, 2.95.
    articles = np.minimum(rng.lognormal(np.log(_MEDIAN_PRICE), _PRICE_SPREAD, _ARTICLES), _TOP_PRICE).astype(np.int64) // 10 * 10 + 5
    sales["price"] = rng.choice(articles, len(order))
    # Without an article column, two lines of one order at one price could look like a repeat that nobody meant.
    return sales[np.sort(np.unique(order * 2 * _TOP_PRICE + sales["price"], return_index=True)[1])]


def _order_minutes(group: Integers, buyer: Integers, rng: np.random.Generator) -> Integers:
    """Minute of each order since the first day, by the season and within the days that its buyer is around.

    Args:
        group: Position in `_GROUPS` of each customer.
        buyer: Position in `group` of each order's customer.
        rng: Where the chances come from.
    """
    windows = np.array([(*group.joined, *group.left) for group in _GROUPS.values()])[group] * (_DAYS - 1)
    joined = rng.uniform(windows[:, 0], windows[:, 1]).astype(np.int64)[buyer]
    left = rng.uniform(windows[:, 2], windows[:, 3]).astype(np.int64)[buyer]
    # The inverse of the cumulated season gives days in its proportion, for windows of any length at once.
    season = np.concatenate([[0.0], np.cumsum(_season())])
    days = np.searchsorted(season, rng.uniform(season[joined], season[left + 1]), side="right") - 1
    days = np.clip(days, joined, left)
    # The two years are covered to the day, whatever the seed.
    days[days.argmin()], days[days.argmax()] = 0, _DAYS - 1
    return _opening_minutes(days, rng)


def _season() -> Floats:
    """How busy each of the days is, 1 being a plain working day."""
    days = np.arange(_DAYS)
    busy = 1 + _PEAK_WEIGHT * np.exp(-(((days % _YEAR - _PEAK_DAY) / _PEAK_WIDTH_DAYS) ** 2))
    busy[_weekday(days) == _SUNDAY] *= _SUNDAY_WEIGHT
    busy[np.isin(days % _YEAR, _HOLIDAYS)] *= _HOLIDAY_WEIGHT
    return busy


def _opening_minutes(days: Integers, rng: np.random.Generator) -> Integers:
    """A minute of each day at which the shop is open, most of them around the middle, counted from the first day."""
    sunday = _weekday(days) == _SUNDAY
    opens = np.where(sunday, _SUNDAY_OPEN_MINUTE, _OPEN_MINUTE)
    length = np.where(sunday, _SUNDAY_OPEN_MINUTES, _OPEN_MINUTES)
    return days * _DAY_MINUTES + opens + (rng.beta(2, 2, len(days)) * length).astype(np.int64)


def _weekday(days: Integers) -> Integers:
    """Monday is 0, as in datetime."""
    return (days + _FIRST_DAY.weekday()) % 7


def _cancellations(sales: NDArray[np.void], rng: np.random.Generator) -> NDArray[np.void]:
    """One row per cancelled line: a line of `sales` with its quantity negative, in an order of its own, days later."""
    day = sales["minute"] // _DAY_MINUTES
    in_time = np.flatnonzero(day + _MOST_DAYS_TO_CANCEL + 1 < _DAYS)
    count = round(len(sales) * _CANCELLED / (1 - _CANCELLED))
    chosen = rng.choice(in_time, count, replace=False)
    days = day[chosen] + rng.integers(1, _MOST_DAYS_TO_CANCEL, count, endpoint=True)
    days += _weekday(days) == _SUNDAY  # nobody works them off on a Sunday
    cancelled: NDArray[np.void] = sales[chosen]
    cancelled["quantity"] *= -1
    cancelled["order"] = sales["order"].max() + 1 + np.arange(count)
    cancelled["minute"] = _opening_minutes(days, rng)
    return cancelled


def _numbered(lines: NDArray[np.void]) -> NDArray[np.void]:
    """The same lines in the order of time, orders numbered so from 0; those of one minute as they were."""
    ordered = lines[np.lexsort((lines["order"], lines["minute"]))]
    ordered["order"] = np.cumsum(np.diff(ordered["order"], prepend=ordered["order"][:1]) != 0)
    return ordered


def _text(values: NDArray[Any], spell: Callable[[int], str]) -> Texts:
    """Each value as text; every distinct one is spelt once, for there are few of them in many lines."""
    distinct, position = np.unique(values, return_inverse=True)
    return np.array([spell(value) for value in distinct.tolist()], dtype=object)[position]


def _soiled(texts: dict[str, Texts], sound: Integers, rng: np.random.Generator, *, free: str) -> dict[str, Texts]:
    """The same columns with the faults that intake has to deal with.

    Args:
        texts: Columns of equal length.
        sound: Rows that may be spoilt; no row suffers twice, so that each fault can be told from the others.
        rng: Where the chances come from.
        free: A price of nothing, as it is written.
    """
    dirty = {name: column.copy() for name, column in texts.items()}
    chosen = rng.choice(sound, sum(_DIRT.values()), replace=False)
    rows = dict(zip(_DIRT, np.split(chosen, np.cumsum(list(_DIRT.values()))[:-1]), strict=True))
    dirty["unit_price"][rows["zero price"]] = free
    dirty["unit_price"][rows["negative price"]] = "-" + texts["unit_price"][rows["negative price"]]
    dirty["quantity"][rows["negative quantity"]] = "-" + texts["quantity"][rows["negative quantity"]]
    dirty["quantity"][rows["unreadable quantity"]] = _UNREADABLE
    dirty["customer_id"][rows["blanks"]] = " " + texts["customer_id"][rows["blanks"]] + " "
    times = np.ones(len(texts["quantity"]), dtype=np.int64)
    times[rows["repeated"]] = 2
    return {name: np.repeat(column, times) for name, column in dirty.items()}


def _profiles(dataset: ProfileDataset, rng: np.random.Generator) -> dict[str, Texts]:
    """One row per customer: text by canonical column, dirt included."""
    shares = [share for share, *_ in _PROFILE_GROUPS.values()]
    group = rng.choice(len(_PROFILE_GROUPS), _PROFILES, p=shares)
    other = rng.integers(len(_OTHER_CENTRES), size=_PROFILES)
    texts = {"customer_id": _text(_FIRST_PROFILE + np.arange(_PROFILES), str)}
    for feature in dataset.features:
        if feature.words:
            texts[feature.name] = rng.choice(np.array(feature.one_hot or list(feature.words), dtype=object), _PROFILES)
        elif feature.name in _PROFILE_RANGES:
            at = 1 + list(_PROFILE_RANGES).index(feature.name)
            mean, spread = np.array([found[at] for found in _PROFILE_GROUPS.values()])[group].T
            values = np.rint(np.clip(rng.normal(mean, spread), *_PROFILE_RANGES[feature.name])).astype(np.int64)
            texts[feature.name] = _text(values, str)
        else:
            # The same four groups for all such features, each group elsewhere in each: otherwise nothing would hang together.
            values = np.clip(rng.normal(rng.permutation(_OTHER_CENTRES)[other], _OTHER_SPREAD), _LOW, _HIGH).round(1)
            texts[feature.name] = _text(values, str)
    rows = rng.choice(_PROFILES, _PROFILES_WITHOUT_ID + _PROFILES_UNREADABLE, replace=False)
    spoilt = "age" if "age" in texts else dataset.features[0].name
    texts["customer_id"][rows[:_PROFILES_WITHOUT_ID]] = ""
    texts[spoilt][rows[_PROFILES_WITHOUT_ID:]] = _UNREADABLE
    return texts
