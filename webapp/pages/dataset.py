"""One dataset: filters, key figures, the map, the list of customers, and its charts."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
from dash import dcc, html

from pipeline import formats
from webapp.components import filter_bar, states
from webapp.components.card import Chart, Narrowed, as_table, card, switch, tiles
from webapp.components.later import later
from webapp.figures import map as map_figure
from webapp.pages import crowd_map, profile_charts, transactions_charts
from webapp.pages.ask import Ask
from webapp.pages.customer_table import customer_table
from webapp.pages.whole_map import whole_map
from webapp.views import customers, segments
from webapp.views.scope import Scope


def matches(ask: Ask) -> bool:
    """Whether the address is a dataset's."""
    return len(ask.parts) == 1 and ask.parts[0] in ask.snapshot.datasets


def title(ask: Ask) -> str:
    """The page's title."""
    return ask.snapshot.datasets[ask.parts[0]].title


def layout(ask: Ask) -> list[Any]:
    """The page. Filters change its parts one by one, so that charts that are there are drawn over and not anew."""
    scope = _scope(ask)
    bar = filter_bar.filter_bar(segments.persona_names(scope), segments.cluster_personas(scope), scope.fields, scope.filters)
    found = parts(ask)
    if found["somebody.hidden"]:
        # The charts have to be there, for the filters that bring somebody back.
        found = {**parts(replace(ask, search="")), **found}
    charts = [
        card(
            "map",
            found["map"],
            height=400,
            tools=found["map-tools.children"],
            is_map=True,
            narrowed=Narrowed(found["map.shown"], _colour(ask, scope)),
        ),
        card("beside", found["beside"], height=400),
    ]
    somebody = [
        html.Div(found["figures.children"], id="figures"),
        html.Div(charts, className="two map-row"),
        html.Div(found["customers.children"], id="customers-slot"),
        *later("lens"),
        dcc.Store(id="map-zoom"),
    ]
    return [
        html.H1(title(ask)),
        bar,
        html.Div(found["status.children"], id="status", className="status", role="status"),
        html.Div(found["nobody.children"], id="nobody"),
        html.Div(somebody, id="somebody", hidden=found["somebody.hidden"]),
    ]


# What a change of filters writes, in the order of `changed`.
OUTPUTS = (
    ("status", "children"),
    ("nobody", "children"),
    ("somebody", "hidden"),
    ("figures", "children"),
    ("map", "figure"),
    ("map", "drawn"),
    ("map", "shown"),
    ("beside", "figure"),
    *((f"{chart}-finding", "children") for chart in ("map", "beside")),
    *((f"{chart}-rows", "children") for chart in ("map", "beside")),
    ("map-tools", "children"),
    ("customers-slot", "children"),
)


def changed(ask: Ask, drawn: str) -> list[Any]:
    """The values of `OUTPUTS`; None for what stays as it is. `drawn` is what the map that is there is coloured by."""
    found = parts(ask)
    if found["somebody.hidden"]:
        return [found["status.children"], found["nobody.children"], True, *[None] * (len(OUTPUTS) - 3)]
    colour = _colour(ask, _scope(ask))
    return [
        found["status.children"],
        found["nobody.children"],
        False,
        found["figures.children"],
        *((None, None) if colour == drawn else (found["map"].figure, colour)),
        found["map.shown"],
        found["beside"].figure,
        *(formats.unbroken(found[chart].finding) for chart in ("map", "beside")),
        *(as_table(found[chart]) for chart in ("map", "beside")),
        found["map-tools.children"],
        found["customers.children"],
    ]


