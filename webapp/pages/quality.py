"""How far the segments of a dataset can be trusted: a verdict in words first, the figures behind it below."""

from dataclasses import replace
from typing import Any

import pandas as pd
from dash import html

from pipeline import findings, formats, verdict
from pipeline.manifest import TrustRecord
from webapp.components import links, states
from webapp.components.card import panel, switch, tiles
from webapp.components.table import Column, table
from webapp.pages import quality_charts, quality_compared, quality_value
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
    names = ask.names
    name = ask.choice("dataset", names)
    scope = Scope(ask.snapshot, name)
    options = [(ask.snapshot.datasets[other].title, ask.href(dataset=other, score=None, days=None), other == name) for other in names]
    choose = html.Div(switch("Dataset", options), className="card-head")
    trusted = scope.record.trust
    if trusted is None:
        return [choose, _quick(scope), quality_charts.silhouettes(ask, scope), method(scope)]
    return [
        choose,
        *_verdict(scope, trusted),
        *_missing(trusted.missing),
        *_asked(scope, trusted),
        html.Div([quality_charts.choice_of_k(ask, scope, trusted), quality_compared.scalings(scope, trusted)], className="two"),
        html.Div([quality_charts.silhouettes(ask, scope), quality_charts.stability(ask, scope)], className="two"),
        *quality_compared.foretold(ask, scope, trusted),
        *quality_value.foretold_value(ask, scope, trusted),
        method(scope),
    ]


def _verdict(scope: Scope, trusted: TrustRecord) -> list[Any]:
    """Sentences and tiles, and beside them which segments are not to be relied on."""
    silhouette, found, areas = scope.record.scores.silhouette, trust.stability(scope), trust.areas(scope)
    _, grade = trust.adjusted_rand(scope)
    sentences = [verdict.separation(silhouette), verdict.stability(grade, found)]
    if areas:
        sentences.append(verdict.foretelling(*areas, days=trust.horizons(scope)[0]))
    heading = verdict.heading(silhouette, grade, found)
    said = panel(heading, [html.P(" ".join(sentences), className="lead"), tiles(_tiles(scope, trusted, found))])
    weak = verdict.unreliable(found)
    return [said] if weak.empty else [html.Div([said, _weak(scope, weak)], className="two")]


def _tiles(scope: Scope, trusted: TrustRecord, found: pd.DataFrame) -> list[tuple[str, str, str]]:
    silhouette, (rand, grade), areas = scope.record.scores.silhouette, trust.adjusted_rand(scope), trust.areas(scope)
    clusters = found[found["level"] == "cluster"]
    surely = len(clusters) - len(verdict.unreliable(clusters))
    k, recommended = trust.k_in_use(scope), trusted.recommended_k
    items = [
        ("Silhouette", formats.score(silhouette), f"{findings.structure(silhouette)} structure"),
        ("Adjusted Rand index", formats.score(rand), f"{grade}; 1 is always the same"),
        ("Clusters found again", f"{surely} of {len(clusters)}", "stable or better"),
    ]
    if areas:
        own, baseline, other = areas
        words = f"{trust.horizons(scope)[0]} days ahead; {verdict.SEGMENTATIONS[baseline].lower()} {formats.score(other)}"
        items.append(("Foretells who returns (AUC)", formats.score(own), words))
    items.append(("Clusters in use", formats.count(k), "no other is recommended" if k == recommended else f"recommended: {recommended}"))
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


def _asked(scope: Scope, trusted: TrustRecord) -> list[html.P]:
    """On how many customers all of this was measured, unless it was on everyone."""
    if trusted.sample is None:
        return []
    asked, everyone = formats.count(trusted.sample), formats.count(scope.record.customers)
    return [html.P(f"Measured on {asked} of {everyone} customers, drawn at random.", className="note")]


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
