"""Who moved, as a matrix: every pair of personas, each leading to the list of who it is."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats, moving
from webapp.components import links
from webapp.components.card import panel
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.pages.migration_movers import PLACE
from webapp.views import segments
from webapp.views.history import Span
from webapp.views.scope import Scope


def matrix(ask: Ask, scope: Scope, span: Span, flows: pd.DataFrame) -> html.Section:
    """A row for each persona before, those who were no customers yet last, and a column for each persona after."""
    personas = segments.persona_names(scope)
    counts = {(row.from_persona or "", row.to_persona): row.customers for row in flows.astype(object).where(flows.notna(), "").itertuples()}
    there = [name for name in personas if any(name == to for _, to in counts)]
    rows: list[list[Any]] = []
    for before in (*personas, ""):
        own = [counts.get((before, after), 0) for after in there]
        if sum(own):
            cells = [_cell(ask, span, before, after, number) for after, number in zip(there, own, strict=True)]
            rows.append([links.persona(scope.name, before, personas) if before else moving.NEW, *cells, formats.count(sum(own))])
    totals = [formats.count(sum(counts.get((before, after), 0) for before in (*personas, ""))) for after in there]
    rows.append(["All", *totals, formats.count(flows["customers"].sum())])
    heads = [Column("From, down; to, across"), *(Column(name, numeric=True) for name in (*there, "All"))]
    heading = f"From {moving.month(span.first)} to {moving.month(span.last)}, customers"
    return panel(heading, table(heads, rows, caption=heading))


def _cell(ask: Ask, span: Span, before: str, after: str, number: int) -> Any:
    if not number:
        return formats.NOTHING
    href = ask.href(**{"from": span.first, "to": span.last, "before": before, "after": after})
    return links.Named(formats.count(number), f"{href}#{PLACE}")
