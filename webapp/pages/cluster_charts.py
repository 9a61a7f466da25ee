"""What both kinds of datasets show of their clusters and personas: profiles, and what to do."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import Chart, card, panel
from webapp.components.downloads import files
from webapp.components.table import Column, table
from webapp.figures import heat
from webapp.pages.ask import Ask
from webapp.views import segments
from webapp.views.scope import Scope


def profile(ask: Ask, scope: Scope) -> html.Div:
    """Heat map of clusters by feature, and the table of clusters."""
    frame, everyone = segments.clusters(scope), segments.average(scope.all())
    away = {
        (row["cluster"], name): (row[name] - mean) / spread
        for row in frame.to_dict("records")
        for name, (mean, spread) in everyone.items()
        if spread
    }
    (cluster, feature), distance = max(away.items(), key=lambda item: abs(item[1]))
    finding = (
        f"Cluster {cluster} stands out most: {formats.words(feature).lower()} {abs(distance):.1f} standard deviations "
        f"{'above' if distance > 0 else 'below'} the average"
    )
    names = list(everyone)
    rows = [
        [f"Cluster {row['cluster']}", row["persona"], *(f"{away.get((row['cluster'], name), 0):+.1f}" for name in names)]
        for row in frame.to_dict("records")
    ]
    note = "Each number: standard deviations above (+) or below (-) the average of all customers."
    figure = heat.draw(frame, ask.theme, average=everyone)
    chart = Chart(finding, figure, ("Cluster", "Persona", *(formats.words(name) for name in names)), rows, note)
    return html.Div([card("lens", chart, height=max(280, 60 + 34 * len(frame))), _table(scope, frame)], className="stack")


def _table(scope: Scope, frame: Any) -> html.Section:
    names = list(scope.units)
    personas = segments.persona_names(scope)
    columns = [Column("Cluster"), Column("Persona"), Column("Customers", numeric=True), Column("Share", numeric=True)]
    columns += [Column(f"{formats.words(name)}, mean", numeric=True) for name in names] + [Column("Fit", numeric=True)]
    if scope.sells:
        columns += [Column("Revenue", numeric=True), Column("Share of revenue", numeric=True)]
    rows = []
    for row in frame.to_dict("records"):
        cells: list[Any] = [links.cluster(scope.name, row["cluster"]), links.persona(scope.name, row["persona"], personas)]
        cells += [formats.count(row["customers"]), formats.share(row["share"])]
        cells += [formats.measure(row[name], scope.units[name], scope.currency) for name in names] + [formats.score(row["fit"])]
        if scope.sells:
            cells += [formats.money(row["revenue"], scope.currency), formats.share(row["revenue_share"])]
        rows.append(cells)
    tools = files(scope.name, "clusters", scope.filters.to_query(), what="the clusters")
    return panel(f"{formats.plural(len(frame), 'cluster')} in this view", table(columns, rows, caption="Clusters"), tools=tools)


def advice(ask: Ask, scope: Scope) -> html.Section:
    """What to do with each persona of this view."""
    personas = segments.persona_names(scope)
    cards = [
        html.Article(
            [
                html.H3(links.persona(scope.name, row["persona"], personas).link()),
                html.P(f"{formats.plural(row['customers'], 'customer')}, {formats.share(row['share'])}", className="remark"),
                html.H4("Actions"),
                html.Ul([html.Li(text) for text in row["actions"]]),
                html.H4("Use cases"),
                html.Ul([html.Li(text) for text in row["use_cases"]]),
            ],
            className="advice",
        )
        for row in segments.personas(scope).to_dict("records")
    ]
    tools = files(scope.name, "personas", scope.filters.to_query(), what="the personas")
    return panel("What to do with each persona", html.Div(cards, className="grid"), tools=tools)
