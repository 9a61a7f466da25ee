"""Pages looked at: where each text is, measured by what draws them."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pipeline.report.sheet import Sheet

# Points by which two boxes may reach into each other: letters do not fill them.
_SLACK = 0.6


def texts(sheet: Sheet) -> list[Text]:
    """All texts of a page that say anything."""
    return [text for text in sheet.figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def words(sheet: Sheet) -> str:
    """All that a page says, a line each."""
    return "\n".join(text.get_text() for text in texts(sheet))


def trouble(sheet: Sheet) -> list[str]:
    """What a designer would mind: texts that leave the page, or lie on each other."""
    FigureCanvasAgg(sheet.figure).draw()
    boxes = [(text.get_text(), _shrunk(text.get_window_extent())) for text in texts(sheet)]
    page = sheet.figure.bbox
    outside = [f"{words!r} leaves the page" for words, box in boxes if not (page.contains(*box.min) and page.contains(*box.max))]
    return outside + [f"{one!r} lies on {other!r}" for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]


def _shrunk(box: Bbox) -> Bbox:
    height = min(_SLACK + 0.12 * box.height, box.height / 2.1)
    return Bbox.from_extents(box.x0 + _SLACK, box.y0 + height, box.x1 - _SLACK, box.y1 - height)
