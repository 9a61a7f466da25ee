"""What is at risk with customers who may have left, by persona."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.schema import VALUE_DAYS
from webapp.components import links
from webapp.components.card import panel
from webapp.components.table import Column, table
from webapp.views import segments, value
from webapp.views.scope import Scope

_DAYS = max(VALUE_DAYS)
_NOTE = (
    f"At risk is what customers would be expected to spend in the next {_DAYS} days if all of them were surely still active, less what is "
    "expected as it is. Whoever has ordered once adds nothing to it: by the model nobody leaves before a second order. "
)


def at_risk(scope: Scope) -> list[html.Section]:
    """The panel; none where nothing is foretold."""
    frame = value.by_persona(scope)
    if frame.empty:
        return []
    names, total = segments.persona_names(scope), frame["at_risk"].sum()
    columns: list[Column | str] = ["Persona"]
    heads = ("At risk", "Of what could be", f"Expected in {_DAYS} days", "Customers", "Likely left", "Ordered once")
    columns += [Column(name, numeric=True) for name in heads]
    rows: list[list[Any]] = [[links.persona(scope.name, row["persona"], names), *_figures(scope, row)] for row in frame.to_dict("records")]
    everyone = frame[["customers", "left", "once", "spend", "at_risk"]].sum().to_dict()
    heading = f"{formats.money(total, scope.currency)} of the next {_DAYS} days is at risk"
    more = html.A("How well this was foretold before", href=links.quality_path(scope.name))
    content = table(columns, [*rows, ["All", *_figures(scope, everyone)]], caption=heading)
    return [panel(heading, [content, html.P([f"Likely left: active with a chance below one half. {_NOTE}", more], className="note")])]


def _figures(scope: Scope, row: dict[Any, Any]) -> list[str]:
    could_be = row["spend"] + row["at_risk"]
    return [
        formats.money(row["at_risk"], scope.currency),
        formats.share(row["at_risk"] / could_be if could_be else None),
        formats.money(row["spend"], scope.currency),
        *(formats.count(row[name]) for name in ("customers", "left", "once")),
    ]
