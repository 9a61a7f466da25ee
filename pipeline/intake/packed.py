"""A text file packed by gzip or zip, unpacked within bounds."""

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.errors import InputError

ENDINGS = (".gz", ".zip")
TEXTS = (".csv", ".tsv", ".txt")
# Order lines pack to a tenth, repetitive logs to a fiftieth, tables of flags that are hardly ever set to a 200th; equal rows to a 1000th.
MAX_RATIO = 400
# Bytes that have to keep to the ratio, wherever they stand; fewer may be anything, and are soon read.
STRETCH = 64 << 20
MAX_UNPACKED = 8 << 30
# What reading a damaged or cut zip raises; NotImplementedError a method of packing that is not known, RuntimeError a password.
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
# Small: how much was read of the packed file, which is read a chunk ahead, then tells how much was unpacked.
_CHUNK = 1 << 16
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_packed(path: Path) -> bool:
    """Whether the name says so."""
    return path.suffix.lower() in ENDINGS


def unpack(path: Path, folder: Path) -> Path:
    """Write what is packed into `folder`, which is made.

    Returns:
        Path of the text file, under its own name.

    Raises:
        InputError: If it is empty or damaged, does not hold exactly one text file, or unpacks to far more than text does.
    """
    if path.stat().st_size == 0:
        raise InputError(f"{path.name}: is empty. Export it again.")
    folder.mkdir()
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".gz":
                with gzip.open(file) as packed:
                    return _copy(packed, file, path, folder / path.stem)
            with zipfile.ZipFile(file) as container:
                entry = _only_text(path, container)
                with container.open(entry) as packed:
                    return _copy(packed, file, path, folder / Path(entry.filename).name)
    except (*ZIP_DAMAGE, gzip.BadGzipFile) as error:
        raise InputError(f"{path.name}: is damaged, cut short, or protected ({str(error)[:120]}). Pack it again, or unpack it.") from None


def _only_text(path: Path, container: zipfile.ZipFile) -> zipfile.ZipInfo:
    # macOS packs a shadow of each file beside it.
    entries = [entry for entry in container.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
    texts = [entry for entry in entries if entry.filename.lower().endswith(TEXTS)]
    if len(texts) != 1:
        there = ", ".join(entry.filename for entry in entries[:5]) or "nothing"
        raise InputError(f"{path.name}: holds {len(texts)} text files, not one ({there}). Pack the one to read by itself.")
    text = texts[0]
    if text.compress_type not in METHODS:
        # Python unpacks the other methods a whole piece at a time, however much it becomes.
        raise InputError(f"{path.name}: is packed by a method that is not read. Pack it again as an ordinary zip, or unpack it.")
    if text.file_size > MAX_UNPACKED or text.file_size > max(STRETCH, MAX_RATIO * text.compress_size):
        raise _swollen(path, text.file_size)
    return text


def _copy(packed: _Readable, file: BinaryIO, path: Path, target: Path) -> Path:
    """Unpack a chunk at a time: what a container declares of its own size is only its word.

    Args:
        packed: What is unpacked.
        file: The file it is read from; its position says how far.
        path: Of that file.
        target: Where the text goes.
    """
    written = stretch_from = read_before = 0
    with target.open("wb") as out:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            stretch = written - stretch_from
            if stretch >= STRETCH:
                if stretch > MAX_RATIO * (file.tell() - read_before):
                    raise _swollen(path, written)
                stretch_from, read_before = written, file.tell()
            if written > MAX_UNPACKED:
                raise _swollen(path, written)
            out.write(chunk)
    return target


def _swollen(path: Path, unpacked: int) -> InputError:
    packed = path.stat().st_size
    return InputError(
        f"{path.name}: unpacks to {unpacked / 1e6:,.0f} MB or more from {packed / 1e6:,.2f} MB, far more than text does. Unpack it first."
    )
