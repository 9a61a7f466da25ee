"""Who made one of the moves: those who spent most, and all of them as a file."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html

from pipeline import formats, moving
from webapp.components import links
from webapp.components.downloads import files
from webapp.components.later import later
from webapp.components.table import Column, table
from webapp.components.target import target
from webapp.pages.ask import Ask
from webapp.views import history
from webapp.views.history import Span
from webapp.views.scope import Scope

# What a cell of the matrix leads to.
PLACE = "movers"
_ROWS = 12


def movers(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    """The move of the address, else the one that was worth most, and its list, which comes later in a crowd."""
    before, after = _pair(ask, flows)
    heading = _heading(before, after, history.customers_of(flows, before, after))
    query = urlencode({"from": span.first, "to": span.last, "before": before, "after": after})
    tools = files(scope.name, "movers", query, what="who moved")
    content = later("movers-list", ask.search) if scope.crowd else listed(ask, scope, span, flows)
    return html.Section(
        [html.Div([html.H2(heading, className="finding"), tools], className="card-head"), target(PLACE, query), *content],
        id=PLACE,
        className="panel",
        tabIndex=-1,
        **{"aria-label": heading},
    )


def listed(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> list[Any]:
    """The customers of that move who spent most."""
    before, after = _pair(ask, flows)
    count = history.customers_of(flows, before, after)
    found = history.movers(scope, span, before, after, rows=_ROWS)
    rows = [
        [links.customer(scope.name, row.customer_id), formats.money(row.spend_of_the_year, scope.currency)] for row in found.itertuples()
    ]
    shown = f"The {formats.count(len(found))} who spent most; the files hold all of them." if count > len(found) else ""
    listing = table(["Customer", Column("Spend of the year", numeric=True)], rows, caption=_heading(before, after, count))
    return [listing, html.P(shown, className="note")]


def _heading(before: str, after: str, count: int) -> str:
    customers = formats.plural(count, "customer")
    return f"Still {after}: {customers}" if before == after else f"{before or moving.NEW} to {after}: {customers}"


def _pair(ask: Ask, flows: pd.DataFrame) -> tuple[str, str]:
    chosen = (ask.params.get("before", ""), ask.params.get("after", ""))
    if chosen in _pairs(flows):
        return chosen
    others = moving.moved(flows)
    among = flows if others.empty else others
    return _pairs(among)[int(among["revenue"].to_numpy().argmax())]


def _pairs(flows: pd.DataFrame) -> list[tuple[str, str]]:
    return [(row.from_persona, row.to_persona) for row in flows.fillna({"from_persona": ""}).itertuples()]
