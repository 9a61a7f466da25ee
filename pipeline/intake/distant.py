"""Files at addresses of any Hadoop file system, which Spark reads where they are."""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.intake.columns import match, numbered
from pipeline.intake.source import Distant
from pipeline.intake.staged import FAULT, LINE, ORDINAL, ROW, SOURCE, InPlace, Layout, Staged
from pipeline.meter import Report

# Who only asks for a function to be called elsewhere has no use for Spark.
if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend

RAGGED = "the row has too few or too many fields"
_PARQUET, _TEXT = ".parquet", (".csv", ".tsv", ".txt")


def listed(_: Report, address: str, work: Path) -> tuple[Distant, ...]:
    """The files that an address means: itself, in a folder, or of a pattern; in the order of their names.

    Their hash is one of address, size and time: to read all that they hold would take as long as a build.
    """
    from pipeline.engines import spark

    with spark.connect(work) as connection:
        found = sorted(connection.files(address))
    return tuple(
        Distant(Path(PurePosixPath(file).name), size, 0, hashlib.sha256(f"{file}\0{size}\0{moment}".encode()).hexdigest(), file)
        for file, size, moment in found
        if not PurePosixPath(file).name.startswith((".", "_", "~"))
    )


def stage(connection: "Backend", addresses: Sequence[str], layout: Layout, work: Path) -> Staged:
    """Parquet is left where it is; texts are taken apart by Spark, and their rows written below `work`.

    Raises:
        InputError: If the files are of a format that is not read at addresses, or the header is at fault.
    """
    first, last = (PurePosixPath(addresses[at]).name for at in (0, -1))
    file = first if len(addresses) == 1 else f"{len(addresses):,} files from {first} to {last}"
    endings = {PurePosixPath(address.removesuffix(".gz")).suffix.lower() for address in addresses}
    if endings == {_PARQUET}:
        return _in_place(connection, addresses, layout, file)
    if endings <= set(_TEXT):
        return _taken_apart(connection, addresses, layout, file, work)
    raise InputError(
        f"{file}: files ending in {', '.join(sorted(endings))} are not read at an address. There, use .parquet alone or "
        f"{', '.join(_TEXT)}; or put the file into a folder of this machine."
    )


def _in_place(connection: "Backend", addresses: Sequence[str], layout: Layout, file: str) -> Staged:
    types = connection.columns(addresses)
    for name, dtype in types.items():
        if dtype.startswith(("array", "map", "struct")):
            raise InputError(f"{file}: column {name!r} is nested ({dtype}). Flatten it before the export.")
    matched = match(list(types), layout.wanted, where=file)
    found = (InPlace(address, at * 10**12, matched.names, tuple(types.values())) for at, address in enumerate(addresses))
    return Staged(file, [], matched.names, matched.renamed, matched.extra, in_place=tuple(found))


def _taken_apart(connection: "Backend", addresses: Sequence[str], layout: Layout, file: str, work: Path) -> Staged:
    delimiter = layout.delimiter or ("\t" if addresses[0].endswith(".tsv") else ",")
    head = next(csv.reader([connection.first_line(addresses[0], layout.encoding)], delimiter=delimiter), [])
    matched = match(head if layout.header else numbered(head), layout.wanted, where=file)
    target = work / "rows.parquet"
    rows = connection.lines(addresses, head if layout.header else None, matched.names, delimiter, layout.encoding)
    own = {
        SOURCE: rows.name,
        ROW: rows.nth + int(layout.header),
        ORDINAL: rows.file.cast("int64") * 10**12 + rows.nth + int(layout.header),
        FAULT: rows.line.notnull().ifelse(RAGGED, None),
        LINE: rows.line,
    }
    cells = {name: rows.line.isnull().ifelse(rows[f"c{at}"], None) for at, name in enumerate(matched.names)}
    rows.select(**own, **cells).to_parquet(target)
    return Staged(file, [target], matched.names, matched.renamed, matched.extra)
