"""Where a page stands: the pages above it, each a link."""

from collections.abc import Sequence

from dash import html


def trail(above: Sequence[tuple[str, str]]) -> html.Nav:
    """Words and addresses of the pages above, the uppermost first."""
    links = [html.A(word, href=href) for word, href in above]
    steps = [part for link in links for part in (" / ", link)][1:]
    return html.Nav(steps, className="trail", **{"aria-label": "Where this page stands"})
