"""The page of method: what was read, how it was worked out, and how far to trust it; a column per dataset, as many pages as that takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.manifest import Manifest
from pipeline.report import page, typeset, wording
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.sheet import A4, Sheet
from pipeline.report.style import BODY, HEADING, LABEL, Style

# Columns of a page; in millimetres, before a sentence and before what names several.
_COLUMNS, _BETWEEN, _ABOVE = 2, 1.1, 2.2
# Points by which the text may be smaller, so that each dataset has one column.
_SMALLER = (0.0, 0.25, 0.5, 0.75, 1.0)
_TITLE, _SUBTITLE = "Method", "What was read, how it was worked out, and how far to trust it."


@dataclass(frozen=True)
class _Block:
    """Lines that stay together, and the space before them."""

    lines: list[str]
    style: Style
    before: float = 0.0

    @property
    def height(self) -> float:
        return self.before + len(self.lines) * self.style.line


def draw(contents: Sequence[Content], manifest: Manifest, *, before: int) -> list[Sheet]:
    """The pages; `before` of them come before."""
    laid = list(_pages(contents))
    sheets = []
    for at, columns in enumerate(laid, before + 1):
        sheet = Sheet()
        demo = any(content.record.demo for content in contents)
        subtitle = wording.MADE_UP if demo else _SUBTITLE
        body = page.frame(sheet, _TITLE, subtitle, manifest, number=at, pages=before + len(laid), demo=demo)
        for box, blocks in zip(body.columns(*[1] * _COLUMNS, gap=page.GAP), columns, strict=False):
            _set(sheet, box, blocks)
        sheets.append(sheet)
    return sheets


def _pages(contents: Sequence[Content]) -> Iterator[list[list[_Block]]]:
    """Columns with what stands in them, a page at a time; each dataset begins a column, and has no other where some size allows it."""
    width = (A4[0] - 2 * page.MARGIN - page.GAP * (_COLUMNS - 1)) / _COLUMNS
    height = A4[1] - 2 * page.MARGIN - page.HEAD - page.FOOT + 2

    def columns(less: float) -> list[list[_Block]]:
        style = BODY.sized(BODY.size - less)
        return [column for content in contents for column in _filled(list(_blocks(content, width, style)), height)]

    found = next((found for less in _SMALLER if len(found := columns(less)) == len(contents)), columns(0.0))
    for at in range(0, len(found), _COLUMNS):
        yield found[at : at + _COLUMNS]


def _filled(blocks: list[_Block], height: float) -> Iterator[list[_Block]]:
    """Blocks one after the other into columns of a height; what a sentence stands under is never the last of a column."""
    column: list[_Block] = []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        needed = block.height + (following.height if following and block.style is LABEL else 0)
        if column and sum(part.height for part in column) + needed > height:
            yield column
            column = []
        column.append(block)
    yield column


def _blocks(content: Content, width: float, style: Style) -> Iterator[_Block]:
    yield _Block([typeset.shortened(content.record.title, width, HEADING)], HEADING)
    parts = {
        "What was read": wording.reading(content),
        "What is known of a customer": wording.measuring(content),
        "How customers were grouped": wording.grouping(content),
        "How far to trust it": wording.trust(content),
        "What is expected, and who moved": wording.looking_ahead(content),
        "How to read the map": wording.mapping(content),
    }
    for name, sentences in parts.items():
        if not sentences:
            continue
        yield _Block([name], LABEL, before=_ABOVE)
        for sentence in sentences:
            yield _Block(typeset.wrapped(sentence, width, style), style, before=_BETWEEN)


def _set(sheet: Sheet, box: Box, blocks: list[_Block]) -> None:
    top = box.top
    for block in blocks:
        top = sheet.lines(block.lines, box.left, top + block.before, block.style)
