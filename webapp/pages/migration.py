"""Who moved from which persona to which between the ends of two months."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html

from pipeline import formats, moving
from pipeline.schema import YEAR_DAYS
from webapp.components import links, states
from webapp.components.card import Chart, card, panel, switch, tiles
from webapp.components.downloads import files
from webapp.components.menu import menu
from webapp.components.table import Column, table
from webapp.figures import sankey
from webapp.figures.sankey import Node
from webapp.pages.ask import Ask
from webapp.pages.staying import staying
from webapp.theme import OTHER, persona_colours
from webapp.views import history, segments
from webapp.views.history import Span
from webapp.views.scope import Scope

# Months back from the last one that can be had with one click.
_BACK = {1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
_LISTED = 12
_NOTE = (
    "Everybody is placed by the clusters of this run, at the end of each month by what was known of them then: whoever moved has changed, "
    "the clusters have not. At the end of the first months little was known of anybody, and many are low because of that."
)
_YEAR = f"What they spent in the {YEAR_DAYS} days up to the end of the last month."


def matches(ask: Ask) -> bool:
    """Whether the address is that of migration, in a run with orders."""
    return ask.parts == ("migration",) and bool(_names(ask))


def title(ask: Ask) -> str:
    """The page's title."""
    return "Migration"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Migration"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Everything but the heading, of one dataset."""
    names = _names(ask)
    scope = Scope(ask.snapshot, ask.choice("dataset", names))
    months = history.months(scope)
    choose = [] if len(names) == 1 else [_datasets(ask, names, scope.name)]
    if len(months) < 2:
        return [*choose, _nothing(scope)]
    span = _span(ask, months)
    flows = history.flows(scope, span)
    return [
        *choose,
        html.Div([*_months(ask, months, span), _presets(ask, months, span)], className="filters"),
        html.Div(tiles(_figures(scope, flows)), className="panel figures"),
        _chart(ask, scope, span, flows),
        _matrix(ask, scope, span, flows),
        _movers(ask, scope, span, flows),
        staying(ask, scope),
        html.P(_NOTE, className="note"),
    ]


def _names(ask: Ask) -> list[str]:
    return [name for name, record in ask.snapshot.datasets.items() if record.kind == "transactions"]


def _datasets(ask: Ask, names: list[str], shown: str) -> html.Div:
    options = [(ask.snapshot.datasets[name].title, f"/migration?{urlencode({'dataset': name})}", name == shown) for name in names]
    return html.Div(switch("Dataset", options), className="card-head")


def _nothing(scope: Scope) -> html.Div:
    if scope.record.trust is None:
        words = "This run was built with --quick, which leaves the history of personas out. A full build adds it:"
        return states.message("arrow-left-right", "Who moved is not known yet", words, [html.Code("python -m pipeline build")], level=2)
    words = "Personas are told at the end of each month, and these orders span the end of one at most. Two are needed to tell who moved."
    return states.message("arrow-left-right", "There is nothing to compare yet", words, [], level=2)


def _span(ask: Ask, months: list[str]) -> Span:
    """The months of the address; the last two where it names none, or none that follow each other."""
    last = ask.params.get("to", "")
    last = last if last in months[1:] else months[-1]
    first = ask.params.get("from", "")
    return Span(first if first in months and first < last else months[months.index(last) - 1], last)


def _months(ask: Ask, months: list[str], span: Span) -> list[html.Details]:
    before = [
        (moving.month(one), ask.href(**{"from": one, "to": span.last, "before": None, "after": None}), one == span.first)
        for one in reversed(months)
        if one < span.last
    ]
    after = [
        (moving.month(one), ask.href(**{"to": one, "from": span.first, "before": None, "after": None}), one == span.last)
        for one in reversed(months)
        if one > span.first
    ]
    return [menu("From the end of", before), menu("to the end of", after)]


def _presets(ask: Ask, months: list[str], span: Span) -> html.Nav:
    at = len(months) - 1
    options = []
    for back, word in _BACK.items():
        if back <= at:
            first = months[at - back]
            href = ask.href(**{"from": first, "to": months[at], "before": None, "after": None})
            options.append((word, href, (first, months[at]) == (span.first, span.last)))
    return switch("The last months", options)


def _figures(scope: Scope, flows: pd.DataFrame) -> list[tuple[str, str, str]]:
    new, moved = flows[flows["from_persona"].isna()], moving.moved(flows)
    known = flows["customers"].sum() - new["customers"].sum()
    return [
        ("Customers at the end", formats.count(flows["customers"].sum()), ""),
        ("Of them new", formats.count(new["customers"].sum()), f"{formats.money(new['revenue'].sum(), scope.currency)} in the year before"),
        ("Moved to another persona", formats.count(moved["customers"].sum()), f"{_share(moved['customers'].sum(), known)} of those known"),
        ("Revenue of those who moved", formats.money(moved["revenue"].sum(), scope.currency), "in the year before"),
    ]


