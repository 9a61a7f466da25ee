"""What one customer is expected to order and spend."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.schema import VALUE_DAYS
from webapp.components import links
from webapp.components.card import panel, tiles
from webapp.components.table import Column, table
from webapp.views import value
from webapp.views.scope import Scope

_ONCE = (
    "This customer has ordered once, and to the model all who did are alike: it knows of them only how long ago that was, and what they "
    "paid. It has nobody leave before a second order, so that it calls them active for sure, even years later; what falls with time is "
    "how many orders it expects."
)


def worth(scope: Scope, found: dict[str, Any]) -> list[html.Section]:
    """The panel; none where nothing is foretold."""
    row = value.of_customer(scope, found["customer_id"]) if scope.sells else None
    if row is None:
        return []
    longest = max(VALUE_DAYS)
    orders, spend = formats.short(row[f"orders_{longest}"]), formats.money(row[f"spend_{longest}"], scope.currency)
    once = found["orders"] == 1
    active = (
        ("Active", "not known", "has ordered once") if once else ("Active", formats.share(row["active"]), "the chance that they still are")
    )
    shown = tiles([active, ("Orders", orders, f"expected in {longest} days"), ("Spend", spend, f"expected in {longest} days")])
    columns: list[Column | str] = [
        "Days ahead",
        *(Column(name, numeric=True) for name in ("Orders", "8 of 10 times", "Spend", "8 of 10 times")),
    ]
    heading = f"What to expect: {orders} orders and {spend} within {longest} days"
    note = [
        "Eight of ten customers like this one stay within the bounds; what is expected is a mean, which rare large orders may lift above "
        "them. The model (BG/NBD and Gamma-Gamma) knows orders and their spend alone: no seasons, no plans. ",
        html.A("How well it foretold before", href=links.quality_path(scope.name)),
    ]
    content = [shown, table(columns, [_row(scope, row, days) for days in VALUE_DAYS], caption=heading), html.P(note, className="note")]
    return [panel(heading, [*([html.P(_ONCE)] if once else []), *content])]


def _row(scope: Scope, row: dict[str, Any], days: int) -> list[str]:
    orders, spend = (
        [write(row[f"{what}_{days}{bound}"]) for bound in ("", "_low", "_high")]
        for what, write in (("orders", formats.short), ("spend", lambda amount: formats.money(amount, scope.currency)))
    )
    return [str(days), orders[0], _between(*orders[1:]), spend[0], _between(*spend[1:])]


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
