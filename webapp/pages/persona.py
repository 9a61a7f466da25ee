"""One persona in full, alone or beside another."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.schema import VALUE_DAYS
from webapp import reasons
from webapp.components import grade, links
from webapp.components.card import Chart, card, panel, switch, tiles
from webapp.components.downloads import files
from webapp.components.table import Column, table
from webapp.components.trail import trail
from webapp.figures import bars, radar
from webapp.filters import Filters
from webapp.pages import win_back
from webapp.pages.ask import Ask
from webapp.pages.customer_table import column, rows_of
from webapp.theme import persona_colours
from webapp.views import customers, segments, value, why
from webapp.views.scope import Scope

# What is supposed, by the name that it has in the address.
SUPPOSED = win_back.NAME
_ADVICE = (("What to do", "actions"), ("Where to use it", "use_cases"), ("What to avoid", "avoid"))


def matches(ask: Ask) -> bool:
    """Whether the address is a persona's of the run."""
    if len(ask.parts) != 3 or ask.parts[0] != "personas" or ask.parts[1] not in ask.snapshot.datasets:
        return False
    return ask.parts[2] in segments.persona_names(Scope(ask.snapshot, ask.parts[1]))


def title(ask: Ask) -> str:
    """The page's title."""
    return ask.parts[2]


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view` and `#supposed`."""
    record = ask.snapshot.datasets[ask.parts[1]]
    above = trail([("Personas", links.personas_path(ask.parts[1])), (record.title, links.dataset_path(ask.parts[1]))])
    mark = grade.mark(ask.parts[1], segments.grades(Scope(ask.snapshot, ask.parts[1])).get(ask.parts[2]))
    heading = html.Div([html.H1(title(ask)), mark], className="named")
    return [above, heading, html.Div(view(ask), id="view"), *win_back.what_if(ask, Scope(ask.snapshot, ask.parts[1]), ask.parts[2])]


def supposed(ask: Ask) -> list[Any]:
    """What it would bring to win some of them back; nothing of customers without orders."""
    scope = Scope(ask.snapshot, ask.parts[1])
    return win_back.answer(ask, scope, ask.parts[2]) if scope.sells else []


def view(ask: Ask) -> list[Any]:
    """The persona, and the one it is compared with."""
    scope = Scope(ask.snapshot, ask.parts[1])
    frame = segments.personas(scope).set_index("persona", drop=False)
    own = frame.loc[ask.parts[2]].to_dict()
    others = [name for name in frame.index if name != own["persona"]]
    other = ask.params.get("with", "")
    beside = frame.loc[other].to_dict() if other in others else None
    choices = [("nobody", ask.href(**{"with": None}), beside is None)]
    choices += [(name, ask.href(**{"with": name}), name == other) for name in others]
    compared = [own, *([beside] if beside else [])]
    return [
        html.P(own["summary"], className="lead"),
        _figures(scope, own),
        html.P([html.Strong("Why this name: "), own["reason"]], className="reason"),
        html.Div([html.Span("Compare with", className="label"), switch("Compare with", choices, kept=SUPPOSED)], className="compare"),
        html.Div([_index(ask, scope, compared), _radar(ask, scope, compared)], className="two"),
        *([_words_beside(scope, compared)] if beside else [*_described(scope, own["persona"]), _words(own)]),
        html.Div([_clusters(scope, own), _typical(scope, own)], className="two wide-right"),
    ]


def _expected(scope: Scope, persona: str) -> list[tuple[str, str, str]]:
    """What is expected of the persona, in how many orders, and what is at risk; nothing where it is not foretold."""
    rows = [row for row in value.by_persona(scope).to_dict("records") if row["persona"] == persona]
    return [
        (
            f"Expected, {max(VALUE_DAYS)} days",
            formats.money(row["spend"], scope.currency),
            f"in {formats.plural(row['orders'], 'order')}; {formats.money(row['at_risk'], scope.currency)} more is at risk",
        )
        for row in rows
    ]


def _figures(scope: Scope, row: dict[str, Any]) -> html.Div:
    items = [("Customers", formats.count(row["customers"]), ""), ("Share of customers", formats.share(row["share"]), "")]
    if scope.sells:
        of_all = "" if formats.is_nothing(row["revenue_share"]) else formats.share(row["revenue_share"]) + " of all"
        items.append(("Revenue", formats.money(row["revenue"], scope.currency), of_all))
        items.append(("Orders", formats.count(row["orders"]), formats.share(row["orders_share"]) + " of all"))
    items += [*_expected(scope, row["persona"]), ("Fit", formats.score(row["fit"]), "mean silhouette, 1 is best")]
    audience = Filters(personas=(row["persona"],)).to_query()
    offered = html.Div(
        [
            html.Span("The audience as a file", className="label"),
            files(scope.name, "customers", audience, what=f"all {row['persona']}"),
            html.A("Hold out a control group", href=links.campaigns_path(scope.name, audience), className="button quiet"),
        ],
        className="audience for-analysts",
    )
    return html.Div([tiles(items), offered], className="panel figures")


