"""Campaigns: a control group held out of an audience, and those that there were."""

from dataclasses import dataclass
from typing import Any

from dash import html

from pipeline import formats
from pipeline.campaigns import LEAST, LEAST_SHARE, LONGEST_NAME, MOST_SHARE
from pipeline.power import POWER, smallest_lift
from webapp.choice import in_words
from webapp.components import links
from webapp.components.card import panel, switch
from webapp.components.fields import Field, fields, number
from webapp.pages.ask import Ask
from webapp.pages.campaigns_drawn import drawn
from webapp.views import audience, trust
from webapp.views.scope import Scope

_SHARE, _RATE = 10.0, 10.0
_HIGHEST_RATE = 99.0
# The horizon of the back-test that campaigns are most like.
_DAYS = 90
# No feature is called this, as customers may be chosen by: its bounds stand in the same address.
_RATE_NAME = "usual-rate"


@dataclass(frozen=True)
class _Plan:
    """A campaign that could be drawn.

    Attributes:
        customers: How many are meant.
        share: Of the control group, in percent.
        rate: Of customers who convert without being contacted, in percent.
        why: Where that rate is from; empty for one that was typed.
    """

    customers: int
    share: Field
    rate: Field
    why: str


def matches(ask: Ask) -> bool:
    """Whether the address is that of campaigns, of one dataset or of the first."""
    return ask.parts == ("campaigns",) or (len(ask.parts) == 2 and ask.parts[0] == "campaigns" and ask.parts[1] in ask.snapshot.datasets)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Campaigns"


def layout(ask: Ask) -> list[Any]:
    """The page: a campaign to begin, for those who may, and the campaigns that there were; `#supposed` follows what is typed."""
    scope = _scope(ask)

    def option(name: str) -> tuple[str, str, bool]:
        is_shown = name == scope.name
        # Whom customers were chosen by is a matter of their own dataset.
        return ask.snapshot.datasets[name].title, ask.href() if is_shown else links.campaigns_path(name), is_shown

    return [
        html.H1("Campaigns"),
        html.Div(switch("Dataset", [option(name) for name in ask.names]), className="lenses"),
        html.Div([*([_begin(ask, scope)] if ask.role == "analyst" else []), *drawn(ask, scope)], className="stack"),
    ]


def supposed(ask: Ask) -> list[Any]:
    """What a campaign of that size could show."""
    return _shown_by(_plan(ask, _scope(ask)))


def _scope(ask: Ask) -> Scope:
    return ask.scope(ask.parts[1] if len(ask.parts) == 2 else ask.names[0])


def _begin(ask: Ask, scope: Scope) -> html.Section:
    """Who is meant, how many are held out, and what that could show."""
    plan = _plan(ask, scope)
    who = f"{formats.plural(plan.customers, 'customer')}: {in_words(scope.filters, scope.record)}."
    if plan.customers < 2 * LEAST:
        return panel("Hold out a control group", [html.P(who), html.P("They are too few to be dealt into two groups."), _narrow(scope)])
    name = Field("name", "Name of the campaign", "", "text", most=LONGEST_NAME, is_live=False)
    action = links.audience_path(scope.name, scope.filters.to_query())
    return panel(
        "Hold out a control group",
        [
            html.P(who),
            fields([name, plan.share, plan.rate], action=action, button="Draw the groups"),
            html.Div(_shown_by(plan), id="supposed"),
            *([] if scope.filters else [_narrow(scope)]),
        ],
    )


def _plan(ask: Ask, scope: Scope) -> _Plan:
    """What is typed, and what stands for what is not."""
    usual, why = _usual_rate(scope)

    def given(name: str, label: str, standard: float, least: float, most: float, step: float) -> Field:
        found = number(ask.params.get(name, ""), least=least, most=most)
        return Field(name, label, standard if found is None else found, least=least, most=most, step=step, standard=standard)

    share = given("share", "Control group, %", _SHARE, LEAST_SHARE * 100, MOST_SHARE * 100, 1)
    rate = given(_RATE_NAME, "Convert without it, %", usual, 0, _HIGHEST_RATE, 0.1)
    return _Plan(audience.size(scope), share, rate, why if rate.value == rate.standard else "")


def _shown_by(plan: _Plan) -> list[Any]:
    """What a campaign could show, and why a group is held out."""
    control = audience.control_of(plan.customers, float(plan.share.value) / 100)
    held_out = "The control group is drawn at random and is not contacted: what it does shows what the others would have done anyway."
    return [
        html.P(_hint(plan.customers - control, control, float(plan.rate.value) / 100), role="status"),
        html.P(f"{held_out} {plan.why}".strip(), className="note"),
    ]


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
            html.A("persona", href=links.personas_path(scope.name)),
            ", or with the filters of ",
            html.A(scope.record.title, href=links.dataset_path(scope.name)),
            ".",
        ],
        className="note",
    )
