"""The PDF for the meeting: a page per dataset, and what stands behind them."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages

from pipeline.manifest import Manifest
from pipeline.report import method, page
from pipeline.report.content import Content
from pipeline.report.sheet import Sheet
from pipeline.report.style import look


def pages(contents: Sequence[Content], manifest: Manifest) -> list[Sheet]:
    """All pages; to be called, and what it returns to be written, within `style.look`."""
    # Their number stands on each of them, and only the method's is not known beforehand.
    behind = method.draw(contents, manifest, before=len(contents))
    count = len(contents) + len(behind)
    return [*(page.draw(content, manifest, number=at, pages=count) for at, content in enumerate(contents, 1)), *behind]


def write(contents: Sequence[Content], manifest: Manifest, path: Path) -> None:
    """Write the file: text as text, fonts in it, its date that of the run."""
    told = {
        "Title": "Customer segments",
        "Creator": f"Clientele {manifest.version}",
        "Subject": ", ".join(content.record.title for content in contents),
        "CreationDate": manifest.created_at,
        "ModDate": manifest.created_at,
    }
    with look(), PdfPages(path, metadata=told) as file:
        for sheet in pages(contents, manifest):
            FigureCanvasPdf(sheet.figure)
            file.savefig(sheet.figure)
