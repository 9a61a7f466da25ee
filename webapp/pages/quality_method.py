"""How the figures of quality are worked out, and whose methods they are."""

from dash import html

from webapp.views.scope import Scope

_OF_ALL = (
    (
        "Silhouette (Rousseeuw 1987)",
        "Of a customer: the mean distance to the next cluster less the mean distance to the own, divided by the larger of the two; from -1 to 1. "
        "Above 0.7 is strong structure, above 0.5 reasonable, above 0.25 weak (Kaufman and Rousseeuw 1990).",
    ),
    (
        "Davies-Bouldin (1979) and Calinski-Harabasz (1974)",
        "The first is how wide clusters are against the distance of their centres, for each the worst neighbour, averaged: lower is better. The "
        "second is the spread between clusters over the spread within them: higher is better.",
    ),
    (
        "Inertia and gap (Tibshirani, Walther and Hastie 2001)",
        "Inertia is the sum of squared distances to the nearest centre. The gap is how much less its logarithm is than on customers spread "
        "evenly; it names the smallest k whose gap is no more than a standard error below that of the next.",
    ),
    (
        "Jaccard (Hennig 2007)",
        "A hundred times as many customers as there are are drawn with replacement, scaled and clustered again. Of a segment and its like there: "
        "customers in both over customers in either, averaged. Below 0.60 is unstable, below 0.75 doubtful, below 0.85 stable, above "
        "highly stable. A cluster of one or two customers is missing from many draws, and its figure is lower for that alone.",
    ),
    (
        "Adjusted Rand index (Hubert and Arabie 1985)",
        "Of all pairs of customers, how many are together or apart in both clusterings, less what chance would give; 1 is the same, 0 is chance.",
    ),
)
_OF_BUYERS = (
    (
        "Back-test",
        "Customers are segmented by the orders before the cut-off alone, and compared with what they did in the days after it. Figures of a group "
        "are estimated in nine tenths of customers and judged on the last tenth, each in turn. Grid and deciles are the simple ways that "
        "a segmentation has to be better than.",
    ),
)


def method(scope: Scope) -> html.Section:
    """A fold with formulas in words and sources."""
    parts = [*_OF_ALL, *(_OF_BUYERS if scope.sells else ())]
    described = html.Dl([html.Div([html.Dt(name), html.Dd(words)]) for name, words in parts])
    return html.Section(
        html.Details([html.Summary(html.H2("How this is measured")), described], className="method"),
        className="panel",
        **{"aria-label": "How this is measured"},
    )
