"""All that is handed over of a run, written into a folder."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifacts import Run
from pipeline.errors import InputError
from pipeline.job_folder import PDF, WORKBOOK
from pipeline.manifest import Manifest
from pipeline.meter import Report
from pipeline.replacing import replacing
from pipeline.report import book, pdf, pictures
from pipeline.report.content import Content, read
from pipeline.report.files import FIGURES, REMEDY


def contents(run: Run, *, only: str | None = None) -> list[Content]:
    """What is said of each dataset of a run, or of the `only` one, those with orders first.

    Raises:
        InputError: If there is no such dataset.
        ArtifactError: If a table is missing, or differs from its hash.
    """
    records = run.manifest.datasets
    if only is not None and only not in records:
        raise InputError(f"No dataset is called {only!r} in run {run.manifest.run_id}. There are: {', '.join(records)}.")
    names = [only] if only else sorted(records, key=lambda name: records[name].kind != "transactions")
    return [read(run, name) for name in names]


def write_pdf(found: Sequence[Content], manifest: Manifest, folder: Path) -> None:
    """Write the PDF in one step."""
    with replacing(folder / PDF, remedy=REMEDY) as path:
        pdf.write(found, manifest, path)


def write_workbook(found: Sequence[Content], run: Run, folder: Path) -> None:
    """Write the workbook in one step."""
    with replacing(folder / WORKBOOK, remedy=REMEDY) as path:
        book.write(found, run, path)


def make(run: Run, folder: Path, *, only: str | None, report: Report) -> list[Path]:
    """Write PDF, workbook and figures, and return their paths.

    Args:
        run: The run that they are of.
        folder: Where they go; it is made, and what it has by these names is replaced.
        only: The one dataset that they are of; None for all.
        report: Called with the run's id and what is being done.

    Raises:
        InputError: If there is no such dataset, or the folder cannot be written.
        ArtifactError: If a table of the run is missing or was altered.
    """
    report(run.manifest.run_id, "reading")
    found = contents(run, only=only)
    figures = folder / FIGURES
    try:
        figures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{figures}: cannot be made ({error.strerror}). Name another folder with --out.") from None
    report(run.manifest.run_id, "writing")
    write_pdf(found, run.manifest, folder)
    drawn = pictures.write(found, run.manifest, figures)
    write_workbook(found, run, folder)
    return [folder / PDF, folder / WORKBOOK, *drawn]
