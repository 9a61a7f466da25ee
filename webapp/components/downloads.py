"""Links to lists as files."""

from collections.abc import Callable

from dash import html

from webapp.components.icon import icon
from webapp.components.links import download_path
from webapp.media import LISTS


def files(dataset: str, name: str, query: str = "", *, what: str) -> html.Div:
    """CSV and XLSX of a list, all its rows."""
    return lists(lambda ending: download_path(dataset, name, ending, query), what=what)


def lists(address: Callable[[str], str], *, what: str) -> html.Div:
    """CSV and XLSX of a list whose address follows from the ending."""
    return html.Div([link(ending.upper(), address(ending), what=f"{what} as {ending.upper()}") for ending in LISTS], className="files")


def link(word: str, href: str, *, what: str) -> html.A:
    """One file; what it is that is downloaded is said to those who cannot see what stands beside it."""
    return html.A([icon("download"), word], href=href, download="", className="button quiet", **{"aria-label": f"Download {what}"})
