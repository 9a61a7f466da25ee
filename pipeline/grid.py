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
    # Of each value at once: recency and frequency have few, and looking these up holds less than sorting everyone's places.
    different, counts = np.unique(values, return_counts=True)
    # Twice the average rank, less 1, is an integer: nothing is rounded at the edges.
    twice = 2 * (np.cumsum(counts) - counts) + counts
    part = (1 + parts * twice // (2 * len(values))).astype("int32")
    return pd.Series(part[np.searchsorted(different, values)], index=values.index, name=values.name)


def scores(customers: pd.DataFrame) -> pd.DataFrame:
    """One row per customer, in the order given: recency_score, frequency_score (1 to 5, 5 is most recent and most often), segment.

    Args:
        customers: Shape (customers, at least recency_days and frequency); everyone of the dataset, scores being relative.
    """
    scored = quintiles(customers)
    return scored.assign(segment=segments(scored["recency_score"].to_numpy(), scored["frequency_score"].to_numpy()))


def quintiles(customers: pd.DataFrame) -> pd.DataFrame:
    """The scores of `scores` alone."""
    recency, frequency = quantile(-customers["recency_days"], SCORES), quantile(customers["frequency"], SCORES)
    return pd.DataFrame({"recency_score": recency, "frequency_score": frequency}, index=customers.index)


def segments(recency_score: np.ndarray, frequency_score: np.ndarray) -> np.ndarray:
    """The segment of each pair of scores, shape (customers,)."""
    return np.asarray(_segments()[recency_score - 1, frequency_score - 1])


def _segments() -> "np.ndarray[tuple[int, int], np.dtype[np.object_]]":
    """Segment by recency score and frequency score, each less 1."""
    cells = np.empty((SCORES, SCORES), dtype=object)
    for segment, ((low_recency, high_recency), (low_frequency, high_frequency)) in RULES.items():
        cells[low_recency - 1 : high_recency, low_frequency - 1 : high_frequency] = segment
    return cells
