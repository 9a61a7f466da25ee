"""A quiet mark of how surely a persona is found again, wherever it appears in full."""

from dash import html

from webapp.components.links import quality_path
from webapp.reasons import grade


def mark(dataset: str, found: tuple[str, float] | None) -> html.A | None:
    """A grade and the overlap behind it in words, leading to what they were measured by; None for none."""
    if found is None:
        return None
    said = grade(*found)
    return html.A(said.word, href=quality_path(dataset), title=said.meaning, className="grade")
