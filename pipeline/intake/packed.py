"""A text file packed by gzip or zip, unpacked within bounds."""

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError

ENDINGS = (".gz", ".zip")
TEXTS = (".csv", ".tsv", ".txt")
# Text packs to a tenth, seldom to a fiftieth; what grows more than this was made to.
MAX_RATIO = 200
MAX_UNPACKED = 8 << 30
# What reading a damaged or cut zip raises; NotImplementedError a method of packing that is not known, RuntimeError a password.
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_CHUNK = 1 << 20


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
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as packed:
                return _copy(packed, path, folder / path.stem)
        with zipfile.ZipFile(path) as container:
            entry = _only_text(path, container)
            _refuse_growth(path, entry.file_size)
            with container.open(entry) as packed:
                return _copy(packed, path, folder / Path(entry.filename).name)
    except (*ZIP_DAMAGE, gzip.BadGzipFile) as error:
        raise InputError(f"{path.name}: is damaged, cut short, or protected ({str(error)[:120]}). Pack it again, or unpack it.") from None


def _only_text(path: Path, container: zipfile.ZipFile) -> zipfile.ZipInfo:
    # macOS packs a shadow of each file beside it.
    entries = [entry for entry in container.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
    texts = [entry for entry in entries if entry.filename.lower().endswith(TEXTS)]
    if len(texts) != 1:
        there = ", ".join(entry.filename for entry in entries[:5]) or "nothing"
        raise InputError(f"{path.name}: holds {len(texts)} text files, not one ({there}). Pack the one to read by itself.")
    return texts[0]


def _copy(packed: _Readable, path: Path, target: Path) -> Path:
    """Unpack a part at a time: what a container declares of its own size is only its word."""
    written = 0
    with target.open("wb") as out:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            _refuse_growth(path, written)
            out.write(chunk)
    return target


def _refuse_growth(path: Path, unpacked: int) -> None:
    """Insist on a size, in bytes, that a text may have."""
    most = min(MAX_UNPACKED, MAX_RATIO * max(path.stat().st_size, _CHUNK))
    if unpacked > most:
        raise InputError(f"{path.name}: unpacks to more than {most / 1e6:,.0f} MB, which no text of its size does. Unpack it yourself.")
