"""Who moved between two runs: in figures, as flows from persona to persona, and whether customers moved or the model did."""

from typing import Any

import pandas as pd
from dash import html

from pipeline import formats
from webapp.components import links
from webapp.components.card import Chart, card, panel, tiles
from webapp.components.table import Column
from webapp.figures import sankey
from webapp.figures.sankey import Node
from webapp.pages.ask import Ask
from webapp.theme import OTHER, persona_colours
from webapp.views import comparison, segments
from webapp.views.comparison import Pair
from webapp.views.scope import Scope

_NEW, _GONE = "New customers", "Gone customers"
_SPLIT = (
    "By behaviour: what is known of them after puts them elsewhere by the segments of before. "
    "By the model: the segments of after put the same customers elsewhere."
)
_UNSPLIT = "Whether customers moved or the model did cannot be told: the two runs do not segment by the same features."


def totals(pair: Pair, *, before: str, after: str) -> html.Section:
    """How many customers there are, new, gone, and elsewhere."""
    found = comparison.totals(comparison.moves(pair))
    more = found.after - found.before
    change = f"{formats.count(abs(more))} {'more' if more > 0 else 'fewer'} than before" if more else "as many as before"
    part = found.elsewhere / found.both if found.both else 0.0
    items = [
        ("Customers", formats.count(found.after), change),
        ("New", formats.count(found.new), "not there before"),
        ("Gone", formats.count(found.gone), "not there after"),
        (
            "In another persona",
            formats.count(found.elsewhere),
            f"{formats.share(part)} of those in both runs",
        ),
    ]
    note = html.P(f"Before is the run of {before}, after that of {after}.", className="note")
    return panel("What changed in customers", [tiles(items), note])


def flows(ask: Ask, pair: Pair) -> html.Section:
    """The flows, those who stayed among them, and as a table those who did not."""
    moves, names = comparison.moves(pair), comparison.personas(pair)["persona"].to_list()
    frame = pd.DataFrame(
        {"source": moves["from_persona"].fillna(_NEW), "target": moves["to_persona"].fillna(_GONE), "value": moves["customers"]}
    )
    frame["text"] = [
        f"{source} to {target}: {formats.plural(value, 'customer')}" if source != target else f"{source}: {formats.count(value)} stayed"
        for source, target, value in frame.itertuples(index=False)
    ]
    colours = {**persona_colours(names), _NEW: OTHER, _GONE: OTHER}
    figure = sankey.draw(frame, ask.theme, left=_side(frame, "source", colours, _GONE), right=_side(frame, "target", colours, _NEW))
    columns: list[Column | str] = ["From", "To", Column("Customers", numeric=True)]
    columns += [Column(word, numeric=True) for word in ("By behaviour", "By the model", "By both")] if pair.splits else []
    elsewhere = moves[moves["from_persona"].fillna("") != moves["to_persona"].fillna("")]
    here = segments.persona_names(Scope(ask.snapshot, pair.name))
    rows = [_row(pair, here, row) for row in elsewhere.to_dict("records")]
    note = f"In grey, those who stayed. {_SPLIT if pair.splits else _UNSPLIT}"
    return card("moves", Chart(_finding(pair, moves), figure, columns, rows, note), height=sankey.HEIGHT)


def _side(frame: pd.DataFrame, end: str, colours: dict[str, str], never: str) -> list[Node]:
    sums = frame.groupby(end)["value"].sum()
    return [
        Node(name, colour, float(sums.get(name, 0)), formats.count(sums.get(name, 0))) for name, colour in colours.items() if name != never
    ]


def _finding(pair: Pair, moves: pd.DataFrame) -> str:
    found = comparison.totals(moves)
    if not found.elsewhere:
        return "Nobody who is in both runs is in another persona"
    known = moves[moves["from_persona"].notna() & moves["to_persona"].notna() & (moves["from_persona"] != moves["to_persona"])]
    largest = known.iloc[0]
    said = f"{formats.plural(found.elsewhere, 'customer is', 'customers are')} in another persona"
    if pair.splits:
        said += f": {formats.count(known['behaviour'].sum())} by behaviour, {formats.count(known['model'].sum())} by the model"
        said += f", {formats.count(known['both'].sum())} by both" if known["both"].sum() else ""
    return f"{said}; the largest flow is {formats.count(largest['customers'])} from {largest['from_persona']} to {largest['to_persona']}"


def _row(pair: Pair, here: list[str], row: dict[str, Any]) -> list[Any]:
    ends = [_end(pair, here, row[end], missing) for end, missing in (("from_persona", "new"), ("to_persona", "gone"))]
    is_known = not (formats.is_nothing(row["from_persona"]) or formats.is_nothing(row["to_persona"]))
    split = [formats.count(row[why]) if is_known else formats.NOTHING for why in ("behaviour", "model", "both")]
    return [*ends, formats.count(row["customers"]), *(split if pair.splits else [])]


def _end(pair: Pair, here: list[str], name: Any, missing: str) -> Any:
    return missing if formats.is_nothing(name) else links.persona_if_known(pair.name, name, here)
