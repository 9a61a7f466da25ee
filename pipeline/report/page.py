"""The page of a dataset: key figures, map, personas, and a row of panels below them."""

from pipeline import formats
from pipeline.manifest import Manifest
from pipeline.report import style, wording
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.moves import moves_panel
from pipeline.report.panels import Panel, findings_panel, map_panel, profiles_panel, scores_panel
from pipeline.report.sheet import Sheet
from pipeline.report.style import FIGURE, LABEL, NOTE, TITLE
from pipeline.report.table import personas_panel

Row = tuple[tuple[Panel, float], ...]
# In millimetres: around everything, between panels, of the head, of the foot.
MARGIN, GAP, HEAD, FOOT = 12.0, 8.0, 21.0, 6.0
# Of what is between head and foot, what the first row has.
_FIRST = 0.575
# A key figure's width.
_FIGURE = 25.0

# The panels of each row with their widths, as parts of it; the last one where it is known who moved, and where it is not.
_FIRST_ROW: Row = ((map_panel, 84), (personas_panel, 181))
_WITH_MOVES: Row = ((findings_panel, 66), (profiles_panel, 84), (moves_panel, 54), (scores_panel, 48))
_WITHOUT: Row = ((findings_panel, 84), (profiles_panel, 105), (scores_panel, 68))


def draw(content: Content, manifest: Manifest, *, number: int, pages: int) -> Sheet:
    """The page; `number` of `pages` stands at its foot."""
    sheet = Sheet()
    body = frame(sheet, content.record.title, wording.origin(content), manifest, number=number, pages=pages, demo=content.record.demo)
    _figures(sheet, content)
    first = body.upper((body.height - GAP) * _FIRST)
    rows = (_FIRST_ROW, _WITHOUT if content.flows.empty else _WITH_MOVES)
    for box, row in zip((first, body.below(first.height + GAP)), rows, strict=True):
        for (panel, _), place in zip(row, box.columns(*(weight for _, weight in row), gap=GAP), strict=True):
            panel(sheet, place, content)
    return sheet


def frame(sheet: Sheet, title: str, subtitle: str, manifest: Manifest, *, number: int, pages: int, demo: bool) -> Box:
    """Head and foot of a page; returns what is between them."""
    inner = Box(MARGIN, MARGIN, sheet.box.width - 2 * MARGIN, sheet.box.height - 2 * MARGIN)
    wide = inner.width - _FIGURE * 5 - GAP
    sheet.line(title, inner.left, inner.top - 2, TITLE, most=wide)
    caption = Box(inner.left, inner.top + 8, wide, 6)
    if demo:
        sheet.fill(Box(caption.left - 1.5, caption.top - 0.6, min(wide, 120) + 3, NOTE.line + 1.4), style.CAUTION, round_by=1)
        sheet.line(subtitle, caption.left, caption.top, style.Style(NOTE.size, 600, style.ON_CAUTION), most=min(wide, 120))
    else:
        sheet.line(subtitle, caption.left, caption.top, NOTE, most=wide)
    sheet.rule(inner.left, inner.top + HEAD - 6, inner.width, style.FAINT)
    foot = inner.bottom - NOTE.line + 2
    made = f"Clientele {manifest.version}, run {manifest.run_id}, built {formats.day(manifest.created_at)}"
    sheet.line(made, inner.left, foot, NOTE, most=inner.width - 30)
    sheet.line(f"{number} of {pages}", inner.right, foot, NOTE, align="right")
    return inner.below(HEAD - 2).upper(inner.height - HEAD - FOOT + 2)


def _figures(sheet: Sheet, content: Content) -> None:
    """The key figures, at the right of the head, each above its label."""
    right = sheet.box.width - MARGIN
    for at, (label, value) in enumerate(reversed(wording.key_figures(content))):
        end = right - at * _FIGURE
        sheet.line(value, end, MARGIN - 1.5, FIGURE, align="right")
        sheet.line(label, end, MARGIN + 6.5, LABEL, align="right")
