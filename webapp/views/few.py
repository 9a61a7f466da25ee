"""Buyers of a crowd who are looked at, one by one where they are few enough to be drawn: found once for all parts of a page."""

from dataclasses import dataclass

from webapp.buyers import Counted
from webapp.by_cell import Numbers
from webapp.views.scope import Scope


@dataclass(frozen=True)
class Few:
    """Who they are.

    Attributes:
        rows: In the table of all, ascending.
        persona: The place of each one's in the order of the rules.
        counted: What they come to.
    """

    rows: Numbers
    persona: Numbers
    counted: Counted


def few(scope: Scope) -> Few | None:
    """Those who are looked at; None where they are more than can be drawn, and others stand for them."""
    assert scope.crowd is not None
    return scope.crowd.few.get((repr(scope.filters),), lambda: _few(scope))


def likely(scope: Scope) -> bool:
    """Whether it is worth looking: by the sample, they are not more than twice as many as can be drawn."""
    assert scope.crowd is not None
    sample, values = scope.drawn(scope.snapshot.most + 1).chosen
    drawn = scope.snapshot.rows(f"SELECT count(*) AS customers FROM {sample}", values)[0]["customers"]
    return bool(scope.crowd.every * drawn <= 2 * scope.snapshot.most)


def _few(scope: Scope) -> Few | None:
    assert scope.crowd is not None
    assert scope.crowd.buyers is not None
    chosen, values, row = scope.to_count
    columns = f'{row} AS row, "persona number" AS persona, recency_days AS days, orders, monetary'
    # Of a crowd that is its own sample there is nobody to stand for many. Elsewhere it is over as soon as there is one too many.
    most = scope.record.customers if scope.crowd.every == 1 else scope.snapshot.most
    found = scope.snapshot.columns(f"SELECT {columns} FROM {chosen} LIMIT {most + 1}", values)
    if len(found) > most:
        return None
    # Those of several countries stand one country after the other.
    found = found if found["row"].is_monotonic_increasing else found.sort_values("row")
    rows, persona, days, orders, revenue = (found[name].to_numpy() for name in found)
    return Few(rows, persona, Counted.of(scope.crowd.buyers.personas, persona, days, orders=orders, revenue=revenue))
