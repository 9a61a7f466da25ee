"""Links to a list as a file."""

from dash import html

from webapp.components.icon import icon
from webapp.components.links import download_path


def files(dataset: str, name: str, query: str = "", *, what: str) -> html.Div:
    """CSV and XLSX of a list, all its rows."""
    return html.Div(
        [
            html.A(
                [icon("download"), ending.upper()],
                href=download_path(dataset, name, ending, query),
                download="",
                className="button quiet",
                **{"aria-label": f"Download {what} as {ending.upper()}"},
            )
            for ending in ("csv", "xlsx")
        ],
        className="files",
    )
