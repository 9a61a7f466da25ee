"""Any number of customers in the shape of Online Retail II's: its customers drawn again and again, each a little other than before."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import measuring
from pipeline.settings import TransactionsDataset

AS_OF = date(2011, 12, 10)
# How far copies differ: days of recency, and the standard deviation of the logarithm of frequency and spend.
_DAYS, _APART = 10, 0.15
# Orders beyond the first, as a share of those of Online Retail II: about three in all.
_ORDERS = 0.4
_PART = 500_000


def write(raw: Path, dataset: TransactionsDataset, folder: Path, *, customers: int, orders: bool) -> None:
    """Write `customers.parquet` as the engine measures it, and `orders.parquet` where they are asked for.

    Args:
        raw: Folder of the real file.
        dataset: How it is read.
        folder: Where the files go.
        customers: How many.
        orders: Whether their orders are made too.
    """
    measured = measuring.measure(lambda _dataset, _stage: None, dataset.name, dataset, [raw / dataset.file], folder / "real", None)
    real = pd.read_parquet(measured.customers)
    paths = {"customers": folder / "customers.parquet", "orders": folder / "orders.parquet"}
    writers: dict[str, pq.ParquetWriter] = {}
    for name, table in _parts(real, customers, dataset.minor_units, orders=orders):
        if name not in writers:
            writers[name] = pq.ParquetWriter(paths[name], table.schema)
        writers[name].write_table(table, row_group_size=100_000)
    for writer in writers.values():
        writer.close()


def _parts(real: pd.DataFrame, customers: int, minor_units: int, *, orders: bool) -> Iterator[tuple[str, pa.Table]]:
    for start in range(0, customers, _PART):
        made = _customers(real, start, min(_PART, customers - start))
        yield "customers", pa.Table.from_pandas(made, preserve_index=False)
        if orders:
            yield "orders", pa.Table.from_pandas(_orders(made, start, minor_units), preserve_index=False)


def _customers(real: pd.DataFrame, start: int, count: int) -> pd.DataFrame:
    dice = np.random.default_rng([7, start])
    drawn = real.iloc[dice.integers(len(real), size=count)].reset_index(drop=True)
    recency = np.abs(drawn["recency_days"].to_numpy() + dice.integers(-_DAYS, _DAYS + 1, count) - 1) + 1
    beyond = (drawn["frequency"].to_numpy() - 1) * _ORDERS * dice.lognormal(0, _APART, count)
    frequency = 1 + np.floor(beyond + dice.random(count)).astype("int64")
    monetary = np.maximum(1, np.rint(100 * drawn["monetary"].to_numpy() * dice.lognormal(0, _APART, count))) / 100
    last = pd.Timestamp(AS_OF) - pd.to_timedelta(recency, unit="D") + pd.to_timedelta(dice.integers(8, 20, count), unit="h")
    span = np.where(frequency > 1, dice.integers(1, 700, count), 0)
    return pd.DataFrame(
        {
            "customer_id": [f"{at:09}" for at in range(start, start + count)],
            "recency_days": recency,
            "frequency": frequency,
            "monetary": monetary,
            "orders": frequency,
            "lines": frequency * 20,
            "items": monetary,
            "first_order": (last - pd.to_timedelta(span, unit="D")).astype("datetime64[us]"),
            "last_order": last.astype("datetime64[us]"),
            "country": drawn["country"],
        }
    )


def _orders(customers: pd.DataFrame, start: int, minor_units: int) -> pd.DataFrame:
    """As many orders as each customer has, the last at the last of their times, the others between it and the first."""
    dice = np.random.default_rng([8, start])
    counts = customers["frequency"].to_numpy()
    whose = np.repeat(np.arange(len(customers)), counts)
    is_last = np.zeros(len(whose), dtype="bool")
    is_last[np.cumsum(counts) - 1] = True
    first, last = (customers[name].to_numpy()[whose] for name in ("first_order", "last_order"))
    share = np.where(is_last, 1.0, dice.random(len(whose)))
    minor = np.rint(customers["monetary"].to_numpy() * minor_units).astype("int64")
    even = (minor // counts)[whose]
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy()[whose],
            "order_id": [f"{start}-{at}" for at in range(len(whose))],
            "time": first + (share * (last - first).astype("int64")).astype("timedelta64[us]"),
            "lines": np.int64(20),
            "items": 1.0,
            # What does not divide evenly is in the last.
            "spend_minor": even + np.where(is_last, (minor % counts)[whose], 0),
            "country": customers["country"].to_numpy()[whose],
        }
    )
