"""The charts of quality: choice of k, silhouettes, stability."""

import pandas as pd
from dash import html

from pipeline import formats
from pipeline.manifest import TrustRecord
from pipeline.schema import GRADES
from webapp.components.card import Chart, card, switch
from webapp.components.table import Column
from webapp.figures import scores_by_k
from webapp.figures import silhouettes as silhouettes_figure
from webapp.figures import stability as stability_figure
from webapp.pages.ask import Ask
from webapp.theme import persona_colours, shades
from webapp.views import segments, trust
from webapp.views.scope import Scope

_NAMES = {
    "silhouette": "Silhouette",
    "davies_bouldin": "Davies-Bouldin",
    "calinski_harabasz": "Calinski-Harabasz",
    "inertia": "Inertia",
    "gap": "Gap",
}
_HEADINGS = {**_NAMES, "gap_error": "Gap, standard error"}
# The widest gap is not the one that counts: see how it is measured.
_BEST = {"davies_bouldin": "best (lowest)", "gap": "widest"}


def choice_of_k(ask: Ask, scope: Scope, trusted: TrustRecord) -> html.Section:
    """Every score by k; the address says which is drawn."""
    frame, k = trust.scores(scope), trust.k_in_use(scope)
    options = [name for name in _NAMES if name in frame]
    score = ask.choice("score", options)
    marks = {k: f"in use: {k}"}
    if trusted.recommended_k != k:
        marks[trusted.recommended_k] = f"recommended: {trusted.recommended_k}"
    figure = scores_by_k.draw(frame, ask.theme, score=score, measure=_NAMES[score], marks=marks)
    columns: list[Column | str] = ["k", *(Column(_HEADINGS[name], numeric=True) for name in frame)]
    rows = [[str(at), *(_written(name, value) for name, value in row.items())] for at, row in frame.iterrows()]
    tools = switch("Score", [(_NAMES[name], ask.href(score=name), name == score) for name in options])
    chart = Chart(_finding_of_k(frame, score, k), figure, columns, rows, trusted.k_reason)
    return card("scores-by-k", chart, height=420, tools=tools)


def silhouettes(ask: Ask, scope: Scope) -> html.Section:
    """Of every cluster its customers, sorted by fit."""
    frame, counted = trust.silhouettes(scope), trust.misplaced(scope)
    everyone, nearer = int(counted["customers"].sum()), int(counted["nearer"].sum())
    if nearer:
        most = counted.loc[counted["nearer"].idxmax()]
        finding = (
            f"{formats.plural(nearer, 'customer is', 'customers are')} nearer to another cluster ({formats.share(nearer / everyone)}), "
            f"most of them in cluster {most['cluster']}: {formats.count(most['nearer'])} of {formats.count(most['customers'])}"
        )
    else:
        finding = "No customer is nearer to another cluster than to the own"
    personas = segments.cluster_personas(scope)
    clusters = segments.clusters(scope)
    figure = silhouettes_figure.draw(
        frame,
        ask.theme,
        sizes=dict(zip(counted["cluster"], counted["customers"], strict=True)),
        labels={number: f"{number} · {persona}" for number, persona in personas.items()},
        colours=_cluster_colours(scope),
        mean=scope.record.scores.silhouette,
    )
    rows = [
        [f"Cluster {row.cluster}", row.persona, formats.count(row.customers), formats.score(row.fit), formats.count(nearer_of)]
        for row, nearer_of in zip(clusters.itertuples(), counted["nearer"], strict=True)
    ]
    columns: list[Column | str] = [
        "Cluster",
        "Persona",
        *(Column(name, numeric=True) for name in ("Customers", "Mean fit", "Nearer to another")),
    ]
    note = (
        "Each band is a cluster, as thick as it has customers (very small ones are drawn thicker), the best fit on top. Left of 0 a "
        "customer is nearer to another cluster; a customer alone in a cluster has 0."
    )
    return card("silhouettes", Chart(finding, figure, columns, rows, note), height=520)


def stability(ask: Ask, scope: Scope) -> html.Section:
    """Every persona followed by its clusters."""
    frame = trust.stability(scope)
    personas = persona_colours(segments.persona_names(scope))
    clusters = _cluster_colours(scope)
    labels = [row.name if row.level == "persona" else f"cluster {row.name}" for row in frame.itertuples(index=False)]
    colours = [personas[row.persona] if row.level == "persona" else clusters[int(row.name)] for row in frame.itertuples(index=False)]
    bounds = {grade: least for grade, least in GRADES.items() if least > 0}
    figure = stability_figure.draw(frame, ask.theme, labels=labels, colours=colours, bounds=bounds)
    rows = [
        [label[:1].upper() + label[1:], row.persona, formats.count(row.customers), formats.score(row.value), row.grade]
        for label, row in zip(labels, frame.itertuples(index=False), strict=True)
    ]
    columns: list[Column | str] = ["Segment", "Persona", Column("Customers", numeric=True), Column("Mean Jaccard", numeric=True), "Grade"]
    least = frame[frame["level"] == "persona"].nsmallest(1, "value").iloc[0]
    finding = f"Of the personas, {least['name']} are found again least surely: {formats.score(least['value'])}, {least['grade']}"
    note = (
        "Customers are drawn anew a hundred times and clustered again. The figure is the share of customers that a segment and its like "
        "in the new clustering have in common: 1 means that it always comes back as it was."
    )
    return card("stability", Chart(finding, figure, columns, rows, note), height=112 + 26 * len(frame))


def _cluster_colours(scope: Scope) -> dict[int, str]:
    """Cluster to its shade of the persona's colour."""
    personas, found = persona_colours(segments.persona_names(scope)), dict[int, str]()
    by_cluster = segments.cluster_personas(scope)
    for persona, colour in personas.items():
        own = [number for number, name in by_cluster.items() if name == persona]
        found |= dict(zip(own, shades(colour, len(own)), strict=True))
    return found


def _finding_of_k(frame: pd.DataFrame, score: str, k: int) -> str:
    """What a score says of the k in use."""
    values = frame[score].dropna()
    name = _NAMES[score]
    here = f"; at the k in use, {k}, it is {_written(score, values[k])}" if k in values.index else f"; the k in use, {k}, was not tried"
    if score == "inertia":
        if k not in values.index or k - 1 not in values.index:
            return "Inertia falls with every further cluster"
        return f"From {k - 1} to {k} clusters inertia falls by {formats.share(1 - values[k] / values[k - 1])}"
    best = values.idxmin() if score == "davies_bouldin" else values.idxmax()
    place = f"{name} is {_BEST.get(score, 'best (highest)')} at k = {best}"
    return f"{place}, the k in use: {_written(score, values[k])}" if best == k else f"{place}: {_written(score, values[best])}{here}"


def _written(score: str, value: float) -> str:
    return formats.short(value) if score in ("inertia", "calinski_harabasz") else formats.score(value)
