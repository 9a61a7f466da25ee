"""What is shown when there is nothing to show: each says why and offers a way on."""

from typing import Any

from dash import html

from webapp.components.icon import icon


def message(name: str, heading: str, text: str, ways: list[Any], *, level: int = 1) -> html.Div:
    """A state: an icon, what is the matter, and links onward."""
    title = (html.H1 if level == 1 else html.H2)(heading)
    return html.Div([icon(name), title, html.P(text), html.Div(ways, className="ways")], className="state")


def not_found(path: str, datasets: list[tuple[str, str]]) -> html.Div:
    """A wrong address; takes the datasets' titles and addresses."""
    ways = [
        html.A("Overview", href="/", className="button"),
        *(html.A(title, href=href, className="button") for title, href in datasets),
    ]
    ways.append(html.A("Find a customer", href="/customers", className="button"))
    return message("info-circle", "There is no such page", f"Nothing is published at {path}. These pages are:", ways)


def nobody(reset: str) -> html.Div:
    """Filters that leave nobody."""
    return message(
        "people",
        "No customers match these filters",
        "Widen a range or remove a filter.",
        [html.A("Reset all filters", href=reset, className="button")],
        level=2,
    )


def too_many() -> html.Div:
    """More was asked for than a person reads."""
    return html.Div("Those were many searches in a short time. Wait a minute.", className="trouble", role="alert")


def skeleton() -> html.Div:
    """Shapes of a page, while it comes."""
    return html.Div(
        [
            html.Div(className="bone title"),
            html.Div(className="bone row"),
            html.Div([html.Div(className="bone wide"), html.Div(className="bone wide")], className="two"),
        ],
        className="skeleton",
        **{"aria-hidden": "true"},
    )


def skeleton_of_chart() -> html.Div:
    """The shape of one wide chart, while it comes."""
    return html.Div(html.Div(className="bone wide"), className="skeleton", **{"aria-hidden": "true"})
