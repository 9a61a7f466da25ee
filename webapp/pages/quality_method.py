"""How the figures of quality are worked out, and whose methods they are."""

from collections.abc import Mapping

from dash import html

from pipeline import formats
from pipeline.schema import YEAR_DAYS
from webapp.views import value
from webapp.views.scope import Scope

_OF_ALL = (
    (
        "Silhouette (Rousseeuw 1987)",
        "Of a customer: the mean distance to the next cluster less that to the own, divided by the larger of the two; from -1 to 1. "
        "Above 0.7 is strong structure, above 0.5 reasonable, above 0.25 weak (Kaufman and Rousseeuw 1990).",
    ),
    (
        "Davies-Bouldin (1979) and Calinski-Harabasz (1974)",
        "The first is how wide two clusters are against the distance of their centres, of each with its worst neighbour, averaged: lower "
        "is better. The second is the spread between clusters over the spread within them: higher is better.",
    ),
    (
        "Inertia and gap (Tibshirani, Walther and Hastie 2001)",
        "Inertia is the sum of squared distances to the nearest centre. The gap is how much less its logarithm is than on customers "
        "spread evenly; it names the smallest k whose gap is no more than a standard error below that of the next.",
    ),
    (
        "Jaccard (Hennig 2007)",
        "A hundred times, customers are drawn with replacement, as many as there are, scaled and clustered again. Of a segment and its "
        "like there: customers in both over customers in either, averaged. Below 0.60 is unstable, below 0.75 doubtful, below 0.85 stable, "
        "from there on highly stable. One or two customers alone in a cluster are missing from many draws, which lowers its figure.",
    ),
    (
        "Adjusted Rand index (Hubert and Arabie 1985)",
        "How many of all pairs of customers are together in both clusterings or apart in both, less what chance would give: 1 is the same "
        "clustering, 0 is chance. Averaged over the same draws.",
    ),
)
_OF_BUYERS = (
    (
        "Back-test",
        "Customers are segmented by the orders before the cut-off alone, and compared with what they did in the days after it. Figures of "
        "a group are estimated on nine tenths of customers and judged on the last tenth, each in turn. Grid and deciles are the simple "
        "ways that a segmentation has to be better than.",
    ),
    (
        "Expected orders and spend (Fader, Hardie and Lee 2005; Fader and Hardie 2013)",
        "BG/NBD: while active, each customer orders at random at a rate of their own, and after every repeat order leaves for good with a "
        "probability of their own. Gamma-Gamma: orders of a customer vary around a mean of their own, whatever their number. Both are "
        "fitted to all customers (100,000 of them where there are more). Traps: they know of no seasons, and whoever ordered once is to "
        "them active for sure.",
    ),
)


def method(scope: Scope) -> html.Section:
    """A fold with formulas in words and sources."""
    parts = [*_OF_ALL, *((*_OF_BUYERS, *_parameters(scope)) if scope.sells else ())]
    described = html.Dl([html.Div([html.Dt(name), html.Dd(words)]) for name, words in parts])
    return html.Section(
        html.Details([html.Summary(html.H2("How this is measured")), described], className="method"),
        className="panel",
        **{"aria-label": "How this is measured"},
    )


def _parameters(scope: Scope) -> list[tuple[str, str]]:
    """The models that expect orders and spend, as they were fitted, and what their parameters come to; nothing where there are none."""
    measures = value.measures(scope)
    if "bg_nbd" not in measures:
        return []
    ordering, spending = dict(measures["bg_nbd"]), measures["gamma_gamma"]
    customers = formats.plural(ordering.pop("customers"), "customer")
    a_year, leaving = YEAR_DAYS * ordering["r"] / ordering["alpha"], ordering["a"] / (ordering["a"] + ordering["b"])
    words = (
        f"Fitted to {customers}, in days. BG/NBD: {_listed(ordering)}; while active they order {formats.short(a_year)} times a year on "
        f"average, and after a repeat order {formats.share(leaving)} leave. Gamma-Gamma: {_listed(spending)}"
    )
    # Without a mean the largest orders decide on every sum.
    mean = spending["p"] * spending["v"] / (spending["q"] - 1) if spending["q"] > 1 else None
    worth = f"; an order is worth {formats.money(mean, scope.currency)} on average." if mean else "."
    return [("The parameters of expected orders and spend", words + worth)]


def _listed(parameters: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {formats.short(value)}" for name, value in parameters.items())
