"""One file of any format to staged rows."""

from pathlib import Path

from pipeline.catalogue import Dataset
from pipeline.errors import InputError
from pipeline.intake import packed, source
from pipeline.intake.staged import Layout, Staged


def stage(path: Path, layout: Layout, work: Path) -> Staged:
    """Stage one file.

    Raises:
        InputError: If the file, or its header, is at fault.
    """
    if packed.is_packed(path):
        path = packed.unpack(path, work / "unpacked")
    found = source.identify(path)
    if layout.decimal != "." and found != "delimited":
        raise InputError(
            f"{path.name}: decimal = {layout.decimal!r} is for text files; the cells of this one hold numbers already. "
            "Remove it from datasets.toml, or export the data as CSV."
        )
    # Each reader loads only what it needs, so that a CSV does not pay for the workbook's library.
    match found:
        case "workbook":
            from pipeline.intake import workbook

            return workbook.read(path, layout, work)
        case "parquet":
            from pipeline.intake import columnar

            return columnar.read(path, layout, work)
        case "delimited":
            from pipeline.intake import delimited

            return delimited.read(path, layout, work)


def layout_of(dataset: Dataset) -> Layout:
    """What a reader has to know of a dataset."""
    return Layout(dataset.source_columns, dataset.sheets, dataset.delimiter, dataset.encoding, dataset.decimal)