def parts(ask: Ask) -> dict[str, Any]:
    """What the filters leave, by the place where it is shown; without customers only what says so."""
    scope = _scope(ask)
    found = segments.totals(scope)
    count = int(found["customers"])
    status = _status(ask, scope, count)
    if count == 0:
        return {"status.children": status, "nobody.children": states.nobody(ask.path), "somebody.hidden": True}
    chart, shown = _map(ask, scope)
    return {
        "status.children": status,
        "nobody.children": [],
        "somebody.hidden": False,
        "figures.children": tiles(_charts(scope).key_figures(scope, found)),
        "map": chart,
        "map.shown": shown,
        "map-tools.children": _colours(ask, scope),
        "beside": _charts(scope).beside(scope, ask.theme),
        "customers.children": customer_table(ask, scope, count),
    }


def lens(ask: Ask) -> list[Any]:
    """The charts that are chosen among, and the choice; nothing without customers."""
    scope = _scope(ask)
    if not segments.anybody(scope):
        return []
    lenses = _charts(scope).LENSES
    chosen = ask.choice("lens", list(lenses))
    word, draw, height = lenses[chosen]
    choice = switch("Charts", [(words, ask.href(lens=name), name == chosen) for name, (words, _, _) in lenses.items()])
    shown = draw(ask, scope)
    return [
        html.Div([html.H2(word, className="visually-hidden"), choice], className="lenses"),
        shown if height is None else card("lens", shown, height=height),
    ]


def closer(ask: Ask, part: Any) -> dict[str, Any] | None:
    """What is shown on the map of a crowd where the reader zoomed to `part`, as the browser says it; None where there is no such map."""
    scope = _scope(ask)
    return crowd_map.shown(ask, scope, _colour(ask, scope), crowd_map.part_of(part)) if scope.crowd else None


def _scope(ask: Ask) -> Scope:
    return ask.scope(ask.parts[0])


def _charts(scope: Scope) -> ModuleType:
    return transactions_charts if scope.sells else profile_charts


def _status(ask: Ask, scope: Scope, count: int) -> list[Any]:
    of = f" of {formats.count(scope.record.customers)}" if scope.filters else ""
    said: list[Any] = [html.Strong(f"{formats.count(count)}{of}"), " customers" if count != 1 or of else " customer"]
    if scope.filters.area:
        said += [" · ", html.A("Clear the selection on the map", href=ask.href(area=None, page=None))]
    if scope.filters:
        said += [" · ", html.A("Reset all filters", href=ask.path, id="reset")]
    return said


def _map(ask: Ask, scope: Scope) -> tuple[Chart, dict[str, Any]]:
    """The map of everybody with the words for those who are left, and who they are."""
    if scope.crowd:
        colour = _colour(ask, scope)
        return crowd_map.chart(scope, ask.theme, colour), crowd_map.shown(ask, scope, colour)
    whole, personas = whole_map(scope, ask.theme, _colour(ask, scope)), segments.persona_names(scope)
    # All that is drawn on the map can be selected there.
    left = customers.shown(scope.outside_the_map())
    counts = np.bincount(whole.personas[left], minlength=len(personas))
    shares = [formats.share(count / counts.sum()) for count in counts]
    largest = counts.argmax()
    finding = f"Largest group here: {personas[largest]}, {shares[largest]} of the customers"
    rows = [[name, formats.count(count), share] for name, count, share in zip(personas, counts, shares, strict=True) if count]
    note = (
        "Customers who are alike lie close together (UMAP); the axes have no unit. "
        "Draw a lasso or a box to select; click a point for its record."
    )
    chart = Chart(finding, whole.figure, ("Persona", "Customers", "Share"), rows, note)
    return chart, map_figure.shown(left[whole.order], scope.filters.area, ask.theme)


def _colours(ask: Ask, scope: Scope) -> html.Nav:
    chosen = _colour(ask, scope)
    return switch("Colour of the map", [(formats.words(name), ask.href(colour=name), name == chosen) for name in _ways(scope)])


def _colour(ask: Ask, scope: Scope) -> str:
    return ask.choice("colour", _ways(scope))


def _ways(scope: Scope) -> list[str]:
    """What the map can be coloured by."""
    return ["persona", "cluster", *(name for name in scope.units if name not in scope.fields.categories)]
