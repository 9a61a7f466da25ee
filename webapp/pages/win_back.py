"""What if customers of a persona were won back."""

from typing import Any

from dash import html

from pipeline import formats
from webapp.components.card import panel
from webapp.components.fields import Field, fields, number
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views import segments, win_back
from webapp.views.scope import Scope
from webapp.views.win_back import WonBack

NAME = "back"
_USUAL = 10
_LEAST, _MOST = 1, 100


def what_if(ask: Ask, scope: Scope, persona: str) -> list[Any]:
    """The question, with what follows from it in `#supposed`; nothing of customers without orders."""
    if not scope.sells:
        return []
    field = Field(NAME, "Win back, % of them", _percent(ask), least=_LEAST, most=_MOST, step=1, standard=_USUAL)
    return [panel(f"What if some of {persona} were won back", [fields([field]), html.Div(answer(ask, scope, persona), id="supposed")])]


def answer(ask: Ask, scope: Scope, persona: str) -> list[Any]:
    """What it would bring, and what is assumed in saying so."""
    percent = _percent(ask)
    found = win_back.won_back(scope, persona, percent / 100)
    if not found:
        return [html.P(_why_nothing(scope, persona))]
    columns: list[Column | str] = ["Within", *(Column(word, numeric=True) for word in ("Customers won back", "Orders", "Revenue"))]
    rows = [
        [
            formats.plural(one.days, "day"),
            formats.count(one.customers),
            formats.count(one.orders),
            formats.money(one.revenue, scope.currency),
        ]
        for one in found
    ]
    return [
        html.P(_in_a_sentence(scope, persona, percent, found[-1]), className="lead", role="status"),
        table(columns, rows, caption=f"What it brings to win back {percent:g} % of {persona}"),
        html.H3("What is assumed", className="assumed"),
        html.Ul([html.Li(text) for text in _assumed(scope, persona, found)]),
    ]


def _percent(ask: Ask) -> float:
    found = number(ask.params.get(NAME, ""), least=_LEAST, most=_MOST)
    return _USUAL if found is None else found


def _in_a_sentence(scope: Scope, persona: str, percent: float, one: WonBack) -> str:
    if one.revenue is None:
        return f"Nobody of {persona} came back within {one.days} days in the back-test: there is no figure to go by."
    who = f"{formats.count(one.customers)} of {formats.plural(segments.by_name(scope)[persona]['customers'], 'customer')}"
    brings = f"would bring {formats.money(one.revenue, scope.currency)}"
    brings += f" in some {formats.plural(one.orders, 'order')}" if one.orders is not None else ""
    more = f" {percent:g} % is more than there are to win back: all the others come back by themselves." if one.is_all else ""
    return f"Winning back {who} {brings} within {one.days} days.{more}"


def _assumed(scope: Scope, persona: str, found: list[WonBack]) -> list[str]:
    """What the figures rest on, each a sentence."""
    trust, worth = scope.record.trust, win_back.order_value(scope, persona)
    cutoff = formats.day(trust.cutoff) if trust else formats.NOTHING
    came = formats.listed(f"{formats.share(one.returned_share)} within {one.days} days" for one in found)
    spent = formats.listed(f"{formats.exact_money(one.spent, scope.currency)} in {one.days} days" for one in found if one.spent is not None)
    said = [
        f"By themselves as many come back as in the back-test: of the {formats.plural(found[0].past_customers, 'customer')} who were "
        f"{persona} on {cutoff}, {came}. Those won back come on top of them."
    ]
    if spent:
        said.append(f"Whoever is won back spends what those who came back spent then: {spent}, on average.")
    if worth:
        said.append(f"An order comes to {formats.exact_money(worth, scope.currency)}, the mean of all orders of today's {persona}.")
    return [
        *said,
        "Nothing is taken off for what it costs: discounts, postage, work. How many can be won back is your guess, not a finding.",
    ]


def _why_nothing(scope: Scope, persona: str) -> str:
    if scope.record.trust is None:
        return "This run was built quickly, without a back-test: there is no figure of those who came back. Build without --quick."
    if scope.record.trust.cutoff is None:
        return f"There is no figure of those who came back. {' '.join(scope.record.trust.missing)}"
    return f"Nobody was {persona} on {formats.day(scope.record.trust.cutoff)}, the day of the back-test: there is no figure to go by."
