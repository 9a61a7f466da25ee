"""What the models know of customers: read from files, as many as are asked, and fitted."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline import parquet, sampling
from pipeline.value import purchases, spend
from pipeline.value.forecast import Model
from pipeline.value.purchases import Past

# The most customers that are asked for parameters: with so many these are sure to a hundredth or two.
ASKED = 100_000
COLUMNS = ["orders", "first_order", "last_order", "monetary"]


def some(path: Path, columns: list[str], *, seed: int) -> pd.DataFrame:
    """Columns of at most `ASKED` customers of a file, drawn at random, in its order."""
    places = sampling.at_random(pq.read_metadata(path).num_rows, ASKED, seed=seed)
    frame: pd.DataFrame = parquet.at(path, columns, places).to_pandas()
    return frame


def past(customers: pd.DataFrame, day: date) -> Past:
    """Orders of customers as of a day; time is whole calendar days, as recency is.

    Args:
        customers: orders, first_order, last_order.
        day: No order is later than the day before.
    """
    first, last = (customers[name].to_numpy().astype("datetime64[D]") for name in ("first_order", "last_order"))
    return Past(customers["orders"].to_numpy() - 1, (last - first).astype("int64"), (np.datetime64(day) - first).astype("int64"))


def fit(known: Past, spent: np.ndarray) -> Model:
    """Both models.

    Raises:
        NoFitError: If one of them cannot be fitted.
    """
    return Model(purchases.fit(known), spend.fit(known.repeats + 1, spent))
