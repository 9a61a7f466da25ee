"""Which file, what it holds by its first bytes, and its fingerprint."""

import hashlib
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.errors import InputError

Format = Literal["delimited", "workbook", "parquet"]

_ENDINGS: dict[str, Format] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".parquet": "parquet",
}
_USUAL_ENDING: dict[Format, str] = {"delimited": ".csv", "workbook": ".xlsx", "parquet": ".parquet"}
_WORDS: dict[Format, str] = {"delimited": "text", "workbook": "a workbook", "parquet": "parquet"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Source:
    """One input file: where it is, how large (bytes), when it was last written (nanoseconds), and what its bytes hash to."""

    path: Path
    size: int
    modified: int
    sha256: str

    def refuse_change(self) -> None:
        """Insist that the file is the one that was hashed.

        Raises:
            InputError: If it was written since.
        """
        state = self.path.stat()
        if (state.st_size, state.st_mtime_ns) != (self.size, self.modified):
            raise InputError(f"{self.path.name}: was changed while it was being read. Build again when it is complete.")


def fingerprint(path: Path) -> Source:
    """Hash a file without loading it.

    Raises:
        InputError: If it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            modified = os.fstat(file.fileno()).st_mtime_ns
            digest = hashlib.file_digest(file, "sha256")
            return Source(path, file.tell(), modified, digest.hexdigest())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Put it there, or set CLIENTELE_RAW to the folder that holds it.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check that it is a file you may read.") from None


def identify(path: Path) -> Format:
    """Tell the format by the first bytes, and insist that the name agrees.

    Raises:
        InputError: If the file is empty, protected, of an unsupported format, or not what its name says.
    """
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(_OLE):
            raise InputError(_explain_ole(path, file))
    if not head:
        raise InputError(f"{path.name}: is empty. Export it again.")
    if head.startswith(_GZIP):
        raise InputError(f"{path.name}: is compressed with gzip. Let its name end in .gz, or unpack it.")
    named = _ENDINGS.get(path.suffix.lower())
    if named is None:
        ending = path.suffix or "nothing"
        raise InputError(
            f"{path.name}: files ending in {ending!r} are not read. Use one of {', '.join(_ENDINGS)}, or pack text as .gz or .zip."
        )
    found: Format = "workbook" if head.startswith(b"PK\x03\x04") else "parquet" if head.startswith(b"PAR1") else "delimited"
    if found != named:
        raise InputError(
            f"{path.name}: its name says {_WORDS[named]}, but its first bytes ({head[:4]!r}) say {_WORDS[found]}. "
            f"Rename it to {path.stem}{_USUAL_ENDING[found]}, or export it again as {_WORDS[named]}."
        )
    return found


def _explain_ole(path: Path, file: BinaryIO) -> str:
    # The directory that names the parts may stand anywhere.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        protected = whole.find("EncryptedPackage".encode("utf-16-le")) >= 0
    if protected:
        return f"{path.name}: the workbook is protected by a password. Open it, remove the password, and save it again."
    return f"{path.name}: is a workbook of the old .xls format. Save it as .xlsx."
