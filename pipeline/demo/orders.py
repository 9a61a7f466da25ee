"""Made-up order lines as a file holds them, some of them faulty on purpose."""

from datetime import timedelta

import numpy as np

from pipeline.demo.cells import UNREADABLE, Texts, spelt
from pipeline.demo.lines import COUNTRIES, FIRST_DAY, NOBODY, Integers, drawn
from pipeline.settings import RETURNED, TransactionsDataset

_ISO = "%Y-%m-%d %H:%M:%S"
_FIRST_CUSTOMER = 12_000
# How many lines suffer what. All of it together is far below the share at which intake refuses a column.
_DIRT = {"zero price": 25, "negative price": 2, "negative quantity": 3, "unreadable quantity": 12, "blanks": 30, "repeated": 40}


def cells(dataset: TransactionsDataset, rng: np.random.Generator) -> dict[str, Texts]:
    """One row per order line, in the order of time: text by canonical column, dirt included."""
    lines = drawn(rng)
    prefix, units = dataset.cancellation_prefix or "", dataset.minor_units
    first_order = 700_000 if prefix.startswith("5") else 500_000  # a plain order must not look cancelled
    cancelled = set(lines["order"][lines["quantity"] < 0].tolist())
    # As many decimals as the currency has: 2.95 pounds, 295 yen.
    decimals = len(str(units)) - 1
    style = dataset.time_format or _ISO
    texts = {
        "customer_id": spelt(lines["customer"], lambda number: "" if number == NOBODY else str(_FIRST_CUSTOMER + number)),
        "order_id": spelt(lines["order"], lambda number: f"{prefix if number in cancelled else ''}{first_order + number}"),
        "time": spelt(lines["minute"], lambda minute: (FIRST_DAY + timedelta(minutes=minute)).strftime(style)),
        "quantity": spelt(lines["quantity"], str),
        "unit_price": spelt(lines["price"], lambda price: f"{price / units:.{decimals}f}"),
        "country": spelt(lines["country"], lambda at: COUNTRIES[at]),
        "returned": spelt(lines["quantity"], lambda number: (dataset.returned_words or RETURNED)[0] if number < 0 else ""),
    }
    sound = np.flatnonzero((lines["quantity"] > 0) & (lines["customer"] != NOBODY))
    soiled = _soiled(texts, sound, rng, free=f"{0:.{decimals}f}")
    # What a line comes to, for files that say no more; a quantity that cannot be read makes an amount that cannot.
    pairs = zip(soiled["quantity"], soiled["unit_price"], strict=True)
    amounts = [UNREADABLE if number == UNREADABLE else f"{int(number) * float(price):.{decimals}f}" for number, price in pairs]
    return soiled | {"amount": np.array(amounts, dtype=object)}


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
    dirty["quantity"][rows["unreadable quantity"]] = UNREADABLE
    dirty["customer_id"][rows["blanks"]] = " " + texts["customer_id"][rows["blanks"]] + " "
    times = np.ones(len(texts["quantity"]), dtype=np.int64)
    times[rows["repeated"]] = 2
    return {name: np.repeat(column, times) for name, column in dirty.items()}
