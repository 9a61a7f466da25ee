"""The parts of a dataset's page, each drawn into a box."""

from collections.abc import Callable

from pipeline import formats
from pipeline.report import typeset, wording
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.figures import map as map_figure
from pipeline.report.figures import profiles
from pipeline.report.sheet import MARK, Sheet
from pipeline.report.style import BODY, HEADING, LABEL, NAME, NOTE, SMALL

Panel = Callable[[Sheet, Box, Content], None]
# In millimetres: below a heading, between what is listed.
_HEAD, _BETWEEN = 7.0, 1.6
# The most that a row is high, of scores and of a heat map.
_ROW, _TALLEST = 12.5, 14.0
# The most that names above columns, and beside rows, take of a heat map.
_ABOVE, _BESIDE = 0.4, 0.42


def heading(sheet: Sheet, box: Box, words: str) -> Box:
    """Name a panel; returns what is left of its box."""
    sheet.line(words, box.left, box.top, HEADING, most=box.width)
    return box.below(_HEAD)


def map_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """The map."""
    left = heading(sheet, box, "Who is alike")
    note = "Each point is a customer" if content.points is not None else "The stronger, the more customers"
    chart, below = left.upper(left.height - 2 * NOTE.line), left.below(left.height - 2 * NOTE.line)
    map_figure.draw(sheet.axes(chart), content)
    sheet.paragraph(f"{note}. Those who lie close together are alike; colours are those of the personas.", below, NOTE)


def findings_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """What the data says, in sentences, each with the mark of whom it speaks of."""
    left = heading(sheet, box, "What the data says")
    found = [*content.findings, *wording.doubtful(content)]
    words = left.beside(MARK + 2)
    told, style = typeset.stacked([finding.text for finding in found], words.width, left.height, _BETWEEN, BODY)
    for finding, lines in zip(found, told, strict=True):
        sheet.mark(content.colours[finding.persona], left.left, left.top + 0.6)
        left = left.below(sheet.lines(lines, words.left, left.top, style) - left.top + _BETWEEN)


def profiles_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """The heat map of profiles, its rows and columns named."""
    left = heading(sheet, box, "How the personas differ")
    table, note = left.upper(left.height - 2 * NOTE.line - 1), left.below(left.height - 2 * NOTE.line)
    shown = draw_profiles(sheet, table, content)
    sheet.paragraph(wording.shown(shown, len(content.names)) + profiles.NOTE, note, NOTE)


def draw_profiles(sheet: Sheet, box: Box, content: Content) -> int:
    """The heat map alone, of as many personas as there is room for; returns how many."""
    features = [formats.words(name) for name in content.record.features]
    widest = max(typeset.width(typeset.legible(name), SMALL) for name in content.names)
    beside = min(widest + 3 + MARK, _BESIDE * box.width)
    across = (box.width - beside) / len(features)
    named, above = _heads(features, across, box.height)
    cells = box.beside(beside).below(above)
    names = content.largest(int(cells.height / SMALL.line))
    down = min(cells.height / len(names), _TALLEST)
    cells = cells.upper(down * len(names))
    profiles.draw(sheet.axes(cells), content, names, cell=(across, down))
    for at, (lines, feature) in enumerate(zip(named, features, strict=True)):
        middle = cells.left + (at + 0.5) * across
        if lines:
            sheet.lines(lines, middle, cells.top - 1 - len(lines) * LABEL.line, LABEL, align="center")
        else:
            sheet.upright(feature, middle, cells.top - 1, LABEL, most=above - 1)
    for at, name in enumerate(names):
        middle = cells.top + (at + 0.5) * down
        sheet.mark(content.colours[name], box.left, middle - MARK / 2)
        sheet.line(name, box.left + MARK + 1.5, middle - SMALL.line / 2, SMALL, most=beside - MARK - 2.5)
    return len(names)


def scores_panel(sheet: Sheet, box: Box, content: Content) -> None:
    """How good the segments are: a figure and a plain word each."""
    left = heading(sheet, box, "How far to trust it")
    found = wording.scores(content)
    each = min(left.height / len(found), _ROW)
    wide = max(typeset.width(score.value, NAME) for score in found) + 4
    for at, score in enumerate(found):
        row = left.below(at * each).upper(each)
        sheet.rule(row.left, row.top, row.width)
        sheet.line(score.label, row.left, row.top + 1.2, SMALL, most=row.width - wide)
        sheet.line(score.value, row.right, row.top + 1.2, NAME, align="right")
        sheet.paragraph(score.grade, row.below(1.4 + SMALL.line).upper(each - SMALL.line - 2), NOTE)


def _heads(names: list[str], across: float, height: float) -> tuple[list[list[str]], float]:
    """Names above columns in lines, none where they have to stand upright, and how much room they take."""
    wrapped = [typeset.wrapped(name, across - 1, LABEL) for name in names]
    if all(" ".join(lines) == typeset.legible(name) for lines, name in zip(wrapped, names, strict=True)):
        return wrapped, max(map(len, wrapped)) * LABEL.line + 1
    longest = max(typeset.width(typeset.legible(name), LABEL) for name in names)
    return [[] for _ in names], min(longest + 2, _ABOVE * height)
