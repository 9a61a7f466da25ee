"""Campaigns: a control group held out of an audience, and those that there were."""

from typing import Any
from urllib.parse import quote

from dash import html

from pipeline.campaigns import LEAST, LEAST_SHARE, LONGEST_NAME, MOST_SHARE, Campaign
from pipeline.errors import ClienteleError
from pipeline.power import POWER, smallest_lift
from webapp import formats
from webapp.choice import in_words
from webapp.components import links
from webapp.components.card import panel, switch
from webapp.components.fields import Field, fields, number
from webapp.components.links import Named
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views import audience, trust
from webapp.views.scope import Scope

_SHARE, _RATE = 10.0, 10.0
_HIGHEST_RATE = 99.0
# The horizon of the back-test that campaigns are most like.
_DAYS = 90


def matches(ask: Ask) -> bool:
    """Whether the address is that of all campaigns."""
    return ask.parts == ("campaigns",)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Campaigns"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Campaigns"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """A campaign to begin, for those who may, and the campaigns of one dataset."""
    names = sorted(ask.snapshot.datasets, key=lambda name: ask.snapshot.datasets[name].kind != "transactions")
    name = ask.choice("dataset", names)
    scope = ask.scope(name)
    options = [(ask.snapshot.datasets[other].title, links.campaigns_path(other), other == name) for other in names]
    return [
        html.Div(switch("Dataset", options), className="lenses"),
        *([_begin(ask, scope)] if ask.role == "analyst" else []),
        _listed(ask, scope),
    ]


def _begin(ask: Ask, scope: Scope) -> html.Section:
    """Who is meant, how many are held out, and what that could show."""
    customers = audience.size(scope)
    who = f"{formats.plural(customers, 'customer')}: {in_words(scope.filters, scope.record)}."
    if customers < 2 * LEAST:
        return panel("Hold out a control group", [html.P(who), html.P("They are too few to be dealt into two groups."), _narrow(scope)])
    share = _percent(ask, "share", _SHARE, LEAST_SHARE * 100, MOST_SHARE * 100)
    usual, why = _usual_rate(scope)
    rate = _percent(ask, "rate", usual, 0, _HIGHEST_RATE)
    asked = [
        Field("name", "Name of the campaign", "", "text", most=LONGEST_NAME, is_live=False),
        Field("share", "Control group, %", share, least=LEAST_SHARE * 100, most=MOST_SHARE * 100, step=1, standard=_SHARE),
        Field("rate", "Convert without it, %", rate, least=0, most=_HIGHEST_RATE, step=0.1, standard=usual),
    ]
    query = scope.filters.to_query()
    action = f"/audiences/{quote(scope.name, safe='')}{'?' + query if query else ''}"
    control = audience.control_of(customers, share / 100)
    return panel(
        "Hold out a control group",
        [
            html.P(who),
            fields(asked, action=action, button="Draw the groups"),
            html.P(_hint(customers - control, control, rate / 100), role="status"),
            html.P(
                "The control group is drawn at random and is not contacted: what it does shows what the others would have done anyway. "
                + (why if rate == usual else ""),
                className="note",
            ),
            *([] if scope.filters else [_narrow(scope)]),
        ],
    )


def _hint(contact: int, control: int, rate: float) -> str:
    """What a campaign of this size could show."""
    dealt = f"{formats.count(contact)} would be contacted and {formats.count(control)} held out."
    lift = smallest_lift(contact, control, rate)
    if lift is None:
        return f"{dealt} That is too few to show any effect: choose more customers, or hold out more of them."
    return (
        f"{dealt} If {formats.share(rate)} convert uncontacted, a rise of {formats.points(lift)}, to {formats.share(rate + lift)}, is the "
        f"smallest that would show in {POWER * 10:g} of 10 such campaigns; a smaller one may well be there and not be seen."
    )


def _usual_rate(scope: Scope) -> tuple[float, str]:
    """How many percent convert uncontacted, as far as the run can tell, and where that is from."""
    personas = scope.filters.personas
    if scope.sells and len(personas) == 1 and _DAYS in trust.horizons(scope):
        found = trust.foretold(scope, _DAYS)
        own = found.loc[found["persona"] == personas[0], "returned_share"]
        if not own.empty and own.iloc[0] * 100 <= _HIGHEST_RATE:
            said = f"In the back-test {formats.share(own.iloc[0])} of {personas[0]} ordered again within {_DAYS} days by themselves."
            return round(float(own.iloc[0]) * 100, 1), said
    return _RATE, f"That {_RATE:g} % convert uncontacted is a guess: type what you know of earlier campaigns."


def _percent(ask: Ask, name: str, usual: float, least: float, most: float) -> float:
    found = number(ask.params.get(name, ""), least=least, most=most)
    return usual if found is None else found


def _narrow(scope: Scope) -> html.P:
    """Where an audience is chosen."""
    return html.P(
        [
            "Choose an audience on the page of a ",
            html.A("persona", href=f"/personas?dataset={quote(scope.name, safe='')}"),
            ", or with the filters of ",
            html.A(scope.record.title, href=links.dataset_path(scope.name)),
            ".",
        ],
        className="note",
    )


def _listed(ask: Ask, scope: Scope) -> html.Section:
    heading = f"Campaigns with customers of {scope.record.title}"
    try:
        found = ask.campaigns.of(scope.name)
        results = {campaign.id: ask.campaigns.result(campaign) is not None for campaign in found}
    except ClienteleError as error:
        return panel(heading, html.P(str(error), className="trouble", role="alert"))
    if not found:
        return panel(heading, html.P("None was drawn so far."))
    columns: list[Column | str] = ["Campaign", "Drawn", "Audience", *(Column(word, numeric=True) for word in ("Contact", "Control"))]
    columns.append("Outcomes")
    return panel(heading, table(columns, [_row(campaign, is_told=results[campaign.id]) for campaign in found], caption="Campaigns"))


def _row(campaign: Campaign, *, is_told: bool) -> list[Any]:
    return [
        Named(campaign.name, links.campaign_path(campaign.id), strong=True),
        formats.day(campaign.created_at),
        campaign.choice,
        formats.count(campaign.contact),
        formats.count(campaign.control),
        "measured" if is_told else "awaited",
    ]
