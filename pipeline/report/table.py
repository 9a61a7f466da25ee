"""The table of personas on a dataset's page: who they are, their share, and what to do."""

from dataclasses import dataclass
from typing import Any

from pipeline import formats
from pipeline.palette import GRID
from pipeline.report import typeset
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.panels import heading
from pipeline.report.sheet import MARK, Sheet
from pipeline.report.style import LABEL, NAME, NOTE, SMALL, Style

# In millimetres: the row of headings, above and below what stands in a row, between columns.
_HEAD, _INSIDE, _GAP = 5.0, 1.3, 4.0
_BAR = 1.3
# A row lower than this cannot be read.
_LOWEST = 5.0
_BULLET = "·"


@dataclass(frozen=True)
class _Columns:
    """Where the columns are, each a box as high as the table."""

    who: Box
    customers: Box
    revenue: Box | None
    actions: Box


def personas_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """One row per persona, in the order of the rules."""
    left = heading(sheet, box, "Personas, and what to do")
    columns = _columns(left, sells=content.sells)
    _headings(sheet, columns)
    rows = content.personas.to_dict("records")
    room = int((left.height - _HEAD) / _LOWEST)
    shown, height = rows[:room], left.below(_HEAD)
    if len(rows) > room:
        shown, height = rows[: room - 1], height.upper(height.height - _LOWEST)
        more = formats.plural(len(rows) - len(shown), "more persona")
        sheet.line(f"And {more}: the workbook has all of them.", left.left, height.bottom + _INSIDE, NOTE)
    # With few personas, rows as high as the words need are easier to read than rows spread over the page.
    each = min(height.height / len(shown), 16.0)
    for at, row in enumerate(shown):
        top = height.top + at * each
        sheet.rule(left.left, top, left.width)
        _row(sheet, columns, top, each, row, content)


def _columns(box: Box, *, sells: bool) -> _Columns:
    if sells:
        who, customers, revenue, actions = box.columns(52, 21, 22, 90, gap=_GAP)
        return _Columns(who, customers, revenue, actions)
    who, customers, actions = box.columns(62, 28, 98, gap=_GAP)
    return _Columns(who, customers, None, actions)


def _headings(sheet: Sheet, columns: _Columns) -> None:
    named = {"Persona": columns.who, "Customers": columns.customers, "Revenue": columns.revenue, "What to do": columns.actions}
    for words, box in named.items():
        if box:
            sheet.line(words, box.left, box.top, LABEL)


def _row(sheet: Sheet, columns: _Columns, top: float, height: float, row: dict[str, Any], content: Content) -> None:
    colour, inner = content.colours[row["persona"]], height - 2 * _INSIDE
    who = Box(columns.who.left, top + _INSIDE, columns.who.width, inner)
    sheet.mark(colour, who.left, who.top + 0.5)
    words = who.beside(MARK + 1.8)
    sheet.line(row["persona"], words.left, words.top - 0.2, NAME, most=words.width)
    if words.height - NAME.line >= NOTE.line * 0.8:
        sheet.paragraph(row["summary"], words.below(NAME.line), NOTE)
    _share(sheet, columns.customers, top, height, formats.count(row["customers"]), row["share"], colour)
    if columns.revenue:
        _share(sheet, columns.revenue, top, height, formats.money(row["revenue"], content.currency), row["revenue_share"], colour)
    _actions(sheet, Box(columns.actions.left, top + _INSIDE, columns.actions.width, inner), list(row["actions"]))


def _share(sheet: Sheet, column: Box, top: float, height: float, figure: str, share: float, colour: str) -> None:
    """A figure, its share of all, and a bar of it where there is room."""
    text = top + _INSIDE
    sheet.line(figure, column.left, text - 0.2, NAME)
    sheet.line(formats.share(share), column.right, text - 0.2, NOTE, align="right")
    if height >= NAME.line + _BAR + 2 * _INSIDE:
        bar = Box(column.left, text + NAME.line + 0.6, column.width, _BAR)
        sheet.fill(bar, GRID["light"], round_by=0.5)
        if share > 0:
            sheet.fill(bar.beside(0).columns(max(share, 0.02), 1 - max(share, 0.02), gap=0)[0] if share < 1 else bar, colour, round_by=0.5)


def _actions(sheet: Sheet, box: Box, actions: list[str]) -> None:
    """As many as there is room for, the first in any case."""
    left = box.beside(typeset.width(f"{_BULLET} ", SMALL) + 0.6)
    for at, action in enumerate(actions):
        lines, style = _fits(action, left, first=at == 0)
        if not lines:
            return
        sheet.line(_BULLET, box.left, left.top, style)
        left = left.below(sheet.lines(lines, left.left, left.top, style) - left.top)


def _fits(words: str, box: Box, *, first: bool) -> tuple[list[str], Style]:
    lines = typeset.wrapped(words, box.width, SMALL)
    if len(lines) * SMALL.line <= box.height + 0.2:
        return lines, SMALL
    return typeset.fitted(words, box.width, box.height, SMALL) if first else ([], SMALL)
