"""What each customer is worth, so many customers at a time, and what that comes to by persona."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import parquet, schema
from pipeline.value import known
from pipeline.value.forecast import Forecast, Model

# The horizon that personas are summed up by.
_LONGEST = max(schema.VALUE_DAYS)
# Whoever is less likely to be active has more likely left.
_EVEN = 0.5
_BATCH = 50_000
_COUNTED = ("customers", "left", "once", "orders", "spend", "spend_if_active")


def parts(customers: Path, model: Model, as_of: date) -> Iterator[pd.DataFrame]:
    """The table `value`, and a column `once`: whether a customer has one order.

    Args:
        customers: Parquet file: one row per customer, by customer_id.
        model: Fitted as of `as_of`.
        as_of: The day that is looked ahead from.
    """
    forecast = Forecast(model, longest=_LONGEST)
    for batch in parquet.batches(customers, ["customer_id", *known.COLUMNS], _BATCH):
        frame = batch.to_pandas()
        past, spend = known.past(frame, as_of), frame["monetary"].to_numpy()
        columns = {"customer_id": frame["customer_id"], "active": model.purchases.active(past)}
        for days in schema.VALUE_DAYS:
            ahead = forecast.ahead(past, spend, days=days)
            for name, values in ahead.__dict__.items():
                what, _, bound = name.partition("_")
                columns["_".join([what, str(days), *([bound] if bound else [])])] = values
        yield pd.DataFrame({**columns, "once": past.repeats == 0})


class ByPersona:
    """Adds up what customers are worth by persona."""

    def __init__(self, persona: np.ndarray, names: Sequence[str]) -> None:
        """Take the place of each customer's persona among `names`, shape (customers,), in the order that they will come in."""
        self._persona, self._names = persona, list(names)
        self._sums = np.zeros((len(self._names), len(_COUNTED)))
        self._seen = 0

    def add(self, worth: pd.DataFrame) -> None:
        """Count the next customers."""
        active, spend = worth["active"].to_numpy(), worth[f"spend_{_LONGEST}"].to_numpy()
        summands = np.stack(
            [
                np.ones(len(worth)),
                active < _EVEN,
                worth["once"].to_numpy(),
                worth[f"orders_{_LONGEST}"].to_numpy(),
                spend,
                # What is expected is the chance of being active times what the active are expected to spend.
                np.divide(spend, active, out=np.zeros(len(worth)), where=active > 0),
            ],
            axis=1,
        )
        np.add.at(self._sums, self._persona[self._seen : self._seen + len(worth)], summands)
        self._seen += len(worth)

    def table(self) -> pd.DataFrame:
        """The table `value_personas`."""
        table = pd.DataFrame(self._sums, columns=list(_COUNTED)).assign(persona=self._names)
        table["at_risk"] = table["spend_if_active"] - table["spend"]
        return table.astype(dict.fromkeys(("customers", "left", "once"), "int64"))
