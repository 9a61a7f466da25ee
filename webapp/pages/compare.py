"""Any two published runs of a dataset side by side: what changed, and who moved."""

from dataclasses import dataclass
from typing import Any

from dash import html

from pipeline.errors import ArtifactError
from pipeline.labels import Labels
from pipeline.manifest import Manifest
from webapp.components.card import panel, switch
from webapp.pages.ask import Ask
from webapp.pages.compared_moves import flows, totals
from webapp.pages.compared_tables import personas, scores, settings, sources
from webapp.pages.runs import called, labels_of, show_form
from webapp.views.comparison import Pair


@dataclass(frozen=True)
class Chosen:
    """What is compared: the dataset, and two runs that hold it."""

    dataset: str
    before: Manifest
    after: Manifest


def matches(ask: Ask) -> bool:
    """Whether the address is that of the comparison."""
    return ask.parts == ("data", "compare")


def title(ask: Ask) -> str:
    """The page's title."""
    return "Compare runs"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Compare runs"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """A choice of dataset and runs, and what differs between them."""
    names = list(ask.snapshot.datasets)
    name = ask.choice("dataset", names)
    options = [(ask.snapshot.datasets[other].title, ask.href(dataset=other), other == name) for other in names]
    manifests = [manifest for manifest in ask.store.manifests() if name in manifest.datasets]
    said, _ = labels_of(ask)
    if len(manifests) < 2:
        words = f"There is one run with {ask.snapshot.datasets[name].title}: the next one can be compared with it."
        return [html.Div(switch("Dataset", options), className="lenses"), panel("Nothing to compare yet", html.P(words))]
    chosen = _chosen(ask, name, manifests)
    return [
        html.Div(switch("Dataset", options), className="lenses"),
        _form(ask, chosen, manifests, said),
        *_compared(ask, chosen, said),
    ]


def _chosen(ask: Ask, name: str, manifests: list[Manifest]) -> Chosen:
    """The runs of the address; without it the one that is shown, and the one before it or else the newest other."""
    by_id = {manifest.run_id: manifest for manifest in manifests}
    shown = ask.snapshot.run.manifest
    after = by_id.get(ask.params.get("after", "")) or by_id.get(shown.run_id) or manifests[0]
    others = [manifest for manifest in manifests if manifest is not after]
    before = by_id.get(ask.params.get("before", "")) or by_id.get(after.previous or "") or others[0]
    return Chosen(name, before, after)


def _form(ask: Ask, chosen: Chosen, manifests: list[Manifest], said: Labels) -> html.Div:
    def choice(word: str, name: str, own: Manifest) -> html.Label:
        options = []
        for manifest in manifests:
            text = _option(manifest, ask.snapshot.run_id, said)
            options.append(html.Option(text, value=manifest.run_id, selected=manifest is own))
        return html.Label([html.Span(word), html.Select(options, name=name)])

    compare = html.Button("Compare", type="submit", name="dataset", value=chosen.dataset, className="button")
    form = html.Form(
        [choice("From", "before", chosen.before), choice("to", "after", chosen.after), compare],
        action=ask.path,
        method="GET",
    )
    swap = html.A("Swap", href=ask.href(before=chosen.after.run_id, after=chosen.before.run_id), className="button quiet")
    shown = ask.snapshot.run_id
    ends = (("Show the run before", chosen.before), ("Show the run after", chosen.after))
    back = [show_form(run, words) for words, run in ends if run.run_id != shown] if ask.role == "analyst" else []
    return html.Div([form, swap, *back], className="compare compare-runs")


def _option(manifest: Manifest, shown: str, said: Labels) -> str:
    state = "shown" if manifest.run_id == shown else "held back" if manifest.held_back else ""
    return called(manifest, said) + (f" ({state})" if state else "")


def _compared(ask: Ask, chosen: Chosen, said: Labels) -> list[Any]:
    if chosen.before is chosen.after:
        return [panel("Nothing differs", html.P("Both are the same run. Choose another for one of them."))]
    try:
        runs = [ask.store.open(manifest.run_id) for manifest in (chosen.before, chosen.after)]
        pair = Pair(ask.snapshot, chosen.dataset, *runs)
        pair.check()
    except ArtifactError as error:
        return [panel("These runs cannot be compared", html.P(str(error), className="trouble"))]
    return [
        totals(pair, before=called(chosen.before, said), after=called(chosen.after, said)),
        flows(ask, pair),
        personas(ask, pair),
        html.Div([scores(pair), sources(pair)], className="two"),
        settings(pair),
    ]
