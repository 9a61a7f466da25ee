"""Campaigns: a control group held out of an audience, and those that there were."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dash import html

from pipeline import formats
from pipeline.campaigns import LEAST, LEAST_SHARE, LONGEST_NAME, MOST_SHARE, Campaign
from pipeline.errors import ClienteleError
from pipeline.power import POWER, smallest_lift
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
    """Whether the address is that of campaigns, of one dataset or of the first."""
    return ask.parts == ("campaigns",) or (len(ask.parts) == 2 and ask.parts[0] == "campaigns" and ask.parts[1] in ask.snapshot.datasets)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Campaigns"


def layout(ask: Ask) -> list[Any]:
    """The page: a campaign to begin, for those who may, and the campaigns of one dataset; `#supposed` follows what is typed."""
    scope, names = _scope(ask), _names(ask)
    options = [(ask.snapshot.datasets[name].title, links.campaigns_path(name), name == scope.name) for name in names]
    return [
        html.H1("Campaigns"),
        html.Div(switch("Dataset", options), className="lenses"),
        html.Div([*([_begin(ask, scope)] if ask.role == "analyst" else []), _listed(ask, scope)], className="stack"),
    ]


def supposed(ask: Ask) -> list[Any]:
    """What a campaign of that size could show."""
    scope = _scope(ask)
    customers = audience.size(scope)
    share, rate = _asked(ask, scope)
    control = audience.control_of(customers, share.number / 100)
    why = _usual_rate(scope)[1] if rate.number == rate.standard else ""
    held_out = "The control group is drawn at random and is not contacted: what it does shows what the others would have done anyway."
    return [
        html.P(_hint(customers - control, control, rate.number / 100), role="status"),
        html.P(f"{held_out} {why}".strip(), className="note"),
    ]


def _names(ask: Ask) -> list[str]:
    """Datasets, those with orders first."""
    return sorted(ask.snapshot.datasets, key=lambda name: ask.snapshot.datasets[name].kind != "transactions")


def _scope(ask: Ask) -> Scope:
    return ask.scope(ask.parts[1] if len(ask.parts) == 2 else _names(ask)[0])


def _begin(ask: Ask, scope: Scope) -> html.Section:
    """Who is meant, how many are held out, and what that could show."""
    customers = audience.size(scope)
    who = f"{formats.plural(customers, 'customer')}: {in_words(scope.filters, scope.record)}."
    if customers < 2 * LEAST:
        return panel("Hold out a control group", [html.P(who), html.P("They are too few to be dealt into two groups."), _narrow(scope)])
    name = Field("name", "Name of the campaign", "", "text", most=LONGEST_NAME, is_live=False)
    query = scope.filters.to_query()
    action = f"/audiences/{quote(scope.name, safe='')}{'?' + query if query else ''}"
    return panel(
        "Hold out a control group",
        [
            html.P(who),
            fields([name, *(given.field for given in _asked(ask, scope))], action=action, button="Draw the groups"),
            html.Div(supposed(ask), id="supposed"),
            *([] if scope.filters else [_narrow(scope)]),
        ],
    )


@dataclass(frozen=True)
class _Given:
    """A number of percent that can be typed: what it is now, and without a word in the address."""

    name: str
    label: str
    number: float
    standard: float
    least: float
    most: float
    step: float

    @property
    def field(self) -> Field:
        return Field(self.name, self.label, self.number, least=self.least, most=self.most, step=self.step, standard=self.standard)


def _asked(ask: Ask, scope: Scope) -> tuple[_Given, _Given]:
    """The share of the control group, and how many convert without being contacted, in percent."""

    def given(name: str, label: str, standard: float, least: float, most: float, step: float) -> _Given:
        found = number(ask.params.get(name, ""), least=least, most=most)
        return _Given(name, label, standard if found is None else found, standard, least, most, step)

    return (
        given("share", "Control group, %", _SHARE, LEAST_SHARE * 100, MOST_SHARE * 100, 1),
        given("rate", "Convert without it, %", _usual_rate(scope)[0], 0, _HIGHEST_RATE, 0.1),
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
