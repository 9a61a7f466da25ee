"""Cohorts: who came back, what they brought, and all of them together."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats
from webapp.components.card import Chart, card, panel
from webapp.components.table import Column
from webapp.figures import by_age
from webapp.figures import cohorts as cohorts_figure
from webapp.pages.ask import Ask
from webapp.pages.spreads import estimated
from webapp.theme import INDIGO
from webapp.views import segments
from webapp.views.cohorts import Cohorts, cohorts
from webapp.views.scope import Scope

# More are too small to be read; the latest are shown.
_MOST = 36
# Months that cohorts are compared by, and the fewest customers that a sentence rests on.
_COMPARED, _FEW = 6, 30
_AGES = "months since the first order"


def cohort_charts(ask: Ask, scope: Scope) -> html.Div:
    """Two heat maps and a curve, of the customers looked at."""
    drawn = scope.drawn(int(segments.totals(scope)["customers"]))
    found = cohorts(drawn)
    if found.sizes.empty:
        # Whoever there is ordered first in a month: where that makes no cohort, it is not over.
        assert found.begun is not None
        words = f"All of these customers ordered first in {formats.month(found.begun)}, which is not over in the data"
        return html.Div(panel("No cohort yet", html.P(f"{words}: there is no cohort yet.")))
    note = " ".join(filter(None, [_caveats(found), estimated(drawn)]))
    height = cohorts_figure.height(min(len(found.sizes), _MOST))
    cards = [
        card("cohort-retention", _retention(ask, found, note), height=height),
        card("cohort-curve", _curve(ask, scope, found), height=320),
        card("cohort-revenue", _revenue(ask, scope, found, note), height=height),
    ]
    return html.Div(cards, className="stack")


def _caveats(found: Cohorts) -> str:
    """What the reader has to know of the first month, and of the last."""
    said = []
    if found.first in found.sizes.index:
        said.append(
            f"{formats.month(found.first)} is the first month of the data: customers who had bought before it are among its cohort, "
            "and it is left out of what is said of new customers."
        )
    if found.begun is not None:
        said.append(f"{formats.month(found.begun)} is not over in the data, and is left out.")
    if len(found.sizes) > _MOST:
        said.append(f"The charts show the latest {_MOST} cohorts, the table all {len(found.sizes)}.")
    return " ".join(said)


def _retention(ask: Ask, found: Cohorts, note: str) -> Chart:
    # Month 0 is 100 % of everyone, and would take the colours from all others; the youngest cohort has seen no other yet.
    shown = found.retention.iloc[-_MOST:].drop(columns=0).dropna(how="all")
    figure = cohorts_figure.draw(
        shown,
        ask.theme,
        labels=_labels(found, shown),
        title=_AGES,
        short=_percent,
        said=lambda value: f"{formats.share(value)} bought",
    )
    return Chart(
        _best(found),
        figure,
        *_table(found, found.retention, formats.share),
        f"Each cell is the share of a cohort that bought in a month, in percent. {note}".strip(),
    )


def _best(found: Cohorts) -> str:
    """Which cohort came back most, and which least, in its first months."""
    large = found.retention.loc[found.are_new][found.sizes[found.are_new] >= _FEW * found.every]
    # As many months as at least two of them have seen.
    ages = [age for age in range(1, _COMPARED + 1) if age in large and large[age].notna().sum() > 1]
    compared = large[ages].dropna()
    if not ages:
        who = f"{formats.plural(len(found.sizes), 'cohort')}, {formats.plural(found.sizes.sum(), 'customer')}"
        return f"{who}: the share that bought again, month by month"
    mean = compared.mean(axis=1)
    best, least = mean.idxmax(), mean.idxmin()
    span = f"in an average month of the first {len(ages)}" if len(ages) > 1 else "in the month after"
    return (
        f"Customers new in {formats.month(best)} came back most: {formats.share(mean[best])} bought {span}; "
        f"least those of {formats.month(least)}, {formats.share(mean[least])}"
    )


def _curve(ask: Ask, scope: Scope, found: Cohorts) -> Chart:
    pooled = found.pooled()
    after = pooled[pooled["age"] > 0]
    columns = [
        Column(word, numeric=True) for word in ("Months since the first order", "Customers old enough", "Bought", "Revenue per customer")
    ]
    rows = [
        [formats.count(row.age), formats.count(row.at_risk), formats.share(row.share), formats.money(row.spend, scope.currency)]
        for row in pooled.itertuples()
    ]
    figure = by_age.draw(
        after.assign(group="New customers"), ask.theme, colours={"New customers": INDIGO}, across=_AGES, up="share that bought"
    )
    note = (
        "Of each month, only cohorts count that are old enough to have seen the whole of it: "
        "to the right there are fewer, and the line is less sure."
    )
    return Chart(_came_back(after, _FEW * found.every), figure, columns, rows, note)


def _came_back(after: pd.DataFrame, few: int) -> str:
    if after.empty:
        return "No cohort of new customers has seen a whole month after its first"
    said = f"Of 100 new customers, {_percent(after['share'].iloc[0])} buy in the month after their first order"
    year = after[(after["age"] == 12) & (after["at_risk"] >= few)]
    return f"{said}, {_percent(year['share'].iloc[0])} in the twelfth" if len(year) else said


def _revenue(ask: Ask, scope: Scope, found: Cohorts, note: str) -> Chart:
    def money(value: float) -> str:
        return formats.money(value, scope.currency)

    shown = found.spend.iloc[-_MOST:]
    figure = cohorts_figure.draw(
        shown,
        ask.theme,
        labels=_labels(found, shown),
        title=_AGES,
        short=_rounded,
        said=lambda value: f"{money(value)} per customer",
    )
    pooled = found.pooled()
    first = pooled.loc[pooled["age"] == 0, "spend"].sum()
    later = pooled[pooled["age"].between(1, 12)]
    finding = f"A new customer brings {money(first)} in the month of the first order"
    if len(later):
        span = f"the {len(later)} months after it" if len(later) > 1 else "the month after it"
        finding += f" and {money(later['spend'].sum())} in {span}"
    return Chart(
        finding if len(pooled) else "Revenue per customer of each cohort, month by month",
        figure,
        *_table(found, found.spend, money),
        f"Each cell is the revenue of a month over all customers of a cohort, whether they bought in it or not. {note}".strip(),
    )


def _table(found: Cohorts, values: pd.DataFrame, written: Any) -> tuple[list[Column | str], list[list[str]]]:
    columns: list[Column | str] = [
        "First order",
        Column("Customers", numeric=True),
        *(Column(str(age), numeric=True) for age in values.columns),
    ]
    rows = [
        [
            formats.month(month, brief=True),
            formats.count(found.sizes[month]),
            *("" if formats.is_nothing(value) else written(value) for value in row),
        ]
        for month, row in zip(values.index, values.to_numpy().tolist(), strict=True)
    ]
    return columns, rows


def _labels(found: Cohorts, shown: pd.DataFrame) -> list[str]:
    return [f"{month:%b %y} · {formats.short(found.sizes[month])}" for month in shown.index]


def _percent(value: float) -> str:
    return f"{value * 100:.0f}"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) < 1_000 else formats.short(value)
