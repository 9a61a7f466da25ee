"""Buyers of a crowd, counted once for all parts of a page: by persona, and by days since their last order."""

from webapp.buyers import Counted
from webapp.crowd import ALIKE
from webapp.views.few import few, likely
from webapp.views.scope import Scope


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
    if scope.every == 1 and by_what_few_differ_in(scope):
        condition, values = scope.condition
        chosen = f"{scope.laid_out('alike')} WHERE {condition}"
        counts = "sum(customers)::BIGINT AS customers, sum(orders)::BIGINT AS orders, sum(revenue) AS revenue"
    elif scope.every == 1 and likely(scope) and (found := few(scope)):
        return found.counted
    else:
        chosen, values, _ = scope.to_count
    table = scope.snapshot.columns(f'SELECT "persona number" AS persona, recency_days AS days, {counts} FROM {chosen} GROUP BY ALL', values)
    persona, days, customers, orders, revenue = (table[name].to_numpy() for name in table)
    return Counted.of(buyers.personas, persona, days, orders=orders, revenue=revenue, customers=customers)


def by_what_few_differ_in(scope: Scope) -> bool:
    """Whether they are chosen by nothing else than what is summed up in `alike`: then nobody has to look at customers."""
    return scope.filters.columns <= {*ALIKE}
