"""Orders of made-up shops, and what is known of their customers at a day."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline import engine, holdout, ids
from pipeline.features import history
from pipeline.holdout import Holdout
from pipeline.settings import TransactionsDataset
from tests.conftest import silent

AS_OF = date(2024, 3, 10)


def shop(customers: int = 300, days: int = 720, seed: int = 0) -> pd.DataFrame:
    """One row per published order of a shop that ends on the eve of `AS_OF`: a few customers buy every week, most hardly ever."""
    dice = np.random.default_rng(seed)
    orders = dice.poisson(dice.gamma(0.6, 6.0, customers)) + 1
    who = np.repeat([f"c{number}" for number in range(customers)], orders)
    at = pd.Timestamp(AS_OF) - pd.to_timedelta(dice.integers(1, days * 86_400, len(who)), unit="s")
    frame = pd.DataFrame({"customer_id": who, "time": at.astype("datetime64[us]"), "spend": dice.lognormal(4, 1, len(who)).round(2)})
    return pd.concat([frame, edges(days)], ignore_index=True)


def edges(days: int) -> pd.DataFrame:
    """One customer of the first and of the last day, so that a shop spans exactly these days."""
    first, last = datetime(2024, 3, 10) - pd.Timedelta(days=days), datetime(2024, 3, 9, 23)
    return pd.DataFrame({"customer_id": "c0", "time": pd.Series([first, last]).astype("datetime64[us]"), "spend": 5.0})


def with_lines(orders: pd.DataFrame, lines: Any = 1) -> pd.DataFrame:
    """Orders as the engine has them: they say how many of their lines are purchases, and spend is in minor units."""
    minor = (orders["spend"] * 100).round().astype("int64")
    return orders.drop(columns="spend").assign(lines=lines, spend_minor=minor)


def write(orders: pd.DataFrame, folder: Path) -> Path:
    """Orders in a file of a folder."""
    path = folder / "orders.parquet"
    orders.assign(items=1.0).to_parquet(path)
    return path


def held_out(orders: pd.DataFrame, dataset: TransactionsDataset, folder: Path, as_of: date = AS_OF, **asked: Any) -> Holdout:
    """What the engine says of orders, which are written into a folder first; keywords are those of `holdout.measure`."""
    return holdout.measure(silent, dataset, write(orders, folder), as_of, folder, **asked)


def known(orders: Path, dataset: TransactionsDataset, folder: Path, *, cutoff: date) -> pd.DataFrame:
    """Recency, frequency and monetary of customers at a day, in the order in which they are clustered."""
    with engine.connect(folder) as connection:
        by_order = history.with_lines(engine.open_parquet(connection, orders), dataset)
        found = history.before(by_order, dataset, cutoff=cutoff).order_by("customer_id").to_pandas().set_index("customer_id")
    return found[["recency_days", "frequency", "monetary"]].iloc[ids.order(found.index)]
