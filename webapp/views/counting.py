"""Buyers of a crowd, counted once for all parts of a page: by persona, and by days since their last order."""

from webapp.buyers import Counted
from webapp.views.few import few, likely
from webapp.views.scope import Scope

# Few customers are unlike all others in these.
_ALIKE = ("persona", "cluster", "recency_days")


def counted(scope: Scope) -> Counted:
    """What the customers looked at come to."""
    return scope.snapshot.lately(("counted", scope.name, scope.every, repr(scope.filters)), lambda: _counted(scope))


def _counted(scope: Scope) -> Counted:
    assert scope.crowd is not None
    assert scope.crowd.buyers is not None
    buyers, shape = scope.crowd.buyers, scope.enclosed
    if shape and scope.every == 1 and not scope.filters.everywhere():
        return buyers.counted(shape.within, shape.border, shape.near)
    counts = "count(*) AS customers, sum(orders)::BIGINT AS orders, sum(monetary) AS revenue"
    if scope.every == 1 and scope.filters.columns <= {*_ALIKE}:
        condition, values = scope.condition
        chosen = f"{_everybody(scope, counts)} WHERE {condition}"
        counts = "sum(customers)::BIGINT AS customers, sum(orders)::BIGINT AS orders, sum(revenue) AS revenue"
    elif scope.every == 1 and likely(scope) and (found := few(scope)):
        return found.counted
    else:
        chosen, values = scope.chosen
    table = scope.snapshot.columns(f'SELECT "persona number" AS persona, recency_days AS days, {counts} FROM {chosen} GROUP BY ALL', values)
    persona, days, customers, orders, revenue = (table[name].to_numpy() for name in table)
    return Counted.of(buyers.personas, persona, days, orders=orders, revenue=revenue, customers=customers)


def _everybody(scope: Scope, counts: str) -> str:
    """The name in SQL of what all come to who are equal in these columns: a choice by nothing else need not look at customers."""
    columns = ", ".join(_ALIKE)
    return scope.snapshot.derived(
        f"{scope.name} counted", f'SELECT {columns}, "persona number", {counts} FROM {scope.all().table("customers")} GROUP BY ALL'
    )
