"""All personas as cards."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components import grade, links
from webapp.components.card import switch
from webapp.components.downloads import files
from webapp.pages.ask import Ask
from webapp.theme import persona_colours
from webapp.views import segments
from webapp.views.scope import Scope


def matches(ask: Ask) -> bool:
    """Whether the address is that of all personas."""
    return ask.parts == ("personas",)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Personas"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Personas"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Cards of the personas of one dataset, and a choice of datasets."""
    names = ask.names
    name = ask.choice("dataset", names)
    scope = Scope(ask.snapshot, name)
    choose = switch("Dataset", [(ask.snapshot.datasets[other].title, ask.href(dataset=other), other == name) for other in names])
    frame = segments.personas(scope)
    colours = persona_colours(frame["persona"])
    campaigns = html.A("Campaigns", href=links.campaigns_path(name), className="button quiet")
    tools = html.Div([campaigns, files(name, "personas", what="the personas")], className="tools")
    head = html.Div([choose, tools], className="card-head")
    return [head, html.Div([_card(scope, row, colours[row["persona"]]) for row in frame.to_dict("records")], className="persona-cards")]


def _card(scope: Scope, row: dict[str, Any], colour: str) -> html.Article:
    figures = [("Customers", formats.count(row["customers"])), ("Share", formats.share(row["share"]))]
    if scope.sells:
        figures.append(("Of revenue", formats.share(row["revenue_share"])))
    return html.Article(
        [
            html.Div(
                [
                    html.H2(html.A(row["persona"], href=links.persona_path(scope.name, row["persona"]))),
                    grade.mark(scope.name, segments.grades(scope).get(row["persona"])),
                ],
                className="named",
            ),
            html.P(row["summary"]),
            html.Dl([html.Div([html.Dt(label), html.Dd(value)]) for label, value in figures], className="small-figures"),
            html.P([html.Strong("First: "), row["actions"][0] if len(row["actions"]) else formats.NOTHING], className="note"),
        ],
        className="panel persona-card",
        style={"--persona": colour},
    )
