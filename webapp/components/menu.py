"""A choice of many, each a link: it opens a small panel, and what is chosen goes into the address."""

from collections.abc import Sequence

from dash import html

from webapp.components.popup import popup


def menu(label: str, options: Sequence[tuple[str, str, bool]]) -> html.Details:
    """A word, its address, and whether it is the one shown, of each; the one shown stands beside the label."""
    shown = next((word for word, _, current in options if current), "")
    links = [html.A(word, href=href, **({"aria-current": "true"} if current else {})) for word, href, current in options]
    content = html.Nav(links, className="pop menu", **{"aria-label": label})
    return popup(label, html.Span(shown, className="chosen"), content, key=f"{label} {shown}")
