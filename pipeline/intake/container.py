"""The zip file that a workbook is: refused where it holds, or unpacks to, what no workbook does."""

import copy
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError, first_line
from pipeline.intake.packed import METHODS, ZIP_DAMAGE
from pipeline.intake.sheet_parts import Marks

# A sheet of a million rows and twenty columns is about one GB of XML at a ratio near 10.
MAX_UNPACKED = 2 << 30
MAX_RATIO = 200
MAX_ENTRIES = 10_000
_PROLOG = 1 << 16
_SMALL_PART = 1 << 20
_CHUNK = 1 << 20


def refuse_unsafe(path: Path) -> None:
    """Refuse, from its directory and its small parts, a container that would unpack to far more than a workbook does.

    Raises:
        InputError: If it is no zip, has too many entries, is or claims to be too large, or defines XML entities.
    """
    try:
        with zipfile.ZipFile(path) as container:
            entries = container.infolist()
            _refuse_declared(path, entries)
            for entry in entries:
                if not _is_large(entry):
                    for _ in _unpacked(path, container, entry):
                        pass
                if entry.filename.endswith((".xml", ".rels")):
                    with container.open(entry) as part:
                        _refuse_entities(path, entry.filename, part.read(_PROLOG))
    except ZIP_DAMAGE as error:
        raise _damaged(path, error) from None


def survey(path: Path) -> dict[str, Marks]:
    """Unpack the large parts, of which `refuse_unsafe` has only seen the beginning.

    It takes less than half of the time that the parser takes, whatever they hold, so that both can begin at once.

    Returns:
        What could be in each of them, by its name.

    Raises:
        InputError: As soon as one is larger than it says, or damaged.
    """
    surveyed = {}
    try:
        with zipfile.ZipFile(path) as container:
            for entry in filter(_is_large, container.infolist()):
                marks = surveyed[entry.filename] = Marks()
                for chunk in _unpacked(path, container, entry):
                    marks.look(chunk)
    except ZIP_DAMAGE as error:
        raise _damaged(path, error) from None
    return surveyed


def _refuse_declared(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        raise InputError(
            f"{path.name}: would unpack to {unpacked / 1e6:,.0f} MB in {len(entries):,} parts from {packed / 1e6:,.1f} MB, "
            "which no plain workbook does. Export the data as CSV."
        )
    odd = next((entry.filename for entry in entries if entry.compress_type not in METHODS), None)
    if odd:
        raise InputError(f"{path.name}: {odd} is packed by a method that workbooks do not use. Save it again as .xlsx.")
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise InputError(f"{path.name}: is a zip file without a workbook in it. Save it again as .xlsx.")


def _is_large(entry: zipfile.ZipInfo) -> bool:
    return entry.compress_size > _SMALL_PART


def _unpacked(path: Path, container: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part by chunks: its size in the directory is only its word, and whoever else unpacks it may not stop there."""
    longer = copy.copy(entry)
    longer.file_size = entry.file_size + 1
    with container.open(longer) as part:
        while chunk := part.read(_CHUNK):
            if part.tell() > entry.file_size:
                raise InputError(f"{path.name}: {entry.filename} is larger than the workbook declares. Export the data as CSV.")
            yield chunk


def _refuse_entities(path: Path, part: str, head: bytes) -> None:
    """A document type may only stand before the first element, so the head of the part shows it."""
    plain = head.replace(b"\0", b"")  # UTF-16 parts
    plain = re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", plain, flags=re.DOTALL)
    root = re.search(rb"<[A-Za-z_]", plain)
    prolog = plain[: root.start()] if root else plain
    if b"<!" in prolog:
        raise InputError(f"{path.name}: {part} defines XML entities, which workbooks have no use for. Save it again as .xlsx.")


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path.name}: the workbook is damaged or cut short ({first_line(error)}). Export it again.")
