"""What flows between personas say, in sentences."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from pipeline import formats

NEW = "New customers"
# How personas at the ends of months are known.
PLACED = (
    "Everybody is placed by the clusters of this run, at the end of each month by what was known of them then: whoever moved has changed, "
    "the clusters have not."
)


def month(first_day: str) -> str:
    """A month by its first day: November 2011."""
    return formats.month(date.fromisoformat(first_day))


def moved(flows: pd.DataFrame) -> pd.DataFrame:
    """The flows of those who were customers before and are of another persona after."""
    return flows[flows["from_persona"].notna() & (flows["from_persona"] != flows["to_persona"])]


def largest(flows: pd.DataFrame, currency: str | None) -> str:
    """The move that was worth most: from where to where, how many, and what they spent."""
    others = moved(flows)
    if others.empty:
        return "Nobody moved from one persona to another"
    row = others.loc[others["revenue"].idxmax()]
    return (
        f"{row['from_persona']} to {row['to_persona']}: {formats.plural(row['customers'], 'customer')}, "
        f"{formats.money(row['revenue'], currency)} a year"
    )


def findings(flows: pd.DataFrame, recency: Mapping[str, float], currency: str | None, *, last: str) -> list[str]:
    """The largest move away and the largest back in the last month.

    Args:
        flows: from_persona, to_persona, customers, revenue of that month.
        recency: Persona to the mean days since the last order: a move to a persona with more of them is one away.
        currency: Of revenue.
        last: The month's first day.
    """
    others = moved(flows)
    further = others["to_persona"].map(recency) - others["from_persona"].map(recency)
    said = []
    for rows, words in ((others[further > 0], "slipped away, from"), (others[further < 0], "came nearer, from")):
        if rows.empty or rows["revenue"].max() <= 0:
            continue
        row = rows.loc[rows["revenue"].idxmax()]
        said.append(
            f"In {month(last)} {formats.plural(row['customers'], 'customer')} {words} {row['from_persona']} to {row['to_persona']}: "
            f"they spent {formats.money(row['revenue'], currency)} in the year before."
        )
    return said
