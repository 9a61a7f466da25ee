"""A word that opens a small panel."""

from typing import Any

from dash import html

from webapp.components.icon import icon


def popup(label: str, chosen: html.Span, content: Any, *, key: str | None = None) -> html.Details:
    """The word, what is chosen beside it, and the panel; with another `key` it is another panel, which is closed."""
    named = {} if key is None else {"key": key}
    return html.Details([html.Summary([label, chosen, icon("chevron-down")]), content], className="filter", **named)
