"""Files of any format to staged rows, several as one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import InputError
from pipeline.intake import packed, source
from pipeline.intake.findings import Remark
from pipeline.intake.staged import Layout, Staged, distinct, stacked
from pipeline.settings import Dataset


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
    if found == "parquet" and not layout.header:
        raise InputError(f"{path.name}: header = false is for text and workbooks; parquet names its columns. Remove it from datasets.toml.")
    # Each reader loads only what it needs, so that a CSV does not pay for the workbook's library.
    match found:
        case "workbook":
            from pipeline.intake import workbook

            return workbook.read(path, layout, work)
        case "parquet":
            from pipeline.intake import columnar

            return columnar.read(path, layout)
        case "delimited":
            from pipeline.intake import delimited

            return delimited.read(path, layout, work)


def stage_all(paths: Sequence[Path], layout: Layout, work: Path) -> Staged:
    """Stage files of the same columns, one after another, as one.

    Raises:
        InputError: If one of them, or its header, is at fault.
    """
    if len(paths) == 1:
        return stage(paths[0], layout, work)
    parts = []
    for at, path in enumerate(paths):
        folder = work / f"file-{at:05}"
        folder.mkdir()
        parts.append(stage(path, replace(layout, place=at), folder))
    return together(parts, [path.name for path in paths])


def together(parts: Sequence[Staged], names: Sequence[str]) -> Staged:
    """Files of the same columns, which have these names, one after another, as one.

    Raises:
        InputError: If they count days from different dates.
    """
    if len(parts) == 1:
        return parts[0]
    return Staged(
        f"{len(names):,} files from {names[0]} to {names[-1]}",
        [file for part in parts for file in part.files],
        stacked(part.columns for part in parts),
        distinct(name for part in parts for name in part.renamed),
        distinct(name for part in parts for name in part.extra),
        _remarks(parts),
        _epoch(parts),
        tuple(file for part in parts for file in part.in_place),
    )


def _remarks(parts: Sequence[Staged]) -> tuple[Remark, ...]:
    """Remarks of several files, those of one kind added up; the example says which file it is of."""
    found: dict[tuple[str, str], Remark] = {}
    for part in parts:
        for remark in part.remarks:
            before = found.get((remark.check, remark.outcome), replace(remark, rows=0, example=""))
            example = before.example or (f"{part.file}, {remark.example}" if remark.example else "")
            found[remark.check, remark.outcome] = replace(before, rows=before.rows + remark.rows, example=example)
    return tuple(found.values())


def _epoch(parts: Sequence[Staged]) -> str | None:
    epochs = {part.epoch: part.file for part in parts if part.epoch}
    if len(epochs) > 1:
        (first, one), (second, other) = list(epochs.items())[:2]
        raise InputError(
            f"{one} counts days from {first}, {other} from {second}. Save one of them again with the date system of the other."
        )
    return next(iter(epochs), None)


def layout_of(dataset: Dataset) -> Layout:
    """What a reader has to know of a dataset."""
    return Layout(
        dataset.source_columns,
        dataset.sheets,
        dataset.delimiter,
        dataset.encoding,
        dataset.decimal,
        dataset.header,
        dataset.numeric_columns,
    )
