"""All published runs, and what can be done with them: named, pinned, compared, shown in the place of another."""

from typing import Any

from dash import dcc, html

from pipeline import formats, labels
from pipeline.errors import ArtifactError
from pipeline.labels import LONGEST, Labels
from pipeline.manifest import Manifest
from webapp.components import links
from webapp.components.card import panel
from webapp.components.table import Column, table
from webapp.pages.ask import Ask

# Of those that are neither pinned nor shown; more are dealt with on the command line.
_MOST_OTHERS = 5


def runs(ask: Ask, dataset: str) -> html.Section:
    """The list, pinned ones first, the one that is shown marked; `dataset` is what a comparison begins with."""
    said, problem = labels_of(ask)
    found = ask.store.manifests()
    manifests = [*(run for run in found if _label(said, run).pinned), *(run for run in found if not _label(said, run).pinned)]
    shown = ask.snapshot.run.manifest
    memory = formats.size(shown.peak_memory_bytes)
    compare = html.A("Compare runs", href=links.compare_path(dataset), className="button quiet") if len(found) > 1 else None
    return panel(
        "Runs",
        [
            html.Div(_table(manifests, shown.run_id, said), className="low"),
            *_held_back(found, shown.run_id),
            *([html.P(problem, className="trouble")] if problem else []),
            *([_forms(manifests, shown.run_id, said)] if ask.role == "analyst" else []),
            html.P(f"The run shown was built by version {shown.version} in at most {memory} of memory.", className="note"),
        ],
        tools=compare,
    )


def labels_of(ask: Ask) -> tuple[Labels, str]:
    """What is said of runs, and why that cannot be read; one of them is empty."""
    try:
        return ask.store.labels(), ""
    except ArtifactError as error:
        return {}, str(error)


def called(manifest: Manifest, said: Labels) -> str:
    """A run in a word: when it was built, and its name."""
    name = _label(said, manifest).name
    return f"{_built(manifest)}{f' · {name}' if name else ''}"


def show_form(manifest: Manifest, word: str = "Show") -> html.Form:
    """Shows a run in the place of the one that is shown, for everybody."""
    return html.Form(_button(word, f"the run of {_built(manifest)}"), action=links.run_path(manifest.run_id), method="POST")


def _label(said: Labels, manifest: Manifest) -> labels.Label:
    return labels.of(said, manifest.run_id)


def _built(manifest: Manifest) -> str:
    return f"{manifest.created_at:%Y-%m-%d %H:%M}"


def _table(manifests: list[Manifest], shown: str, said: Labels) -> dict[str, Any]:
    named = any(_label(said, manifest).name for manifest in manifests)
    numbers = [Column(heading, numeric=True) for heading in ("Rows", "Customers", "Seconds")]
    columns: list[Column | str] = ["Built (UTC)", *(["Name"] if named else []), "State", *numbers, "Run"]
    rows = []
    for manifest in manifests:
        states = {
            "shown": manifest.run_id == shown,
            "held back": bool(manifest.held_back) and manifest.run_id != shown,
            "pinned": _label(said, manifest).pinned,
        }
        rows.append(
            [
                _built(manifest),
                *([_label(said, manifest).name] if named else []),
                ", ".join(state for state, holds in states.items() if holds),
                formats.count(sum(record.rows.read for record in manifest.datasets.values())),
                formats.count(sum(record.customers for record in manifest.datasets.values())),
                f"{manifest.seconds:.1f}",
                manifest.run_id,
            ]
        )
    return table(columns, rows, caption="Published runs")


def _held_back(manifests: list[Manifest], shown: str) -> list[html.P]:
    """Why the newest run is not the one that is shown, where it is held back."""
    newest = manifests[0] if manifests else None
    if newest is None or not newest.held_back or newest.run_id <= shown:
        return []
    said = f"The newest run is held back. {'. '.join(newest.held_back)}. Accept it with python -m pipeline use {newest.run_id}."
    return [html.P(said, className="trouble")]


def _forms(manifests: list[Manifest], shown: str, said: Labels) -> html.Details:
    """Of the run shown, those pinned and the newest of the others: a name, a pin, and a way to show it."""
    kept = [manifest for manifest in manifests if manifest.run_id == shown or _label(said, manifest).pinned]
    others = [manifest for manifest in manifests if manifest not in kept][:_MOST_OTHERS]
    # In the order of the list.
    offered = [manifest for manifest in manifests if manifest in [*kept, *others]]
    rows = [html.Li(_form(manifest, said, can_show=manifest.run_id != shown)) for manifest in offered]
    return html.Details([html.Summary("Name, pin or show a run"), html.Ul(rows, className="run-forms")], className="as-table")


def _form(manifest: Manifest, said: Labels, *, can_show: bool) -> list[Any]:
    built, label = _built(manifest), _label(said, manifest)
    action = links.label_path(manifest.run_id)
    text = dcc.Input(name="name", value=label.name, type="text", maxLength=LONGEST, placeholder="Name", autoComplete="off")
    name = html.Label([html.Span(f"Name of the run of {built}", className="visually-hidden"), text])
    pin = {"name": "pinned", "value": "no" if label.pinned else "yes"}
    return [
        html.Span(built, className="built"),
        html.Form([name, _button("Save", f"the name of the run of {built}")], action=action, method="POST"),
        html.Form(_button("Unpin" if label.pinned else "Pin", f"the run of {built}", **pin), action=action, method="POST"),
        *([show_form(manifest)] if can_show else []),
    ]


def _button(word: str, what: str, **more: str) -> html.Button:
    """A button of one word; what it is about is said to those who cannot see the row."""
    return html.Button([word, html.Span(f" {what}", className="visually-hidden")], type="submit", className="button quiet", **more)
