"""The marketer's grid: scores of recency and frequency from 1 to 5, ten segments, and where they and personas disagree.

Scores by quintile are those of Hughes (1994), "Strategic Database Marketing".
"""

import numpy as np
import pandas as pd

SCORES = 5

# Segment to the scores that make it, (lowest, highest) of recency and of frequency. Each of the 25 cells is in exactly one.
RULES = {
    "Champions": ((5, 5), (4, 5)),
    "Loyal": ((3, 4), (4, 5)),
    "Potential Loyalist": ((4, 5), (2, 3)),
    "New": ((5, 5), (1, 1)),
    "Promising": ((4, 4), (1, 1)),
    "Need Attention": ((3, 3), (3, 3)),
    "About to Sleep": ((3, 3), (1, 2)),
    "At Risk": ((1, 2), (3, 4)),
    "Can't Lose": ((1, 2), (5, 5)),
    "Hibernating": ((1, 2), (1, 2)),
}


def quantile(values: pd.Series, parts: int) -> pd.Series:
    """Which of `parts` equal parts of all customers each one falls in, from 1 for the lowest; shape (customers,).

    Ties share their average rank, so that equal customers fall in the same part, and parts may then differ in size or be empty.
    """
    # Twice the average rank is an integer: nothing is rounded at the edges.
    twice = (2 * values.rank()).astype("int64") - 1
    return (1 + parts * twice // (2 * len(values))).astype("int32")


def scores(customers: pd.DataFrame) -> pd.DataFrame:
    """One row per customer, in the order given: recency_score, frequency_score (1 to 5, 5 is most recent and most often), segment.

    Args:
        customers: Shape (customers, at least recency_days and frequency); everyone of the dataset, scores being relative.
    """
    recency, frequency = quantile(-customers["recency_days"], SCORES), quantile(customers["frequency"], SCORES)
    segment = _segments()[recency.to_numpy() - 1, frequency.to_numpy() - 1]
    return pd.DataFrame({"recency_score": recency, "frequency_score": frequency, "segment": segment}, index=customers.index)


def cross_table(customers: pd.DataFrame) -> pd.DataFrame:
    """One row per persona and segment that share customers: persona, segment, customers, revenue; segments in the order of the rules.

    Args:
        customers: Shape (customers, at least persona, segment, monetary).
    """
    found = customers.groupby(["persona", "segment"], as_index=False).agg(customers=("monetary", "size"), revenue=("monetary", "sum"))
    return found.sort_values(["persona", "segment"], key=_in_order_of_rules, ignore_index=True)


def disagreements(customers: pd.DataFrame) -> pd.DataFrame:
    """One row per customer who is valuable by one lens and worthless by the other, the highest spend first.

    A lens orders its groups by their mean spend: who is in one of the first third of them is valuable, in one of the last third worthless.

    Args:
        customers: Shape (customers, at least customer_id, persona, segment, monetary).

    Returns:
        The rows given, with `valued_by` added, "persona" or "segment": the lens by which the customer is valuable. Equal spend is
        ordered by customer_id.
    """
    persona, segment = _third(customers, "persona"), _third(customers, "segment")
    by_persona, by_segment = (persona > 0) & (segment < 0), (segment > 0) & (persona < 0)
    found = customers.assign(valued_by=np.where(by_persona, "persona", "segment"))[by_persona | by_segment]
    return found.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)


def _segments() -> "np.ndarray[tuple[int, int], np.dtype[np.object_]]":
    """Segment by recency score and frequency score, each less 1."""
    cells = np.empty((SCORES, SCORES), dtype=object)
    for segment, ((low_recency, high_recency), (low_frequency, high_frequency)) in RULES.items():
        cells[low_recency - 1 : high_recency, low_frequency - 1 : high_frequency] = segment
    return cells


def _in_order_of_rules(values: pd.Series) -> pd.Series:
    return values.map(list(RULES).index) if values.name == "segment" else values


def _third(customers: pd.DataFrame, lens: str) -> pd.Series:
    """Of each customer: 1 if the own group is in the first third by mean spend, -1 if in the last, else 0."""
    mean_spend = customers.groupby(lens)["monetary"].mean()
    third = quantile(mean_spend, 3) - 2
    return customers[lens].map(third)
