"""What two runs say of themselves, side by side: personas, scores, what was read, settings."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import panel
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views import comparison, segments
from webapp.views.comparison import Pair
from webapp.views.scope import Scope

_SHORT = 12
_SCORES = (
    ("silhouette", "Silhouette", formats.score, "higher"),
    ("davies_bouldin", "Davies-Bouldin", formats.score, "lower"),
    ("calinski_harabasz", "Calinski-Harabasz", formats.count, "higher"),
)
_ROWS = (("read", "Rows read"), ("kept", "Rows used"), ("rejected", "Rows kept out"), ("duplicates", "Repeats removed"))


def personas(ask: Ask, pair: Pair) -> html.Section:
    """Size, and where there are orders revenue, of each persona in both."""
    here = segments.persona_names(Scope(ask.snapshot, pair.name))
    currency = pair.records[1].currency
    columns: list[Column | str] = ["Persona"]
    columns += [Column(f"{word}, {when}", numeric=True) for word in ("Customers", "Share") for when in ("before", "after")]
    columns += [Column(f"Revenue, {when}", numeric=True) for when in ("before", "after")] if pair.sells else []
    columns.insert(3, Column("Change", numeric=True))
    rows = []
    for row in comparison.personas(pair).to_dict("records"):
        name = links.persona_if_known(pair.name, row["persona"], here)
        counts = [row["customers_before"], row["customers_after"]]
        revenue = [formats.money(row[f"revenue_{run}"], currency) for run in ("before", "after")] if pair.sells else []
        shares = [formats.share(row[f"share_{run}"]) for run in ("before", "after")]
        rows.append([name, *map(formats.count, counts), _change(*counts), *shares, *revenue])
    return panel("Personas", table(columns, rows, caption="Personas in both runs"))


def scores(pair: Pair) -> html.Section:
    """How well the clusters are separated."""
    rows = [[word, *(written(getattr(record.scores, name)) for record in pair.records), better] for name, word, written, better in _SCORES]
    columns: list[Column | str] = ["Score", Column("Before", numeric=True), Column("After", numeric=True), "Better is"]
    return panel("Scores", table(columns, rows, caption="Scores of both runs"))


def sources(pair: Pair) -> html.Section:
    """Which files were read, and what became of their rows."""
    hashes = [{source.file: source.sha256[:_SHORT] for source in record.sources} for record in pair.records]
    files = list(dict.fromkeys([*hashes[0], *hashes[1]]))
    rows: list[list[Any]] = [[f"{name} (SHA-256)", *(own.get(name, formats.NOTHING) for own in hashes)] for name in files]
    rows += [[word, *(formats.count(getattr(record.rows, name)) for record in pair.records)] for name, word in _ROWS]
    return panel("What was read", table(["File or rows", "Before", "After"], rows, caption="Files and rows of both runs"))


def settings(pair: Pair) -> html.Section:
    """The settings that differ; the day that recency is counted to is among them."""
    found = comparison.settings(pair)
    if not found:
        return panel("Settings", html.P("The settings are the same in both runs."))
    rows = [[name, *map(_in_words, values)] for name, values in found.items()]
    content = [
        table(["Setting", "Before", "After"], rows, caption="Settings that differ"),
        html.P("All other settings are the same.", className="note"),
    ]
    return panel("Settings", content)


def _in_words(value: Any) -> str:
    """A setting; empty for one that a run did not have."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_in_words(inner)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        # A feature of a profile is a table of its own; its name is what people know it by.
        return ", ".join(str(inner["name"]) if isinstance(inner, dict) and "name" in inner else _in_words(inner) for inner in value)
    return "" if value is None else str(value)


def _change(before: Any, after: Any) -> str:
    known = [0 if formats.is_nothing(value) else int(value) for value in (before, after)]
    more = known[1] - known[0]
    return f"{'+' if more > 0 else '-' if more else ''}{formats.count(abs(more))}"
