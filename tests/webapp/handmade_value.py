"""What the run made by hand says that its customers will order and spend; plausible, and easy to check."""

from collections.abc import Sequence
from typing import Any

from pipeline.schema import VALUE_DAYS

Row = dict[str, Any]

# Whoever ordered more than once; who ordered once is active for sure.
ACTIVE = 0.8


def tables(customers: Sequence[Row], personas: Sequence[str]) -> dict[str, list[Row]]:
    """Table to its rows; an order is worth 10, and everybody orders once in 90 days, twice in 180 and four times in 365."""
    found = [_value(row) for row in customers]
    return {
        "value": found,
        "value_personas": [_by_persona(name, customers, found) for name in personas],
        "value_model": _model(),
        "calibration": [
            {
                "tenth": tenth,
                "customers": 5,
                "expected_orders": 0.2 * tenth,
                "actual_orders": 0.25 * tenth,
                "expected_spend": 2.0 * tenth,
                "actual_spend": 2.5 * tenth,
            }
            for tenth in range(1, 11)
        ],
    }


def _value(customer: Row) -> Row:
    row: Row = {"customer_id": customer["customer_id"], "active": 1.0 if customer["orders"] == 1 else ACTIVE}
    for days, orders in zip(VALUE_DAYS, (1, 2, 4), strict=True):
        row |= {f"orders_{days}": float(orders), f"orders_{days}_low": orders - 1, f"orders_{days}_high": orders + 2}
        row |= {f"spend_{days}": 10.0 * orders, f"spend_{days}_low": 10.0 * orders - 10, f"spend_{days}_high": 10.0 * orders + 20}
    return row


def _by_persona(name: str, customers: Sequence[Row], found: Sequence[Row]) -> Row:
    own = [row for customer, row in zip(customers, found, strict=True) if customer["persona"] == name]
    return {
        "persona": name,
        "customers": len(own),
        "left": 0,
        "once": sum(row["active"] == 1 for row in own),
        "orders": 4.0 * len(own),
        "spend": 40.0 * len(own),
        "at_risk": sum(40.0 / row["active"] - 40.0 for row in own),
    }


def _model() -> list[Row]:
    measures = {
        "bg_nbd": {"customers": 50.0, "r": 0.6, "alpha": 48.0, "a": 0.1, "b": 2.2},
        "gamma_gamma": {"p": 1.8, "q": 3.9, "v": 603.0},
        "backtest": {"days": 180.0, "customers": 50.0},
        "backtest_orders": _tested(1.0),
        "backtest_spend": _tested(10.0),
    }
    return [{"part": part, "measure": name, "value": value} for part, found in measures.items() for name, value in found.items()]


def _tested(times: float) -> dict[str, float]:
    own = {
        "actual": 68.75,
        "expected": 55.0,
        "error": 1.2,
        "before_total": 40.0,
        "before_error": 1.1,
        "year_total": 90.0,
        "year_error": 1.5,
    }
    return {name: value * times for name, value in own.items()} | {"within": 0.9}
