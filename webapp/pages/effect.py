"""What the outcomes of a campaign show."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.campaigns import Campaign
from webapp.components.card import Chart, card, panel
from webapp.components.table import Column, table
from webapp.figures import interval
from webapp.pages.ask import Ask
from webapp.pages.kept_out import kept_out

_HEIGHT = 150
# Both of a share and of money: the interval, and the difference as a share of the control group's figure.
_SOURCES = {
    "conversion": "Interval: Newcombe 1998, method 10, of Wilson's intervals.",
    "spend": "Interval: Welch 1947, of all customers of both groups, those who spent nothing included.",
}


def effect(ask: Ask, campaign: Campaign, result: dict[str, Any]) -> list[Any]:
    """What both groups did and the difference between them; then how the file fared."""
    money = result["spend"] is not None
    parts = [
        _shown(ask, "conversion", result["conversion"], campaign),
        *([_shown(ask, "spend", result["spend"], campaign)] if money else []),
    ]
    return [
        html.Div(parts, className="two" if money else "stack spaced"),
        html.Div([_told(campaign, result), _file(result)], className="two"),
    ]


def _shown(ask: Ask, name: str, found: dict[str, Any], campaign: Campaign) -> html.Section:
    """One figure of both groups, and the interval of the difference."""
    heading = _verdict(name, found, campaign)
    rows = [
        ["Contacted", _figure(name, found["contact"], campaign)],
        ["Control group", _figure(name, found["control"], campaign)],
        ["Difference", _difference(name, found, campaign)],
        ["Relative to the control group", _relative(found)],
    ]
    if found["low"] is None:
        return panel(heading, table(["Of whom", Column("Figure", numeric=True)], rows, caption=heading))
    figure = interval.draw(
        found["difference"],
        found["low"],
        found["high"],
        ask.theme,
        measure="difference in conversion" if name == "conversion" else "difference in spend per customer",
        ticks=".1%" if name == "conversion" else ",.2f",
    )
    note = f"{_difference(name, found, campaign)}; relative to the control group {_relative(found)}. {_SOURCES[name]}"
    return card(name, Chart(heading, figure, ("", Column("Figure", numeric=True)), rows, note), height=_HEIGHT)


def _verdict(name: str, found: dict[str, Any], campaign: Campaign) -> str:
    """Whether the data shows an effect, in a sentence."""
    what = "conversion" if name == "conversion" else "spend per customer"
    both = (
        f"{_figure(name, found['contact'], campaign)} of those contacted, {_figure(name, found['control'], campaign)} of the control group"
    )
    if name == "spend":
        both = f"{_figure(name, found['contact'], campaign)} contacted, {_figure(name, found['control'], campaign)} in the control group"
    if found["low"] is None:
        return f"Whether {what} differs cannot be told: within the groups everyone did the same"
    if found["low"] > 0:
        return f"Contacting raised {what}: {both}"
    if found["high"] < 0:
        return f"Contacting lowered {what}: {both}"
    return f"The data does not show a difference in {what}: the interval holds 0"


def _figure(name: str, value: float, campaign: Campaign) -> str:
    return formats.share(value) if name == "conversion" else formats.exact_money(value, campaign.currency)


def _difference(name: str, found: dict[str, Any], campaign: Campaign) -> str:
    """The difference and its interval: 3.2 points (95 %: 1.1 to 5.3)."""

    def said(value: float, *, bare: bool = False) -> str:
        if name == "conversion":
            return formats.points(value, bare=bare)
        return formats.exact_money(value, campaign.currency)

    if found["low"] is None:
        return said(found["difference"])
    return f"{said(found['difference'])} (95 %: {said(found['low'], bare=True)} to {said(found['high'], bare=True)})"


def _relative(found: dict[str, Any]) -> str:
    """The same as a share of the control group's figure."""
    if found["control"] <= 0:
        return "cannot be told: the control group's figure is not above 0"
    if found["contact"] < 0:
        return "cannot be told: the figure of those contacted is below 0"
    if found["relative"] is None:
        return "cannot be told: within the groups everyone did the same"
    low, high = found["relative_low"], found["relative_high"]
    if low is None and high is None:
        return formats.signed_share(found["relative"])
    upper = "no bound" if high is None else formats.signed_share(high)
    return f"{formats.signed_share(found['relative'])} (95 %: {'no bound' if low is None else formats.signed_share(low)} to {upper})"


def _told(campaign: Campaign, result: dict[str, Any]) -> html.Section:
    """What is known of each group."""
    money = result["is_amount"]
    columns: list[Column | str] = ["Group", *(Column(word, numeric=True) for word in ("Customers", "In the file", "Converted", "Share"))]
    columns += [Column("Spent", numeric=True)] if money else []
    rows = []
    for word, group in (("Contacted", result["contact"]), ("Control group", result["control"])):
        counted = [formats.count(group[key]) for key in ("customers", "named", "converted")]
        spent = [formats.money(group["spent"], campaign.currency)] if money else []
        rows.append([word, *counted, formats.share(group["converted"] / group["customers"]), *spent])
    converted = "an amount above 0" if money else "a yes"
    text = (
        f"Converted is who has {converted} in {result['column']!r}. Customers count in the group that they were drawn into, whether they "
        "were reached or not: so nothing but the draw tells the groups apart."
    )
    return panel("What both groups did", [table(columns, rows, caption="Both groups"), html.P(text, className="note")])


def _file(result: dict[str, Any]) -> html.Section:
    """How the file fared: what was not used of it, and why."""
    rows = result["counts"]
    by = f" by {result['sent_by']}" if result["sent_by"] else ""
    said: list[Any] = [html.P(f"{result['file']}, sent on {result['sent_at'][:10]}{by}.")]
    if result["added"]:
        said.append(html.P(f"{formats.plural(result['added'], 'row was', 'rows were')} added to an earlier one of the same customer."))
    if result["outside"]:
        named = formats.listed(result["first_outside"])
        first = "" if result["outside"] <= len(result["first_outside"]) else f", the first {len(result['first_outside'])}"
        text = f"{formats.plural(result['outside'], 'customer is', 'customers are')} in neither group and not counted{first}: {named}."
        said.append(html.P(text))
    if rows["rejected"]:
        said += kept_out(rows["rejected"], result["rejected"])
    return panel(f"{formats.count(rows['kept'])} of {formats.plural(rows['read'], 'row')} used", said)
