"""The lookup's page in Gradio: one tab per dataset, each with an id, examples, the record and the map."""

import logging
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, get_args

import gradio as gr
import pandas as pd
from gradio.components.plot import PlotData
from plotly.io.json import to_json_plotly

from webapp import metrics
from webapp.figures import map as map_figure
from webapp.figures.base import Figure, arrange
from webapp.lookup import card
from webapp.lookup.answer import LONGEST_ID, Found, Nothing, examples, find
from webapp.snapshot import Snapshot
from webapp.store import Store
from webapp.theme import Theme
from webapp.views import customers
from webapp.views.scope import Scope

# The page's script keeps here which theme is shown; see `page`.
THEME_COOKIE = "lookup_theme"
# Points are drawn as SVG: more than this would be slow, and the customer would not be seen better.
MOST_POINTS = 3_000
# Between an id and its persona on a button; a wide space stands in neither.
_GAP = "\u2003"
_TOO_MANY = Nothing("Too many questions", "Those were many in a short time. Wait a minute, and look the customer up again.")
_EXAMPLES, _NEAREST = "Examples", "Ids that look most like it"
# Without the queue no session is kept: any process can answer any request. Nothing is offered as an API either.
_DIRECT: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "minimal"}
_log = logging.getLogger(__name__)


def blocks(
    store: Store, *, home: bool = True, gone: Mapping[str, str] | None = None, searched: Callable[[str], bool] = lambda text: True
) -> gr.Blocks:
    """The page for the run that is published now.

    Args:
        store: Asked anew for each customer.
        home: Whether the application is there to link to.
        gone: Name to title of datasets that earlier pages show and this run lacks: their tabs are hidden and still answer.
        searched: Told of what is looked up; says whether it may be.

    Raises:
        NoRunError: If nothing is published.
    """
    snapshot = store.snapshot()
    answer = partial(_answer, store, searched, home=home)
    page = gr.Blocks(title="Customer lookup · Clientele", analytics_enabled=False)
    with page, gr.Tabs(elem_classes="lk-tabs"):
        for name, record in snapshot.datasets.items():
            scope = Scope(snapshot, name)
            ids = examples(scope)
            for customer_id, _ in ids:
                _warm(snapshot, name, customer_id)
            with gr.Tab(record.title):
                _tab(name, ids, answer)
        for name, title in (gone or {}).items():
            with gr.Tab(title, visible=False):
                _tab(name, [], answer)
    return page


def _warm(snapshot: Snapshot, dataset: str, customer_id: str) -> None:
    """Answer once: what is worked out once of everybody or of a persona, the first to ask would wait for."""
    found = find(snapshot, dataset, customer_id)
    if isinstance(found, Found):
        for theme in get_args(Theme):
            place(found, theme)


def _tab(name: str, ids: list[tuple[str, str]], answer: Callable[[list[tuple[str, str]]], Callable[..., tuple[Any, ...]]]) -> None:
    # The browser says which dataset is meant: a page that was loaded before this run has other tabs in the same places.
    dataset = gr.Textbox(name, visible=False, label="Dataset")
    with gr.Row(elem_classes="lk-ask"):
        box = gr.Textbox(
            label="Customer id",
            placeholder=f"For example {ids[0][0]}" if ids else "",
            max_lines=1,
            max_length=LONGEST_ID,
            scale=4,
            min_width=200,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        button = gr.Button("Look up", variant="primary", scale=1, min_width=120)
    chips = gr.Dataset(
        label=_EXAMPLES,
        components=["textbox"],
        samples=[[customer_id] for customer_id, _ in ids],
        sample_labels=_labels(ids),
        layout="gallery",
        elem_classes="lk-chips",
    )
    with gr.Row(elem_classes="lk-answer"):
        said = gr.Markdown(latex_delimiters=[], elem_classes="lk-said")
        plot = gr.Plot(visible=False, show_label=False, elem_classes="lk-map", label="Map")
    show = answer(ids)

    def choose(dataset: str, request: gr.Request, chosen: gr.SelectData) -> tuple[Any, ...]:
        customer_id = str(chosen.value[0]).rpartition(_GAP)[0]
        return customer_id, *show(dataset, customer_id, request)

    gr.on([box.submit, button.click], _noted(show), [dataset, box], [said, plot, chips], **_DIRECT)
    chips.select(_noted(choose), dataset, [box, said, plot, chips], **_DIRECT)


def _noted(show: Callable[..., Any]) -> Callable[..., Any]:
    """The same; its faults go into the log like all others: Gradio would print them with all that they say."""

    @wraps(show)
    def noted(*given: Any) -> Any:
        try:
            return show(*given)
        except Exception:  # noqa: BLE001 # it goes on as an error of Gradio's
            metrics.FAULTS.inc()
            _log.exception("the lookup failed")
            raise gr.Error("The fault is ours and stands in the log.", title="Something went wrong", print_exception=False) from None

    return noted


def _answer(
    store: Store, searched: Callable[[str], bool], ids: list[tuple[str, str]], *, home: bool
) -> Callable[[str, str, gr.Request], tuple[Any, Any, Any]]:
    """What is shown for an id: the record, the map, and ids to choose from."""

    def show(dataset: str, text: str, request: gr.Request) -> tuple[Any, Any, Any]:
        found = find(store.snapshot(), dataset, text or "") if not text or searched(text) else _TOO_MANY
        if isinstance(found, Nothing):
            return card.nothing(found), gr.Plot(visible=False), _nearest(found)
        theme: Theme = "dark" if request.cookies.get(THEME_COOKIE) == "dark" else "light"
        scope = found.scope
        _, every = _scattered(scope)
        said = card.record(found, home=home, every=every)
        return said, _plot(place(found, theme)), _chips(_EXAMPLES, ids)

    return show


def _scattered(scope: Scope) -> tuple[pd.DataFrame, int]:
    return scope.snapshot.once(("scattered", scope.name), lambda: customers.scattered(scope, MOST_POINTS))


def _nearest(found: Nothing) -> Any:
    return _chips(_NEAREST, [(customer_id, "") for customer_id in found.ids]) if found.ids else gr.skip()


def _chips(label: str, ids: list[tuple[str, str]]) -> Any:
    return gr.update(
        label=label,
        samples=[[customer_id] for customer_id, _ in ids],
        sample_labels=_labels(ids),
    )


def _labels(ids: list[tuple[str, str]]) -> list[str]:
    """What is written on the buttons, and what a click on one sends."""
    return [f"{customer_id}{_GAP}{persona}" for customer_id, persona in ids]


def place(found: Found, theme: Theme) -> Figure:
    """The map of some customers with the one that was looked for marked."""
    scope, customer = found.scope, found.customer
    whole = scope.snapshot.once(
        ("lookup's map", scope.name, theme), lambda: map_figure.draw(_scattered(scope)[0], theme, personas=found.personas)
    )
    figure = map_figure.mark(whole, map_figure.Marked(customer["customer_id"], customer["x"], customer["y"]), theme)
    for trace in figure["data"]:
        # Gradio's Plotly draws with WebGL only where pages may make code out of text, which the policy forbids.
        trace["type"] = "scatter"
    arrange(figure, height=460, dragmode=False)
    return figure


def _plot(figure: Figure) -> Any:
    return gr.Plot(PlotData(type="plotly", plot=to_json_plotly(figure)), visible=True)


def seen(snapshot: Snapshot) -> dict[str, str]:
    """Name to title of the datasets that a page shows."""
    return {name: record.title for name, record in snapshot.datasets.items()}