def _index(ask: Ask, scope: Scope, compared: list[dict[str, Any]]) -> html.Section:
    """Means as an index against the average of all customers, which is 100."""
    names = [row["persona"] for row in compared]
    means = segments.persona_means(scope).set_index("persona")
    everyone = {name: mean for name, (mean, _) in segments.average(scope).items() if mean and name not in scope.fields.categories}
    colours = persona_colours(segments.persona_names(scope))

    def said(feature: str, value: float) -> str:
        return formats.measure(value, scope.units[feature], scope.currency)

    index = {name: [100 * means.loc[name, feature] / mean for feature, mean in everyone.items()] for name in names}
    series = {name: (index[name], [said(feature, means.loc[name, feature]) for feature in everyone]) for name in names}
    figure = bars.groups(
        [formats.words(feature) for feature in everyone],
        series,
        ask.theme,
        colours=[colours[name] for name in names],
        percent=False,
        line=100,
        measure="average of all customers = 100",
    )
    _, far = max(zip(index[names[0]], everyone, strict=True), key=lambda item: abs(item[0] - 100))
    finding = f"{formats.words(far)} is {said(far, means.loc[names[0], far])} on average; all customers: {said(far, everyone[far])}"
    rows = []
    for at, (feature, mean) in enumerate(everyone.items()):
        own = [part for name in names for part in (said(feature, means.loc[name, feature]), formats.count(index[name][at]))]
        rows.append([formats.words(feature), *own, said(feature, mean)])
    heads = ("Feature", *(head for name in names for head in (f"{name}, mean", "Index")), "All customers, mean")
    return card("index", Chart(finding, figure, heads, rows), height=300)


def _radar(ask: Ask, scope: Scope, compared: list[dict[str, Any]]) -> html.Section:
    """Where the persona's average stands among all customers, feature by feature."""
    names = [row["persona"] for row in compared]
    features = [name for name in scope.units if name not in scope.fields.categories]
    colours = persona_colours(segments.persona_names(scope))
    standings = {name: segments.standings(scope, name, features) for name in names}
    words = [formats.words(feature) for feature in features]
    top = max(standings[names[0]], key=lambda feature: abs(standings[names[0]][feature] - 0.5))
    finding = f"{formats.words(top)} of the typical one is above {formats.share(standings[names[0]][top])} of customers"
    figure = radar.draw(words, {name: ([standings[name][feature] for feature in features], colours[name]) for name in names}, ask.theme)
    rows = [[formats.words(feature), *(formats.share(standings[name][feature]) for name in names)] for feature in features]
    return card("radar", Chart(finding, figure, ("Typical customer is above", *names), rows), height=300)


def _words(row: dict[str, Any]) -> html.Div:
    return html.Div([panel(heading, _list(row[key])) for heading, key in _ADVICE], className="three")


def _described(scope: Scope, persona: str) -> list[html.Section]:
    """The rules that describe a persona, and how well; nothing in a run that was built quickly."""
    found = why.fidelity(scope, persona)
    if found is None:
        return []
    rules = _rules(scope, persona)
    listed = [html.Ul([html.Li(rule) for rule in rules], className="rules")] if rules else []
    return [panel("What describes them", [*listed, html.P(reasons.fidelity(found))])]


def _rules(scope: Scope, persona: str) -> list[str]:
    return [reasons.rule(bounds, scope.record) for bounds in why.rules(scope, persona)]


def _words_beside(scope: Scope, compared: list[dict[str, Any]]) -> html.Section:
    rows = [["Summary", *(row["summary"] for row in compared)]]
    if scope.record.trust:
        rows.append(["What describes them", *(_rules(scope, row["persona"]) or reasons.NO_RULE for row in compared)])
    rows += [[heading, *(list(row[key]) for row in compared)] for heading, key in _ADVICE]
    heads = ("What", *(row["persona"] for row in compared))
    return panel("What to do with each", table(heads, rows, caption="Two personas side by side"))


def _list(texts: Any) -> html.Ul:
    return html.Ul([html.Li(text) for text in texts])


def _clusters(scope: Scope, row: dict[str, Any]) -> html.Section:
    frame = segments.clusters(scope)
    own = frame[frame["persona"] == row["persona"]]
    rows = [
        [
            links.cluster(scope.name, item["cluster"]),
            formats.count(item["customers"]),
            formats.share(item["share"]),
            formats.score(item["fit"]),
        ]
        for item in own.to_dict("records")
    ]
    return panel(
        f"Made of {formats.plural(len(own), 'cluster')}",
        table((Column("Cluster"), *(Column(word, numeric=True) for word in ("Customers", "Share", "Fit"))), rows, caption="Its clusters"),
    )


def _typical(scope: Scope, row: dict[str, Any]) -> html.Section:
    names = [name for name in customers.columns(scope) if name not in {"persona", "items", "first_order"}]
    frame = customers.typical(scope, row["persona"])
    heads = [column(scope, name) for name in names]
    content = table(heads, rows_of(scope, frame, names), caption="Typical customers")
    return panel("Typical customers, nearest to the centres", content)
