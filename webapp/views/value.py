"""What customers are expected to order and spend, and how well that was foretold before. Always of everyone."""

from typing import Any

import pandas as pd

from pipeline import verdict
from webapp.views.scope import Scope


def of_customer(scope: Scope, customer_id: str) -> dict[str, Any] | None:
    """What is foretold of a customer, by the columns of the table; None where nothing is."""
    sql = f"SELECT * FROM {scope.table('value')} WHERE customer_id = ?"
    return next(iter(scope.snapshot.rows(sql, [customer_id])), None)


def by_persona(scope: Scope) -> pd.DataFrame:
    """One row per persona, most at risk first: the columns of the table; none without orders, or where nothing is foretold."""
    if not scope.sells:
        return pd.DataFrame()
    return scope.snapshot.frame(f"SELECT * FROM {scope.table('value_personas')} ORDER BY at_risk DESC, persona")


def measures(scope: Scope) -> verdict.Measures:
    """Part of the models, or of their back-test, to its measures."""
    return verdict.measures(scope.snapshot.frame(f"SELECT part, measure, value FROM {scope.table('value_model')}"))


def calibration(scope: Scope) -> pd.DataFrame:
    """One row per tenth of customers, from the fewest expected orders: the columns of the table."""
    return scope.snapshot.frame(f"SELECT * FROM {scope.table('calibration')} ORDER BY tenth")
