"""Orders cut at a day: what was known of each customer before it, and what each did in the days after it."""

from datetime import date

import pandas as pd

from pipeline import ids
from pipeline.settings import TransactionsDataset


def reason_against(orders: pd.DataFrame, dataset: TransactionsDataset) -> str | None:
    """Why these orders do not tell recency, frequency and monetary as the dataset counts them; None if they do.

    Published orders do not say how many of their lines were purchases.
    """
    if "lines" in orders:
        return None
    if dataset.frequency == "lines":
        return "frequency counts order lines, and these orders do not say how many they have"
    if dataset.returns == "net":
        return "returns lower spend, and these orders do not say which of them are returns"
    return None


def purchases(orders: pd.DataFrame) -> pd.DataFrame:
    """The orders that are purchases: all, or, where `lines` are counted, those that have one; the others are returns."""
    return orders[orders["lines"] > 0] if "lines" in orders else orders


def before(orders: pd.DataFrame, dataset: TransactionsDataset, *, cutoff: date) -> pd.DataFrame:
    """One row per customer who bought before a day: recency_days (to that day), frequency, monetary.

    They are those of `features.transactions.customers` at `as_of` = `cutoff`, had the file ended there.

    Args:
        orders: One row per order: customer_id, time, spend (major units) and, unless `reason_against` gives none without it, lines (those
            that are purchases).
        dataset: Says what frequency counts and how many minor units the currency has.
        cutoff: Orders of this day and later are left out.

    Returns:
        Indexed by customer_id, in the order in which customers are clustered: shorter ids first.
    """
    known = orders[orders["time"] < pd.Timestamp(cutoff)]
    bought = purchases(known).groupby("customer_id")
    counted = bought["lines"].sum() if dataset.frequency == "lines" else bought.size()
    recency = (pd.Timestamp(cutoff) - bought["time"].max().dt.normalize()).dt.days
    features = pd.DataFrame({"recency_days": recency, "frequency": counted, "monetary": _spend(known, dataset)}, index=counted.index)
    return features.iloc[ids.order(features.index)]


def after(orders: pd.DataFrame, dataset: TransactionsDataset, *, customers: pd.Index, cutoff: date, days: int) -> pd.DataFrame:
    """One row per customer, in the order given: returned (bought within `days` days from `cutoff` on), spend (in these days, major units).

    Args:
        orders: As for `before`.
        dataset: Says how many minor units the currency has.
        customers: Ids; those who bought for the first time after the day are nobody's repeat purchase and not asked for.
        cutoff: The first of the days.
        days: How many.
    """
    start = pd.Timestamp(cutoff)
    during = orders[(orders["time"] >= start) & (orders["time"] < start + pd.Timedelta(days=days))]
    spend = _spend(during, dataset).reindex(customers).fillna(0.0)
    return pd.DataFrame({"returned": customers.isin(purchases(during)["customer_id"]), "spend": spend}, index=customers)


def _spend(orders: pd.DataFrame, dataset: TransactionsDataset) -> pd.Series:
    """What each customer spent, in major units, summed in minor ones: exact, and the same in every order of rows."""
    minor = (orders["spend"] * dataset.minor_units).round().astype("int64")
    return minor.groupby(orders["customer_id"]).sum() / dataset.minor_units
