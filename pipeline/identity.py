"""What became of customers between two runs: whether they moved, or the model did."""

import numpy as np
import pandas as pd

from pipeline import clustering
from pipeline.clustering import Model
from pipeline.schema import CUSTOMERS_MOVED, GONE, MODEL_MOVED, NEW

_COLUMNS = ["reason", "from_persona", "to_persona", "customers"]


def changes(before: pd.DataFrame, model: Model | None, names: dict[int, str], now: pd.DataFrame) -> pd.DataFrame:
    """Who has another persona than in the run before, and why.

    Between the two labels of a customer stands a third: the one that the model of before gives to what is known of them now. From the first
    to it the customer moved, from it to the last the model did; who did both is counted under both, and who went and came back too.

    Args:
        before: The customers of the run before: customer_id, persona.
        model: What placed them; None if it cannot be compared (other features), and then nobody is known to have moved.
        names: Its clusters' personas.
        now: The customers of now: customer_id, persona and the features.

    Returns:
        One row per reason and pair of personas: reason, from_persona and to_persona (missing for those who are new or gone), customers.
    """
    both = now.merge(before[["customer_id", "persona"]], on="customer_id", how="outer", suffixes=("", "_before"), indicator="where")
    found = [
        _counted(NEW, both.loc[both["where"] == "left_only"].assign(persona_before=None)),
        _counted(GONE, both.loc[both["where"] == "right_only"].assign(persona=None)),
    ]
    if model is not None:
        stayed = both[both["where"] == "both"]
        between = np.array([names[number] for number in clustering.assign(stayed, model).cluster.tolist()], dtype=object)
        found.append(_counted(CUSTOMERS_MOVED, stayed.assign(persona=between)))
        found.append(_counted(MODEL_MOVED, stayed.assign(persona_before=between)))
    table = pd.concat([part for part in found if len(part)] or [pd.DataFrame(columns=_COLUMNS)], ignore_index=True)
    return table.sort_values(_COLUMNS[:3], ignore_index=True)


def _counted(reason: str, customers: pd.DataFrame) -> pd.DataFrame:
    pairs = pd.DataFrame({"from_persona": customers["persona_before"], "to_persona": customers["persona"]})
    differ = pairs[pairs["from_persona"].fillna("") != pairs["to_persona"].fillna("")]
    counted = differ.groupby(["from_persona", "to_persona"], dropna=False, as_index=False).size()
    return counted.rename(columns={"size": "customers"}).assign(reason=reason)[_COLUMNS]
