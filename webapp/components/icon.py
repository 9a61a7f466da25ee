"""Icons of the house, drawn in the colour of the text around them."""

from dash import html


def icon(name: str) -> html.Span:
    """An icon by its Bootstrap name; it says nothing to a screen reader, so words stand beside it."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})
