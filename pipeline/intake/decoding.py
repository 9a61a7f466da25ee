"""A text file brought to UTF-8 with line feeds, every byte checked."""

import codecs
import io
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError, UndeclaredError

_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_ENDS = {"\r\n": "CR LF", "\r": "CR", "\n": "LF"}


@dataclass(frozen=True)
class Text:
    """A file as UTF-8 with line feeds.

    Attributes:
        path: The file itself, or a copy.
        plain: Whether it holds no quote and no empty line.
        otherwise: How it was written, as far as that was not UTF-8 with line feeds.
    """

    path: Path
    plain: bool
    otherwise: tuple[str, ...]


def as_utf8(path: Path, encoding: str, work: Path) -> Text:
    """Check every byte; name the file itself when it can be read as it is, a copy in `work` otherwise.

    Raises:
        InputError: Naming the byte or the line that is no text, or an encoding that is not known.
    """
    encoding, start = _encoding(path, encoding)
    copy = None if encoding == "utf-8" else work / "text.csv"
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    line, last, plain = 1, "\n", True
    with copy.open("w", encoding="utf-8", newline="") if copy else nullcontext() as out:
        for chunk in _decoded(path, encoding, start):
            text = ends.decode(chunk)
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise InputError(f"{path.name}, line {line}: holds NUL bytes, which text never does. Export it again as CSV.")
            line += text.count("\n")
            plain = plain and not ('"' in text or "\n\n" in text or last == text[:1] == "\n")
            last = text[-1:] or last
            if out:
                out.write(text)
        if out:
            out.write(ends.decode("", final=True))
    if copy is None and ends.newlines not in (None, "\n"):
        # DuckDB refuses mixed line ends, and miscounts those of two characters that lie across its buffers.
        copy = work / "text.csv"
        with path.open(encoding="utf-8") as found, copy.open("w", encoding="utf-8", newline="\n") as even:
            shutil.copyfileobj(found, even, _CHUNK)
    return Text(copy or path, plain, _otherwise(encoding, start, ends.newlines))


def _otherwise(encoding: str, start: int, newlines: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The encoding and the line ends in words, where they are not UTF-8 and line feeds; `newlines` as Python's decoder tells them."""
    encoded = [encoding] if encoding != "utf-8" else ["UTF-8 with a byte order mark"] if start else []
    found = [newlines] if isinstance(newlines, str) else newlines or []
    ended = [f"lines that end in {' and '.join(_LINE_ENDS[end] for end in found)}"] if {*found} - {"\n"} else []
    return (*encoded, *ended)


def _encoding(path: Path, declared: str) -> tuple[str, int]:
    """What the file is written in, and at which byte it begins: a byte order mark outranks the declaration."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if head.startswith(_UTF16):
        return "utf-16", 0
    try:
        " ".encode(declared)  # refuses what is no encoding of text, such as 'hex'
        name = codecs.lookup(declared).name
    except LookupError:
        raise InputError(f"{path.name}: encoding {declared!r} is not known. Declare one such as 'utf-8' or 'cp1252'.") from None
    return "utf-8" if name == "utf-8-sig" else name, 0


def _decoded(path: Path, encoding: str, start: int) -> Iterator[str]:
    """The text, a piece at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = start
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            yield _decode(decoder, chunk, path, encoding, position - len(decoder.getstate()[0]))
            position += len(chunk)
    _decode(decoder, b"", path, encoding, position - len(decoder.getstate()[0]), final=True)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, path: Path, encoding: str, start: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise UndeclaredError(
            f"{path.name}: byte {start + error.start} ({error.object[error.start]:#04x}) is not valid {encoding}. "
            'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".',
            "encoding",
        ) from None
    except UnicodeError as error:
        raise InputError(f"{path.name}: is not {encoding} ({error}). Declare its encoding in datasets.toml.") from None
