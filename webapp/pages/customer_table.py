"""The list of customers: sorted, a page at a time, and all of it as a file."""

from collections.abc import Callable
from typing import Any

from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import panel
from webapp.components.downloads import files
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views import customers, segments
from webapp.views.scope import Scope

ROWS = 10


def customer_table(ask: Ask, scope: Scope, total: int) -> html.Section:
    """A card with the customers looked at, `total` of them."""
    columns = customers.columns(scope)
    sort = ask.choice("sort", ["customer_id", *columns])
    descending = ask.params.get("order") == "desc"
    last = max((total - 1) // ROWS, 0)
    page = min(int(ask.params["page"]) if ask.params.get("page", "").isdecimal() and len(ask.params["page"]) < 9 else 0, last)
    frame = customers.page(scope, sort=sort, descending=descending, offset=page * ROWS, rows=ROWS)
    headings = [_heading(ask, scope, name, sort=sort, descending=descending) for name in columns]
    first = page * ROWS + 1
    span = f"{formats.count(first)} to {formats.count(min(first + ROWS - 1, total))} of {formats.plural(total, 'customer')}"
    turning = html.Nav(
        [
            html.A("Previous", href=ask.href(page=page - 1), className="button quiet")
            if page
            else html.Span("Previous", className="button quiet off"),
            html.Span(span),
            html.A("Next", href=ask.href(page=page + 1), className="button quiet")
            if page < last
            else html.Span("Next", className="button quiet off"),
        ],
        className="turning",
        **{"aria-label": "Pages of the list"},
    )
    heading = f"{formats.plural(total, 'customer')} {'selected on the map' if scope.filters.area else 'in this view'}"
    query = scope.filters.to_query()
    held_out = html.A("Hold out a control group", href=links.campaigns_path(scope.name, query), className="button quiet")
    tools = html.Div([held_out, files(scope.name, "customers", query, what="these customers")], className="files")
    return panel(heading, [table(headings, rows_of(scope, frame, columns), caption="Customers"), turning], tools=tools)


def rows_of(scope: Scope, frame: Any, columns: list[str]) -> list[list[Any]]:
    """Customers as rows of a table, with links."""
    personas = segments.persona_names(scope)
    return [[cell(scope, personas, name, row[name]) for name in columns] for row in frame.to_dict("records")]


def cell(scope: Scope, personas: list[str], name: str, value: Any) -> Any:
    """One value as it is shown in a table: a link where it names something, else text."""
    if name == "persona":
        return links.persona(scope.name, value, personas)
    if name in _LINKS:
        return _LINKS[name](scope.name, value)
    return text(scope, name, value)


def text(scope: Scope, name: str, value: Any) -> str:
    """One value of a customer in words."""
    if name in scope.fields.categories and name in scope.units:
        words = {code: word for word, code in scope.fields.categories[name].items()}
        return words.get(value, formats.NOTHING)
    if name in _TEXTS:
        return _TEXTS[name](value)
    return formats.exact_measure(value, scope.units.get(name, ""), scope.currency)


_LINKS: dict[str, Callable[[str, Any], Any]] = {"customer_id": links.customer, "cluster": links.cluster}
_TEXTS: dict[str, Callable[[Any], str]] = {
    "first_order": formats.day,
    "last_order": formats.day,
    **dict.fromkeys(("country", "segment", "valued_by"), lambda value: value or formats.NOTHING),
    "fit": formats.score,
}


def column(scope: Scope, name: str) -> Column:
    """A column's heading without a way to sort."""
    words = {"customer_id": "Customer", "recency_days": "Recency", "fit": "Fit"}.get(name) or formats.words(name)
    texts = {"customer_id", "persona", "cluster", "country", "valued_by", "first_order", "last_order", *scope.fields.categories}
    return Column(words, numeric=name not in texts)


def _heading(ask: Ask, scope: Scope, name: str, *, sort: str, descending: bool) -> Column:
    plain = column(scope, name)
    here = name == sort
    href = ask.href(sort=name, order="desc" if here and not descending else None, page=None)
    return Column(plain.heading, plain.numeric, href, ("descending" if descending else "ascending") if here else "")
