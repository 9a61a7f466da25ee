"""How well the model of orders and spend foretold: its back-test."""

from typing import Any

from dash import html

from pipeline import formats, verdict
from pipeline.manifest import TrustRecord
from pipeline.verdict import OTHER_WAYS, Measures
from webapp.components.card import Chart, card, panel
from webapp.components.table import Column, table
from webapp.figures import bars
from webapp.pages.ask import Ask
from webapp.theme import FAINT, INDIGO, OTHER
from webapp.views import value
from webapp.views.scope import Scope


def foretold_value(ask: Ask, scope: Scope, trusted: TrustRecord) -> list[Any]:
    """The back-test; nothing without orders, or where there is none."""
    measures = value.measures(scope) if scope.sells else {}
    if "backtest" not in measures or trusted.value_cutoff is None:
        return []
    days = formats.count(measures["backtest"]["days"])
    shown = card("calibration", _calibration(ask, scope, trusted, measures, days), height=470)
    return [html.Div([shown, _errors(scope, measures, days)], className="two")]


def _calibration(ask: Ask, scope: Scope, trusted: TrustRecord, measures: Measures, days: str) -> Chart:
    """Expected orders of each tenth of customers, and what they did."""
    frame = value.calibration(scope)
    names = [f"Tenth {tenth}" for tenth in frame["tenth"]]
    series = {
        "expected": (frame["expected_orders"].tolist(), [formats.short(one) for one in frame["expected_orders"]]),
        "came": (frame["actual_orders"].tolist(), [formats.short(one) for one in frame["actual_orders"]]),
    }
    colours = (OTHER if ask.theme == "light" else FAINT["dark"], INDIGO)
    figure = bars.groups(names, series, ask.theme, colours=colours, percent=False, measure=f"orders per customer in {days} days")
    rows = [
        [
            name,
            formats.count(row.customers),
            *(formats.short(one) for one in (row.expected_orders, row.actual_orders)),
            *(formats.money(one, scope.currency) for one in (row.expected_spend, row.actual_spend)),
        ]
        for name, row in zip(names, frame.itertuples(index=False), strict=True)
    ]
    heads = ("Customers", "Orders expected", "Orders", "Spend expected", "Spend")
    asked = formats.count(measures["backtest"]["customers"])
    note = (
        f"The model of expected orders and spend, fitted as of {formats.day(trusted.value_cutoff)} and looking {days} days ahead for "
        f"{asked} customers who had ordered before; nothing from that day on was known to it. Customers are ordered by expected orders "
        "and cut into ten equal parts. Where both bars are alike, the model is right on average."
    )
    return Chart(
        verdict.came_true(measures), figure, ("Customers by expected orders", *(Column(name, numeric=True) for name in heads)), rows, note
    )


def _errors(scope: Scope, measures: Measures, days: str) -> html.Section:
    """The model against what is simply done again."""
    parts: list[Any] = []
    for what, word in (("orders", "Orders"), ("spend", "Spend")):
        own = measures[f"backtest_{what}"]
        rows = [["The model", _written(scope, what, own["expected"]), _exact(scope, what, own["error"])]]
        rows += [
            [name, _written(scope, what, own[f"{way}_total"]), _exact(scope, what, own[f"{way}_error"])]
            for way, name in OTHER_WAYS.items()
            if f"{way}_error" in own
        ]
        rows.append(["What came", _written(scope, what, own["actual"]), ""])
        columns: list[Column | str] = [word, Column("In all", numeric=True), Column("Error per customer", numeric=True)]
        parts.append(table(columns, rows, caption=f"{word}: how far off"))
    within = [formats.share(measures[f"backtest_{what}"]["within"]) for what in ("orders", "spend")]
    note = (
        "Error: how far off a customer was on average, more or less alike. The bounds, which are to hold 80 % of customers, held "
        f"{within[0]} by orders, which are whole numbers and mostly none, and {within[1]} by spend. "
    )
    if "year_error" not in measures["backtest_orders"]:
        note += "Orders do not go back far enough to compare with the same days a year before. "
    note += (
        "The model knows of no seasons: looking ahead from a quiet half-year into a busy one it says too little, and the other way round."
    )
    return panel(verdict.against_other_ways(measures), [html.Div(parts, className="stack"), html.P(note, className="note")])


def _written(scope: Scope, what: str, amount: float) -> str:
    return formats.count(amount) if what == "orders" else formats.money(amount, scope.currency)


def _exact(scope: Scope, what: str, amount: float) -> str:
    return f"{amount:.2f}" if what == "orders" else formats.money(amount, scope.currency)
