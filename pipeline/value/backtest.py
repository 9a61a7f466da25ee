"""Does the model foretell? Fitted to the orders before a day, and compared with what customers did in the days after it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.value import known
from pipeline.value.cut import Cut
from pipeline.value.forecast import Ahead, Forecast

TENTHS = 10


@dataclass(frozen=True)
class Backtest:
    """What came of it.

    Attributes:
        measures: By (part, measure): part is "backtest", "backtest_orders" or "backtest_spend".
        calibration: One row per tenth of customers by expected orders, from 1 for the fewest: tenth, customers, expected and actual orders,
            and expected and actual spend, means of its customers.
    """

    measures: dict[tuple[str, str], float]
    calibration: pd.DataFrame


def backtest(cut: Cut, *, seed: int) -> Backtest:
    """Fit the model as of the cut-off, and compare.

    Args:
        cut: Customers as they stood.
        seed: Draws those who stand for all where they are many.

    Raises:
        NoFitError: If the model cannot be fitted to what was known then.
    """
    customers = known.some(cut.customers, [*known.COLUMNS, *_columns()], seed=seed)
    past, spend = known.past(customers, cut.cutoff), customers["monetary"].to_numpy()
    found = Forecast(known.fit(past, spend), longest=cut.days).ahead(past, spend, days=cut.days)
    measures = {("backtest", "days"): float(cut.days), ("backtest", "customers"): float(len(customers))}
    for what, expected, low, high in _outcomes(found):
        measures |= {(f"backtest_{what}", name): value for name, value in _measured(customers, what, expected, low, high, cut).items()}
    return Backtest(measures, _calibration(customers, found))


def _columns() -> list[str]:
    return [f"{window}_{what}" for window in ("ahead", "before", "year") for what in ("orders", "spend")]


def _outcomes(found: Ahead) -> tuple[tuple[str, np.ndarray, np.ndarray, np.ndarray], ...]:
    return (
        ("orders", found.orders, found.orders_low, found.orders_high),
        ("spend", found.spend, found.spend_low, found.spend_high),
    )


def _measured(customers: pd.DataFrame, what: str, expected: np.ndarray, low: np.ndarray, high: np.ndarray, cut: Cut) -> dict[str, float]:
    """Totals, mean absolute errors per customer of the model and of what is simply done again, and how many the bounds hold."""
    actual = customers[f"ahead_{what}"].to_numpy("float64")
    measures = {
        "actual": actual.sum(),
        "expected": expected.sum(),
        "error": np.abs(expected - actual).mean(),
        "within": ((actual >= low) & (actual <= high)).mean(),
    }
    for window in ("before", *(("year",) if cut.has_year else ())):
        again = customers[f"{window}_{what}"].to_numpy("float64")
        measures |= {f"{window}_total": again.sum(), f"{window}_error": np.abs(again - actual).mean()}
    return {name: float(value) for name, value in measures.items()}


def _calibration(customers: pd.DataFrame, found: Ahead) -> pd.DataFrame:
    """Tenths of equal size; equal expectations are parted by the order of ids."""
    places = np.argsort(found.orders, kind="stable")
    tenth = np.empty(len(places), dtype="int32")
    tenth[places] = 1 + TENTHS * np.arange(len(places)) // len(places)
    table = pd.DataFrame(
        {
            "tenth": tenth,
            "expected_orders": found.orders,
            "actual_orders": customers["ahead_orders"].astype("float64"),
            "expected_spend": found.spend,
            "actual_spend": customers["ahead_spend"],
        }
    ).groupby("tenth")
    return table.mean().assign(customers=table.size()).reset_index()
