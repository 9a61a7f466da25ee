"""How far the segments of a dataset can be trusted: a verdict in words first, the figures behind it below."""

from dataclasses import replace
from typing import Any

import pandas as pd
from dash import html

from webapp import findings, formats, verdict
from webapp.components import links, states
from webapp.components.card import panel, switch, tiles
from webapp.components.table import Column, table
from webapp.pages import quality_charts, quality_compared
from webapp.pages.ask import Ask
from webapp.pages.quality_method import method
from webapp.views import segments, trust
from webapp.views.scope import Scope


def matches(ask: Ask) -> bool:
    """Whether the address is that of quality."""
    return ask.parts == ("quality",)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Quality"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Quality"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Everything but the heading, of one dataset."""
    names = sorted(ask.snapshot.datasets, key=lambda name: ask.snapshot.datasets[name].kind != "transactions")
    name = ask.choice("dataset", names)
    scope = Scope(ask.snapshot, name)
    options = [(ask.snapshot.datasets[other].title, ask.href(dataset=other, score=None, days=None), other == name) for other in names]
    choose = html.Div(switch("Dataset", options), className="status")
    if scope.record.trust is None:
        return [choose, _quick(scope), quality_charts.silhouettes(ask, scope), method(scope)]
    return [
        choose,
        *_verdict(scope),
        *_missing(scope.record.trust.missing),
        html.Div([quality_charts.choice_of_k(ask, scope), quality_compared.scalings(scope)], className="two"),
        html.Div([quality_charts.silhouettes(ask, scope), quality_charts.stability(ask, scope)], className="two"),
        *quality_compared.foretold(ask, scope),
        method(scope),
    ]


def _verdict(scope: Scope) -> list[Any]:
    """Sentences and tiles, and beside them which segments are not to be relied on."""
    scores, found, whole, areas = scope.record.scores, trust.stability(scope), trust.adjusted_rand(scope), trust.areas(scope)
    sentences = [verdict.separation(scores.silhouette)]
    heading = f"{findings.structure(scores.silhouette).capitalize()} structure"
    if whole:
        heading = verdict.heading(scores.silhouette, whole[1], found)
        sentences.append(verdict.stability(whole[1], found))
    if areas:
        sentences.append(verdict.foretelling(*areas, days=trust.horizons(scope)[0]))
    said = panel(heading, [html.P(" ".join(sentences), className="lead"), tiles(_tiles(scope))])
    weak = verdict.unreliable(found)
    return [said] if weak.empty else [html.Div([said, _weak(scope, weak)], className="two")]


def _tiles(scope: Scope) -> list[tuple[str, str, str]]:
    record, whole, areas = scope.record, trust.adjusted_rand(scope), trust.areas(scope)
    silhouette = record.scores.silhouette
    items = [("Silhouette", formats.score(silhouette), f"{findings.structure(silhouette)} structure")]
    if whole:
        clusters = trust.stability(scope).query("level == 'cluster'")
        surely = len(clusters) - len(verdict.unreliable(clusters))
        items.append(("Adjusted Rand index", formats.score(whole[0]), f"{whole[1]}; 1 is always the same"))
        items.append(("Clusters found again", f"{surely} of {len(clusters)}", "stable or better"))
    if areas:
        own, baseline, other = areas
        words = f"{trust.horizons(scope)[0]} days ahead; {verdict.SEGMENTATIONS[baseline].lower()} {formats.score(other)}"
        items.append(("Foretells who returns (AUC)", formats.score(own), words))
    if record.trust:
        k, recommended = trust.k_in_use(scope), record.trust.recommended_k
        items.append(
            ("Clusters in use", formats.count(k), "no other is recommended" if k == recommended else f"recommended: {recommended}")
        )
    return items


def _weak(scope: Scope, weak: pd.DataFrame) -> html.Section:
    """The personas and clusters not to be relied on, with what they come to."""
    names = segments.persona_names(scope)
    rows = [
        [_segment(scope, row.level, row.name, row.persona, names), formats.count(row.customers), formats.score(row.value), row.grade]
        for row in weak.itertuples(index=False)
    ]
    columns: list[Column | str] = ["Segment", Column("Customers", numeric=True), Column("Found again", numeric=True), "Grade"]
    words = (
        "Doubtful: there is something, but who exactly belongs to it depends on chance. Unstable: with other customers it would not be "
        "there. Do not base a decision about a single customer on these."
    )
    heading = "Not to be relied on by themselves"
    return panel(heading, [table(columns, rows, caption=heading), html.P(words, className="note")])


def _segment(scope: Scope, level: str, name: str, persona: str, names: list[str]) -> links.Named:
    if level == "persona":
        return links.persona(scope.name, persona, names)
    return replace(links.cluster(scope.name, int(name)), text=f"Cluster {name} of {persona}")


def _missing(sentences: list[str]) -> list[html.Section]:
    return [panel("What is missing", html.Ul([html.Li(text) for text in sentences]))] if sentences else []


def _quick(scope: Scope) -> html.Section:
    """What a quick build left out, and how to get it."""
    silhouette = scope.record.scores.silhouette
    state = states.message(
        "patch-check",
        "How far these segments can be trusted is not known yet",
        "This run was built with --quick, which leaves out the choice of k, stability, the comparison of scalings and the back-test. "
        "A full build adds them:",
        [html.Code("python -m pipeline build")],
        level=2,
    )
    words = f"{verdict.separation(silhouette)} The silhouette is {formats.score(silhouette)}."
    return html.Section([state, html.P(words, className="note")], className="panel", **{"aria-label": "What is missing"})
