"""Tables, plain and accessible: the list of customers and what stands beside a chart are the same thing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.components.links import Named


@dataclass(frozen=True)
class Column:
    """One column: its heading, whether it holds numbers, and where its heading leads (for sorting)."""

    heading: str
    numeric: bool = False
    href: str = ""
    sorted: str = ""  # "ascending", "descending", or empty


def table(columns: Sequence[Column | str], rows: Iterable[Sequence[Any]], *, caption: str) -> dict[str, Any]:
    """A table that scrolls sideways in itself; the first cell of a row heads it. The caption is for screen readers.

    Cells are text, something named, or a list of texts. It is drawn by `assets/table.js`, and this is what Dash sends of it.
    """
    declared = [column if isinstance(column, Column) else Column(column) for column in columns]
    properties = {
        "columns": [column.__dict__ for column in declared],
        "rows": [[cell.__dict__ if isinstance(cell, Named) else cell for cell in row] for row in rows],
        "caption": caption,
    }
    return {"namespace": "clientele", "type": "Table", "props": properties}
