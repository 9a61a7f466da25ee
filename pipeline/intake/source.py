"""Which file, what it holds by its first bytes, and its fingerprint."""

import hashlib
import itertools
import mmap
import os
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.errors import InputError
from pipeline.intake.foreign import LOOKED_AT, foreign
from pipeline.intake.packed import ENDINGS as PACKED
from pipeline.intake.packed import ZIP_DAMAGE

Format = Literal["delimited", "workbook", "parquet"]

_ENDINGS: dict[str, Format] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".parquet": "parquet",
}
_READ = {*_ENDINGS, *PACKED}
_USUAL_ENDING: dict[Format, str] = {"delimited": ".csv", "workbook": ".xlsx", "parquet": ".parquet"}
_WORDS: dict[Format, str] = {"delimited": "text", "workbook": "a workbook", "parquet": "parquet"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"


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
        try:
            state = self.path.stat()
            same = (state.st_size, state.st_mtime_ns) == (self.size, self.modified)
        except FileNotFoundError:
            same = False
        if not same:
            raise self._changed()

    def refuse_other_content(self) -> None:
        """Insist that the file still hashes to what it did, whatever the system says of its last change.

        Raises:
            InputError: If it does not.
        """
        if fingerprint(self.path).sha256 != self.sha256:
            raise self._changed()

    def _changed(self) -> InputError:
        return InputError(f"{self.path.name}: was changed while it was being read. Build again when it is complete.")


@dataclass(frozen=True)
class Distant(Source):
    """A file at an address, which Spark alone reads: its path is a name, and its hash one of address, size and time."""

    address: str = ""

    def refuse_change(self) -> None:
        """Nothing: it cannot be asked again without Spark, which notices by itself that a file is not as long as it was."""


@dataclass(frozen=True)
class Sources:
    """What a dataset is read from: one file, or several of the same columns.

    Attributes:
        path: As it was asked for: a file, a folder, or a pattern.
        files: At least one.
    """

    path: Path
    files: tuple[Source, ...]

    @property
    def paths(self) -> tuple[Path | str, ...]:
        """Where the files are: on this machine, or, as text, at an address."""
        return tuple(file.address if isinstance(file, Distant) else file.path for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of each file."""
        return [file.sha256 for file in self.files]

    def refuse_change(self) -> None:
        """Insist that each file is the one that was hashed.

        Raises:
            InputError: If one was written since.
        """
        for file in self.files:
            file.refuse_change()


def find(path: Path) -> Sources | None:
    """The files that a path means: itself, what a folder holds, or what fits a pattern such as orders/2024-*.csv.

    Returns:
        They in the order of their names, hashed; None where nothing is there.

    Raises:
        InputError: If one cannot be opened.
    """
    found = tuple(map(fingerprint, _files(path)))
    return Sources(path, found) if found else None


def open_all(path: Path) -> Sources:
    """The same where something has to be there.

    Raises:
        InputError: If nothing is, or it cannot be opened.
    """
    # What is not there is explained by what explains a file that is not.
    return find(path) or Sources(path, (fingerprint(path),))


def fingerprint(path: Path) -> Source:
    """Hash a file without loading it.

    Raises:
        InputError: If it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise InputError(f"{path}: is a device or a pipe, not a file. Write what it gives into a file first.")
            digest = hashlib.file_digest(file, "sha256")
            return Source(path, file.tell(), state.st_mtime_ns, digest.hexdigest())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Put it there, or set CLIENTELE_RAW to the folder that holds it.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check that it is a file you may read.") from None


def _files(path: Path) -> list[Path]:
    """In the order of their names; a folder's own folders, and files that are hidden or not of a format that is read, are passed over."""
    if path.is_file():
        return [path]
    if path.is_dir():
        found = iter([file for file in path.iterdir() if file.suffix.lower() in _READ])
    else:
        # A pattern is looked for below the last folder without one.
        plain = list(itertools.takewhile(lambda part: not re.search(r"[*?\[]", part), path.parts))
        pattern = path.parts[len(plain) :]
        found = Path(*plain).glob(str(Path(*pattern))) if pattern else iter(())
    return sorted(file for file in found if file.is_file() and not file.name.startswith((".", "~")))


def identify(path: Path) -> Format:
    """Tell the format by the first bytes, and insist that the name agrees.

    Raises:
        InputError: If the file is empty, protected, of a format that is not read, or not what its name says.
    """
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
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
    found = _format(path, head, named)
    if found != named:
        raise InputError(
            f"{path.name}: its name says {_WORDS[named]}, but its first bytes ({head[:4]!r}) say {_WORDS[found]}. "
            f"Rename it to {path.stem}{_USUAL_ENDING[found]}, or export it again as {_WORDS[named]}."
        )
    return found


def _format(path: Path, head: bytes, named: Format) -> Format:
    """The format that a file's first bytes say; whatever says nothing is text."""
    if head.startswith(_ZIP):
        _refuse_plain_zip(path)
        return "workbook"
    if head.startswith(_PARQUET):
        return "parquet"
    if words := foreign(head):
        raise InputError(
            f"{path.name}: its name says {_WORDS[named]}, but its first bytes ({head[:4]!r}) say {words}. "
            f"Export the table itself as {_WORDS[named]}."
        )
    return "delimited"


def _refuse_plain_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as container:
            names = container.namelist()
    except ZIP_DAMAGE:
        return  # who reads workbooks says what is wrong with it
    if not any(name.casefold().startswith("xl/") for name in names):
        raise InputError(
            f"{path.name}: is a zip file without a workbook in it. If it packs one text file, let its name end in .zip; "
            "otherwise save the data as .csv or .xlsx."
        )


def _explain_ole(path: Path, file: BinaryIO) -> str:
    # The directory that names the parts may stand anywhere.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        protected = whole.find("EncryptedPackage".encode("utf-16-le")) >= 0
    if protected:
        return f"{path.name}: the workbook is protected by a password. Open it, remove the password, and save it again."
    return f"{path.name}: is a workbook of the old .xls format. Save it as .xlsx."
