"""Who moved since the run before: whether customers did, or the model."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats
from pipeline.schema import CHANGES
from webapp.components import links
from webapp.components.card import panel
from webapp.components.downloads import files
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views import changes, segments
from webapp.views.scope import Scope

_HEADING = "Who moved since the run before"
# More are scrolled.
_MOST_ROWS = 12
_NOTE = (
    "Customers moved: what is known of them now puts them elsewhere by the segments of before. "
    "The model moved: the segments of now put the same customers elsewhere. Who did both is counted in both."
)


def moved(ask: Ask, scope: Scope) -> html.Section:
    """The totals in a sentence, and each pair of personas; or why there is nothing to tell."""
    nothing = _nothing(ask, scope)
    if nothing:
        return panel(_HEADING, html.P(nothing))
    frame = changes.pairs(scope)
    if frame.empty:
        return panel(_HEADING, html.P("Nobody: the customers are those of the run before, each with the same persona."))
    personas = segments.persona_names(scope)
    rows = [
        [
            _begun(row["reason"]),
            *(links.persona_if_known(scope.name, row[end], personas) for end in ("from_persona", "to_persona")),
            formats.count(row["customers"]),
        ]
        for row in frame.to_dict("records")
    ]
    columns: list[Column | str] = ["What happened", "From", "To", Column("Customers", numeric=True)]
    content: list[Any] = [
        html.P(_totals(frame)),
        html.Div(table(columns, rows, caption=_HEADING), className="low" if len(rows) > _MOST_ROWS else ""),
        html.P(_NOTE, className="note"),
    ]
    return panel(_HEADING, content, tools=files(scope.name, "changes", what="the changes"))


def _nothing(ask: Ask, scope: Scope) -> str:
    """Why there is nothing to compare; empty where there is."""
    if scope.record.trust is None:
        return "This run was built quickly: who moved was not worked out. Build it without --quick to know."
    if ask.snapshot.run.manifest.previous is None:
        return "This is the first run: there is none to compare it with. The next one says here who moved."
    before = ask.store.before(ask.snapshot)
    if before and scope.name not in before.manifest.datasets:
        return f"The run before did not hold {scope.record.title}: there is nothing to compare it with."
    if changes.carried(scope, before):
        return "Nobody: neither the files nor the settings changed, and the dataset was taken from the run before as it was."
    return ""


def _totals(frame: pd.DataFrame) -> str:
    counts = frame.groupby("reason")["customers"].sum()
    moved, model, new, gone = (int(counts.get(reason, 0)) for reason in CHANGES)
    known = f"{formats.plural(moved, 'customer')} moved to another persona because of what changed about them, "
    known += f"{formats.count(model)} because the model moved"
    return f"{known}; {formats.plural(new, 'is new', 'are new')}, {formats.plural(gone, 'is gone', 'are gone')}."


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
