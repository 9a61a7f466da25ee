"""The overview: key figures of every dataset, what the data says, and how good the segments are."""

from typing import Any

from dash import html

from pipeline import findings, formats, moving, verdict
from webapp.components import links
from webapp.components.card import Chart, card, panel, switch, tiles
from webapp.components.icon import icon
from webapp.components.report import report
from webapp.figures import bars, treemap
from webapp.pages.ask import Ask
from webapp.pages.at_risk import at_risk
from webapp.theme import FAINT, INDIGO
from webapp.views import history, segments, value
from webapp.views.scope import Scope

_SIZES = {"customers": "Customers", "revenue": "Revenue", "orders": "Orders"}


def matches(ask: Ask) -> bool:
    """Whether the address is the overview's."""
    return not ask.parts


def title(ask: Ask) -> str:
    """The page's title."""
    return "Overview"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    head = html.Div([html.H1("Overview"), html.Div(report(ask.snapshot.run_id), className="for-analysts")], className="title-row")
    return [head, html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Everything but the heading."""
    names = ask.names
    name = ask.choice("dataset", names)
    scope = Scope(ask.snapshot, name)
    choose = switch("Dataset", [(ask.snapshot.datasets[other].title, ask.href(dataset=other, size=None), other == name) for other in names])
    charts = [_treemap(ask, scope), *_shares(ask, scope)]
    return [
        html.Div([_strip(ask, Scope(ask.snapshot, other)) for other in names], className="strips"),
        html.Div([_findings(ask, names), html.Div([choose, *charts[:1]], className="stack tight")], className="two findings-row"),
        html.Div([*charts[1:], _quality(scope)], className="two" if charts[1:] else "stack"),
        *at_risk(scope),
    ]


def _strip(ask: Ask, scope: Scope) -> html.Section:
    """The key figures of one dataset, with the change against the run before."""
    found = segments.totals(scope)
    earlier = ask.store.before(ask.snapshot)
    before = (segments.totals_of_run(scope, earlier) if earlier else None) or {}
    items = [("Customers", formats.count(found["customers"]), _change(found["customers"], before.get("customers")))]
    if scope.sells:
        items.append(("Revenue", formats.money(found["revenue"], scope.currency), _change(found["revenue"], before.get("revenue"))))
        items.append(("Orders", formats.count(found["orders"]), _change(found["orders"], before.get("orders"))))
    items.append(("Personas", formats.count(found["personas"]), _change(found["personas"], before.get("personas"))))
    demo = html.Span("made-up data", className="tag") if scope.record.demo else None
    return html.Section(
        [html.H2([html.A(scope.record.title, href=links.dataset_path(scope.name)), demo]), tiles(items)],
        className="panel strip",
        **{"aria-label": scope.record.title},
    )


def _change(now: float, before: float | None) -> str:
    if before is None:
        return ""
    if now == before:
        return "as in the run before"
    return f"{'+' if now > before else '-'}{formats.short(abs(now - before))} since the run before"


def _findings(ask: Ask, names: list[str]) -> html.Section:
    """What the data says, of all datasets, each leading to its persona."""
    items: list[Any] = []
    for name in names:
        scope = Scope(ask.snapshot, name)
        found = findings.of_run(segments.personas(scope), segments.clusters(scope), value.by_persona(scope), scope.currency)
        items.append(html.H3(scope.record.title))
        items.append(
            html.Ol(
                [
                    html.Li(html.A([html.Span(formats.unbroken(text)), icon("chevron-down")], href=href))
                    for text, href in [*((finding.text, links.persona_path(name, finding.persona)) for finding in found), *_moves(scope)]
                ]
            )
        )
    return panel("What the data says", html.Div(items, className="findings"))


def _moves(scope: Scope) -> list[tuple[str, str]]:
    """Who moved in the last month, each leading to the page that shows it."""
    months = history.months(scope)
    if len(months) < 2:
        return []
    flows = history.flows(scope, history.Span(*months[-2:]))
    found = moving.findings(flows, history.recency(scope), scope.currency, last=months[-1])
    return [(text, links.migration_path(scope.name)) for text in found]


def _treemap(ask: Ask, scope: Scope) -> html.Section:
    frame = segments.personas(scope)
    sizes = [size for size in _SIZES if size in frame and frame[size].sum() > 0]
    size = ask.choice("size", sizes)
    share = "share" if size == "customers" else f"{size}_share"
    row = frame.loc[frame[size].idxmax()]
    finding = f"{row['persona']}: {formats.share(row[share])} of {size}"
    written = [formats.money(value, scope.currency) if size == "revenue" else formats.count(value) for value in frame[size]]
    texts = [f"{value}, {formats.share(part)}" for value, part in zip(written, frame[share], strict=True)]
    names = segments.persona_names(scope)
    figure = treemap.draw(frame["persona"].to_list(), frame[size].clip(lower=0).to_list(), texts, ask.theme, personas=names)
    rows = [[links.persona(scope.name, name, names), *text.split(", ")] for name, text in zip(frame["persona"], texts, strict=True)]
    tools = (
        switch("Size of the areas", [(_SIZES[other], ask.href(size=other), other == size) for other in sizes]) if len(sizes) > 1 else None
    )
    return card("treemap", Chart(finding, figure, ("Persona", _SIZES[size], "Share"), rows), height=330, tools=tools)


def _shares(ask: Ask, scope: Scope) -> list[html.Section]:
    """Of customers and of revenue; nothing where that does not come to more than 0."""
    frame = segments.personas(scope)
    if not scope.sells or frame["revenue_share"].isna().all():
        return []
    frame = frame.sort_values("revenue_share", ascending=False)
    row = frame.loc[(frame["revenue_share"] / frame["share"]).idxmax()]
    finding = f"{row['persona']} bring {formats.short(row['revenue_share'] / row['share'])} times their share of customers"
    series = {
        "of customers": (frame["share"].to_list(), [formats.share(value) for value in frame["share"]]),
        "of revenue": (frame["revenue_share"].to_list(), [formats.share(value) for value in frame["revenue_share"]]),
    }
    figure = bars.groups(
        frame["persona"].to_list(), series, ask.theme, colours=("#74808f" if ask.theme == "light" else FAINT["dark"], INDIGO)
    )
    names = segments.persona_names(scope)
    rows = [
        [links.persona(scope.name, item.persona, names), formats.share(item.share), formats.share(item.revenue_share)]
        for item in frame.itertuples()
    ]
    return [card("shares", Chart(finding, figure, ("Persona", "Of customers", "Of revenue"), rows), height=360)]


def _quality(scope: Scope) -> html.Section:
    scores, rows = scope.record.scores, scope.record.rows
    clusters = segments.clusters(scope)
    # The silhouette of a customer alone in a cluster is 0 by definition.
    least = clusters[clusters["customers"] > 1].sort_values("fit").iloc[0]
    words = findings.structure(scores.silhouette)
    items = [
        ("Silhouette", formats.score(scores.silhouette), f"{words} structure"),
        ("Davies-Bouldin", formats.score(scores.davies_bouldin), "lower is better, 0 is best"),
        ("Calinski-Harabasz", formats.short(scores.calinski_harabasz), "higher is better"),
        ("Rows used", formats.share(rows.kept / rows.read), f"{formats.count(rows.rejected)} of {formats.count(rows.read)} kept out"),
    ]
    weakest = f"cluster {least['cluster']} ({least['persona']}), fit {formats.score(least['fit'])}"
    said = f"{verdict.separation(scores.silhouette)} Least separated is {weakest}."
    scaling = scope.record.settings["scaling"]
    how = "on a log scale" if scaling == "log" else "as they are"
    note = f"K-Means with k = {len(clusters)}, features {how}, scaled to equal spread."
    more = html.A("How far they can be trusted", href=links.quality_path(scope.name))
    return panel("How good the segments are", [html.P(said), tiles(items), html.P([note, " ", more], className="note")])
