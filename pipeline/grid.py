"""The marketer's grid: scores of recency and frequency from 1 to 5, and ten segments.

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


def _segments() -> "np.ndarray[tuple[int, int], np.dtype[np.object_]]":
    """Segment by recency score and frequency score, each less 1."""
    cells = np.empty((SCORES, SCORES), dtype=object)
    for segment, ((low_recency, high_recency), (low_frequency, high_frequency)) in RULES.items():
        cells[low_recency - 1 : high_recency, low_frequency - 1 : high_frequency] = segment
    return cells