def _share(part: float, whole: float) -> str:
    return formats.share(part / whole) if whole else formats.NOTHING


def _chart(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    personas = segments.persona_names(scope)
    named = flows.assign(from_persona=flows["from_persona"].fillna(moving.NEW))
    colours = {**persona_colours(personas), moving.NEW: OTHER}
    left, right = (
        [
            Node(name, colours[name], float(total), formats.count(total))
            for name in (*personas, moving.NEW)
            if (total := named.loc[named[side] == name, "customers"].sum())
        ]
        for side in ("from_persona", "to_persona")
    )
    said = [
        f"{row.from_persona} to {row.to_persona}: {formats.plural(row.customers, 'customer')}, {formats.money(row.revenue, scope.currency)}"
        for row in named.itertuples()
    ]
    drawn = named.rename(columns={"from_persona": "source", "to_persona": "target", "customers": "value"}).assign(text=said)
    rows = [
        [
            _named(scope, personas, row.from_persona),
            _named(scope, personas, row.to_persona),
            formats.count(row.customers),
            formats.money(row.revenue, scope.currency),
        ]
        for row in named.itertuples()
    ]
    heads = ("From", "To", Column("Customers", numeric=True), Column("Revenue of the year", numeric=True))
    figure = sankey.draw(drawn, ask.theme, left=left, right=right)
    return card("flows", Chart(moving.largest(flows, scope.currency), figure, heads, rows, _YEAR), height=sankey.HEIGHT)


def _named(scope: Scope, personas: list[str], name: str) -> Any:
    return links.persona(scope.name, name, personas) if name in personas else name


def _matrix(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    """Every pair of personas, each leading to the list of who it is."""
    personas = segments.persona_names(scope)
    counts = {(row.from_persona or "", row.to_persona): row.customers for row in flows.astype(object).where(flows.notna(), "").itertuples()}
    there = [name for name in personas if any(name == to for _, to in counts)]
    rows: list[list[Any]] = []
    for before in (*personas, ""):
        own = [counts.get((before, after), 0) for after in there]
        if sum(own):
            cells = [_cell(ask, span, before, after, number) for after, number in zip(there, own, strict=True)]
            rows.append([_named(scope, personas, before) if before else moving.NEW, *cells, formats.count(sum(own))])
    totals = [formats.count(sum(counts.get((before, after), 0) for before in (*personas, ""))) for after in there]
    rows.append(["All", *totals, formats.count(flows["customers"].sum())])
    heads = [Column("From, down; to, across"), *(Column(name, numeric=True) for name in (*there, "All"))]
    heading = f"From {moving.month(span.first)} to {moving.month(span.last)}, customers"
    return panel(heading, table(heads, rows, caption=heading))


def _cell(ask: Ask, span: Span, before: str, after: str, number: int) -> Any:
    if not number:
        return formats.NOTHING
    href = ask.href(**{"from": span.first, "to": span.last, "before": before, "after": after})
    return links.Named(formats.count(number), f"{href}#movers")


def _movers(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    """Who made one of the moves: the chosen one, else the one that was worth most."""
    before, after = _pair(ask, flows)
    found = history.movers(scope, span, before, after, rows=_LISTED)
    count = flows.loc[(flows["from_persona"].fillna("") == before) & (flows["to_persona"] == after), "customers"].sum()
    rows = [
        [links.customer(scope.name, row.customer_id), formats.money(row.spend_of_the_year, scope.currency)] for row in found.itertuples()
    ]
    heading = f"{before or moving.NEW} to {after}: {formats.plural(count, 'customer')}"
    if before == after:
        heading = f"Still {after}: {formats.plural(count, 'customer')}"
    query = urlencode({"from": span.first, "to": span.last, "before": before, "after": after})
    shown = f"The {formats.count(len(found))} who spent most; the files hold all of them." if count > len(found) else ""
    return html.Section(
        [
            html.Div([html.H2(heading, className="finding"), files(scope.name, "movers", query, what="who moved")], className="card-head"),
            table(["Customer", Column("Spend of the year", numeric=True)], rows, caption=heading),
            html.P(shown, className="note"),
        ],
        id="movers",
        className="panel",
        **{"aria-label": heading},
    )


def _pair(ask: Ask, flows: pd.DataFrame) -> tuple[str, str]:
    chosen = (ask.params.get("before", ""), ask.params.get("after", ""))
    if chosen in _pairs(flows):
        return chosen
    others = moving.moved(flows)
    among = flows if others.empty else others
    return _pairs(among)[int(among["revenue"].to_numpy().argmax())]


def _pairs(flows: pd.DataFrame) -> list[tuple[str, str]]:
    return [(row.from_persona, row.to_persona) for row in flows.fillna({"from_persona": ""}).itertuples()]
