"""Customers who behave as the models say, and the published data that the models' authors fitted."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.value.purchases import Past, Purchases
from pipeline.value.spend import Spend

PURCHASES = Purchases(0.6, 45.0, 0.3, 2.5)
SPEND = Spend(2.0, 4.0, 300.0)
END = date(2024, 3, 10)
CDNOW = Path(__file__).with_name("cdnow.csv")


def cdnow() -> pd.DataFrame:
    """One row per customer: x, t_x, T (weeks), z."""
    return pd.read_csv(CDNOW, comment="#")


def cdnow_past() -> Past:
    frame = cdnow()
    return Past(*(frame[name].to_numpy() for name in ("x", "t_x", "T")))


def orders(customers: int, *, days: int = 720, seed: int = 0, purchases: Purchases = PURCHASES, spend: Spend = SPEND) -> pd.DataFrame:
    """One row per order, as `features.transactions.orders` has them, of customers who begin at any of `days` days before `END`."""
    dice = np.random.default_rng(seed)
    rate = dice.gamma(purchases.r, 1 / purchases.alpha, customers)
    # The repeat order after which each of them leaves.
    last = dice.geometric(dice.beta(purchases.a, purchases.b, customers))
    mean = dice.gamma(spend.q, 1 / spend.v, customers)
    rows = []
    for at in range(customers):
        day, order = dice.uniform(0, days), 0
        while day < days and order <= last[at]:
            rows.append((f"c{at:05}", f"{at}-{order}", day, dice.gamma(spend.p, 1 / mean[at])))
            day, order = day + dice.exponential(1 / rate[at]), order + 1
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "day", "spend"])
    start = datetime.combine(END - timedelta(days=days), datetime.min.time())
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "order_id": frame["order_id"],
            "time": (pd.Timestamp(start) + pd.to_timedelta(frame["day"], unit="D")).astype("datetime64[us]"),
            "lines": 1,
            "items": 1.0,
            "spend_minor": (frame["spend"] * 100).round().astype("int64") + 1,
            "country": None,
        }
    )


def known(frame: pd.DataFrame, until: date = END) -> pd.DataFrame:
    """One row per customer who ordered before a day, by id: orders, first_order, last_order, monetary."""
    before = frame[frame["time"] < pd.Timestamp(until)].groupby("customer_id")
    table = before.agg(orders=("time", "size"), first_order=("time", "min"), last_order=("time", "max"), monetary=("spend_minor", "sum"))
    return table.assign(monetary=table["monetary"] / 100).reset_index()
