"""Intake alone: what a file's rows would come to, without building anything."""

import tempfile
from datetime import date
from pathlib import Path

from pipeline import beside, measuring
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.source import open_all
from pipeline.limits import ANY_FILE
from pipeline.meter import Report
from pipeline.settings import Dataset


def check_file(name: str, dataset: Dataset, file: Path, *, as_of: date | None, report: Report) -> tuple[Counts, list[Finding]]:
    """Read and check a file, or a folder or pattern of files, as a build would.

    Args:
        name: The dataset's.
        dataset: Its settings.
        file: Any file of that shape.
        as_of: Date that no order line may reach; None for no limit.
        report: Hears of the stages.

    Raises:
        InputError: If the file would be refused.
    """
    sources = open_all(file)
    with tempfile.TemporaryDirectory() as folder, beside.child(report, ANY_FILE) as child:
        return beside.result(child.submit(measuring.check, name, dataset, sources.paths, Path(folder) / "work", as_of), file)
