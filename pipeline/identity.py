"""What became of customers between two runs: whether they moved, or the model did."""

import pandas as pd

from pipeline import clustering
from pipeline.model import Model
from pipeline.schema import CUSTOMERS_MOVED, GONE, MODEL_MOVED, NEW

_COLUMNS = ["reason", "from_persona", "to_persona", "customers"]
_PERSONAS = ["from_persona", "between", "to_persona"]


def changes(before: pd.DataFrame, model: Model | None, names: dict[int, str], now: pd.DataFrame) -> pd.DataFrame:
    """Who has another persona than in the run before, and why.

    Between the two labels of a customer stands a third: the one that the model of before gives to what is known of them now. From the first
    to it the customer moved, from it to the last the model did; who did both is counted under both, and who went and came back too.

    Args:
        before: The customers of the run before: customer_id, persona.
        model: What placed them; where there is none, or one of other features, nobody is known to have moved.
        names: Its clusters' personas.
        now: The customers of now: customer_id, persona and the features.

    Returns:
        One row per reason and pair of personas: reason, from_persona and to_persona (missing for those who are new or gone), customers.
    """
    # A model of other features cannot say anything of these customers.
    same = model is not None and set(model.centres.columns) <= set(now.columns)
    between = None if model is None or not same else [names[number] for number in clustering.assign(now, model).cluster.tolist()]
    ours = pd.DataFrame({"customer_id": now["customer_id"], "to_persona": now["persona"], "between": between})
    both = ours.merge(before[["customer_id", "persona"]].rename(columns={"persona": "from_persona"}), on="customer_id", how="outer")
    return counted(both.groupby(_PERSONAS, dropna=False, as_index=False).size().rename(columns={"size": "customers"}))


def counted_changes(transitions: pd.DataFrame, before: dict[int, str], now: dict[int, str]) -> pd.DataFrame:
    """What `changes` returns, from customers counted by their clusters.

    Args:
        transitions: What `crowd.transitions` returns.
        before: Personas of the clusters of the run before.
        now: Personas of those of now.
    """
    between, after = transitions["cluster_before"].map(before), transitions["cluster"].map(now)
    return counted(transitions.rename(columns={"persona": "from_persona"}).assign(between=between, to_persona=after))


def counted(personas: pd.DataFrame) -> pd.DataFrame:
    """The table of `changes`, from customers counted by personas.

    Args:
        personas: from_persona (missing for those who are new), between (missing where it is not known), to_persona (missing for those who
            are gone), customers.
    """
    is_new, is_gone = personas["from_persona"].isna(), personas["to_persona"].isna()
    known = personas[~is_new & ~is_gone & personas["between"].notna()]
    found = [
        personas[is_new].assign(reason=NEW),
        personas[is_gone].assign(reason=GONE),
        known.assign(reason=CUSTOMERS_MOVED, to_persona=known["between"]),
        known.assign(reason=MODEL_MOVED, from_persona=known["between"]),
    ]
    table = pd.concat(found)
    differ = table[table["from_persona"].fillna("") != table["to_persona"].fillna("")]
    summed = differ.groupby(_COLUMNS[:3], dropna=False, as_index=False)["customers"].sum()
    return summed[_COLUMNS].sort_values(_COLUMNS[:3], ignore_index=True)
