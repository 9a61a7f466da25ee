"""From a file to a block of the catalogue, tried on the file before anybody has to believe it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline import catalogue
from pipeline.checkup import check_file
from pipeline.errors import InputError
from pipeline.init import block
from pipeline.init.guess import guess
from pipeline.init.sample import take
from pipeline.intake.findings import Counts, Finding
from pipeline.intake.source import open_all
from pipeline.meter import Report
from pipeline.replacing import replacing
from pipeline.settings import Kind

SHOWN = 5


@dataclass(frozen=True)
class Beginning:
    """A block that is not yet in the catalogue.

    Attributes:
        name: Of the dataset.
        block: As it would be written.
        rows: The first rows as they are read: a heading, then texts, of the columns that are used.
        counts: The row law of the file under it.
        findings: Its data-quality report.
        text: The whole catalogue with it.
    """

    name: str
    block: str
    rows: list[list[str]]
    counts: Counts
    findings: list[Finding]
    text: str


def begin(
    file: Path, *, raw: Path, catalogue_file: Path, name: str | None, kind: Kind | None, time_format: str | None, report: Report
) -> Beginning:
    """Look at a file and write a block for it, which intake then tries.

    Args:
        file: Any file that intake reads, or a folder or pattern of files of the same columns, of which the first is looked at.
        raw: Folder that the catalogue's files are looked for in.
        catalogue_file: The catalogue, which may not be there yet.
        name: Of the dataset; made of the file's without one.
        kind: Where it is known.
        time_format: strftime format of its times, where it is known.
        report: Hears of the stages.

    Raises:
        InputError: If the file is refused, what it holds cannot be told, or the catalogue has the name already.
    """
    sample = take(open_all(file).files[0].path, report=report)
    name = name or block.name_for(file)
    found = guess(sample, kind=kind, time_format=time_format)
    written = block.write(name, _place(file, raw), sample, found)
    text = catalogue_file.read_text(encoding="utf-8-sig") if catalogue_file.exists() else ""
    if text and name in catalogue.load(catalogue_file):
        raise InputError(f"{catalogue_file}: has a dataset {name!r} already. Give this one another name with --name NAME.")
    text = f"{text.rstrip()}\n\n{written}".lstrip()
    dataset = catalogue.parse(text, catalogue_file)[name]
    counts, findings = check_file(name, dataset, file, as_of=None, report=report)
    used = [header for header in dataset.source_columns.values() if header in sample.columns]
    rows = [[sample.columns[header][at] or "" for header in used] for at in range(min(SHOWN, sample.rows))]
    return Beginning(name, written, [used, *rows], counts, findings, text)


def keep(beginning: Beginning, catalogue_file: Path) -> None:
    """Write the catalogue with the block in it, in one step.

    Raises:
        InputError: If it cannot be written.
    """
    with replacing(catalogue_file, remedy="Name another with --catalogue FILE.") as new:
        new.write_text(beginning.text, encoding="utf-8")


def _place(file: Path, raw: Path) -> str:
    """How the catalogue names a file: by its place in the folder of files, or in full."""
    full = file.resolve()
    return str(full.relative_to(raw.resolve())) if full.is_relative_to(raw.resolve()) else str(full)
