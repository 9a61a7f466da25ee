"""Rows of a file that were kept out: how many, and the first of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from pipeline import formats
from webapp.components.table import table


def kept_out(count: int, first: Sequence[Mapping[str, Any]]) -> list[Any]:
    """A sentence and a table; `first` are rows with source, source_row and reason."""
    rows = [[f"{row['source']}, row {row['source_row']}", row["reason"]] for row in first]
    which = f"{formats.plural(count, 'row')} kept out" + (f", the first {len(rows)}:" if count > len(rows) else ":")
    return [html.P(which), html.Div(table(["Row", "Reason"], rows, caption="Rows kept out"), className="low")]
