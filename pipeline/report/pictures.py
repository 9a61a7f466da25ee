"""The figures of a report one by one, as PNG and as SVG, for slides and documents."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from pipeline import formats
from pipeline.manifest import Manifest
from pipeline.replacing import replacing
from pipeline.report import panels, typeset, wording
from pipeline.report.box import Box
from pipeline.report.content import Content
from pipeline.report.figures import map as map_figure
from pipeline.report.figures import shares
from pipeline.report.files import REMEDY
from pipeline.report.sheet import MARK, Sheet
from pipeline.report.style import HEADING, NOTE, SMALL, look

# In millimetres: across 16 to 9, around everything, of the head and the foot.
_SIZE, _MARGIN, _HEAD, _FOOT = (160.0, 90.0), 6.0, 9.0, 6.0
# Pixels of an inch: 1,260 across.
_DENSITY = 200
# Between a name and its bars, in millimetres.
_BESIDE = 3.0
_TITLES = {"map": "Who is alike", "profiles": "How the personas differ", "shares": "Share of each persona"}


def write(contents: Sequence[Content], manifest: Manifest, folder: Path) -> list[Path]:
    """Write `<dataset>-<figure>.png` and `.svg` of every figure, and return their paths.

    Raises:
        InputError: If one of them cannot be written.
    """
    written = []
    with look():
        for content in contents:
            for name, sheet in drawn(content, manifest):
                title = f"{content.record.title}: {_TITLES[name]}"
                told = {"Title": title, "Date": manifest.created_at.isoformat(), "Creator": "Clientele"}
                written += [
                    _saved(FigureCanvasAgg(sheet.figure), folder / f"{content.name}-{name}.png", {"Software": None}),
                    _saved(FigureCanvasSVG(sheet.figure), folder / f"{content.name}-{name}.svg", told),
                ]
    return written


def _saved(canvas: FigureCanvasBase, path: Path, told: dict[str, Any]) -> Path:
    with replacing(path, remedy=REMEDY) as begun:
        canvas.print_figure(begun, dpi=_DENSITY, format=path.suffix[1:], metadata=told)
    return path


def drawn(content: Content, manifest: Manifest) -> Iterator[tuple[str, Sheet]]:
    """Each figure by its name; to be called, and what it gives to be written, within `style.look`."""
    figures: dict[str, Callable[[Sheet, Box, Content], int]] = {"map": _map, "profiles": panels.draw_profiles, "shares": _shares}
    for name, draw in figures.items():
        sheet = Sheet(_SIZE)
        inner = Box(_MARGIN, _MARGIN, sheet.box.width - 2 * _MARGIN, sheet.box.height - 2 * _MARGIN)
        sheet.line(f"{content.record.title}: {_TITLES[name]}", inner.left, inner.top - 1, HEADING, most=inner.width)
        shown = draw(sheet, inner.below(_HEAD).upper(inner.height - _HEAD - _FOOT), content)
        told = wording.shown(shown, len(content.names)) + _origin(content, manifest)
        sheet.line(told, inner.left, inner.bottom - NOTE.line + 1, NOTE, most=inner.width)
        yield name, sheet


def _origin(content: Content, manifest: Manifest) -> str:
    customers = formats.plural(content.record.customers, "customer")
    return f"{customers}. {wording.origin(content)} Built {formats.day(manifest.created_at)}."


def _map(sheet: Sheet, box: Box, content: Content) -> int:
    """The map, and beside it whose colour is whose; returns of how many personas."""
    legend, chart = box.columns(44, 100, gap=4)
    map_figure.draw(sheet.axes(chart), content)
    each = SMALL.line * 1.5
    names = content.largest(int(legend.height / each))
    for at, name in enumerate(names):
        top = legend.top + at * each
        sheet.mark(content.colours[name], legend.left, top + 0.5)
        sheet.line(name, legend.left + MARK + 1.6, top, SMALL, most=legend.width - MARK - 1.6)
    return len(names)


def _shares(sheet: Sheet, box: Box, content: Content) -> int:
    """Bars, the names beside them, and above what each is a share of; returns of how many personas."""
    named = shares.parts(content)
    if len(named) > 1:
        left = box.left
        for words in named.values():
            sheet.mark(shares.COLOURS[words], left, box.top + 0.4)
            sheet.line(words, left + MARK + 1.6, box.top, SMALL)
            left += MARK + 1.6 + typeset.width(words, SMALL) + 6
        box = box.below(SMALL.line + 2)
    order = content.largest(int(box.height / (SMALL.line * len(named))))
    beside = min(max(typeset.width(typeset.legible(name), SMALL) for name in order) + _BESIDE, 0.4 * box.width)
    each = box.height / len(order)
    for at, name in enumerate(order):
        middle = box.top + (at + 0.5) * each
        sheet.line(name, box.left + beside - _BESIDE, middle - SMALL.line / 2, SMALL, most=beside - _BESIDE, align="right")
    shares.draw(sheet.axes(box.beside(beside)), content, order)
    return len(order)
