"""What it would bring to win customers of a persona back, by what those did who came back in the back-test."""

from dataclasses import dataclass

from webapp.views import segments, trust
from webapp.views.scope import Scope


@dataclass(frozen=True)
class WonBack:
    """What customers bring who are won back, within some days.

    Attributes:
        days: Within which.
        past_customers: Of the persona at the cut-off of the back-test.
        returned_share: Of them, those who came back by themselves within the days, 0 to 1.
        spent: What one of those who came back spent within them, on average; None where nobody did.
        customers: Who are won back beside those who come back by themselves.
        revenue: What they spend within the days; None without `spent`.
        orders: How many orders that is, at the value that the persona's orders have on average; None without `spent`.
        is_all: Whether more than these were asked for, and there are none.
    """

    days: int
    past_customers: int
    returned_share: float
    spent: float | None
    customers: float
    revenue: float | None
    orders: float | None
    is_all: bool


def won_back(scope: Scope, persona: str, share: float) -> list[WonBack]:
    """What it brings to win back a share of a persona's customers, one for each horizon of the back-test, the shortest first.

    Returns:
        Nothing without a back-test, and nothing of a persona that it does not know.
    """
    now = segments.by_name(scope)[persona]
    worth = order_value(scope, persona)
    found = []
    for days in reversed(trust.horizons(scope)):
        for row in trust.foretold(scope, days).itertuples(index=False):
            if row.persona != persona:
                continue
            # Whoever comes back anyway cannot be won back; `mean_spend` is that of all, of whom those who stayed away spent nothing.
            won = now["customers"] * min(share, 1 - row.returned_share)
            spent = row.mean_spend / row.returned_share if row.returned_share else None
            revenue = None if spent is None else won * spent
            orders = revenue / worth if revenue is not None and worth else None
            is_all = share > 1 - row.returned_share
            found.append(WonBack(days, int(row.customers), float(row.returned_share), spent, won, revenue, orders, is_all))
    return found


def order_value(scope: Scope, persona: str) -> float | None:
    """What an order of a persona's customers comes to, on average; None where that is nothing."""
    now = segments.by_name(scope)[persona]
    return now["revenue"] / now["orders"] if now["orders"] and now["revenue"] > 0 else None
