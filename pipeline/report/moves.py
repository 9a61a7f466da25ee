"""Who moved from which persona to which in the last month: a panel of a dataset's page."""

from pipeline import formats, moving
from pipeline.report import typeset
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.panels import heading
from pipeline.report.sheet import MARK, Sheet
from pipeline.report.style import NAME, NOTE, SMALL

# What is above and below the lines of a row, in millimetres.
_INSIDE = 1.3


def moves_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """The moves that were worth most, each from and to, with how many and what they spent in the year before."""
    left = heading(sheet, box, f"Who moved in {moving.month(content.month)}")
    note = left.below(left.height - 2 * NOTE.line)
    rows, each = left.upper(left.height - 2 * NOTE.line - 1), 2 * SMALL.line + 2 * _INSIDE
    found = moving.moved(content.flows).sort_values("revenue", ascending=False, kind="stable").head(int(rows.height / each))
    if found.empty:
        sheet.paragraph("Nobody moved from one persona to another.", rows, SMALL)
    for at, row in enumerate(found.itertuples()):
        _row(sheet, rows.below(at * each).upper(each), content, row.from_persona, row.to_persona, row.customers, row.revenue)
    sheet.paragraph("From, and to; customers, and what they spent in the year before. The largest first.", note, NOTE)


def _row(sheet: Sheet, box: Box, content: Content, before: str, after: str, customers: int, revenue: float) -> None:
    sheet.rule(box.left, box.top, box.width)
    values = formats.count(customers), formats.money(revenue, content.currency)
    wide = max(typeset.width(value, NAME) for value in values) + 3
    for line, (name, value) in enumerate(zip((before, after), values, strict=True)):
        top = box.top + _INSIDE + line * SMALL.line
        sheet.mark(content.colours[name], box.left, top + 0.6)
        sheet.line(name, box.left + MARK + 1.5, top, SMALL, most=box.width - MARK - 1.5 - wide)
        sheet.line(value, box.right, top, NAME.sized(SMALL.size), align="right")
