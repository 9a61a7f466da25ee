"""Files made to do harm: small to send, endless to read. None takes its true size on the way to disk."""

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = b"id,age,visits\n"
_ROWS = b"1,20,3\n" * (1 << 17)
_TIMES = 11_000  # 10 GB of rows
_SHEET = "xl/worksheets/sheet1.xml"
_CELLS = b'<row><c t="inlineStr"><is><t>1</t></is></c><c><v>20</v></c><c><v>3</v></c></row>' * (1 << 14)
_SHEET_HEAD = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>age</t></is></c><c t="inlineStr"><is><t>visits</t></is></c></row>'
)
_SHEET_END = b"</sheetData></worksheet>"
_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 10))
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row><c t="inlineStr"><is><t>&a9;</t></is></c></row></sheetData></worksheet>'
)


@dataclass(frozen=True)
class Hostile:
    """A file, what it is, and how to make it in a folder."""

    what: str
    name: str
    make: Callable[[Path], None]


@dataclass(frozen=True)
class _Part:
    """A deflated part of a zip: its stream, and the size (bytes) that the directory says it unpacks to."""

    name: str
    stream: bytes
    said_size: int


def _repeated(head: bytes, block: bytes, times: int, end: bytes = b"") -> tuple[bytes, int]:
    """A raw deflate stream of `head`, `block` many times and `end`, and the size of what it unpacks to.

    After a full flush nothing refers to what came before, so one packed block can be written as often as wanted.
    """

    def flushed(text: bytes) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)

    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    stream = flushed(head) + flushed(block) * times + last.compress(end) + last.flush()
    return stream, len(head) + len(block) * times + len(end)


def _zip(path: Path, plain: dict[str, bytes], part: _Part) -> None:
    """A zip of plain parts and one made by hand, whose checksum is wrong: nobody knows before the end."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in plain.items():
            container.writestr(name, content)
        assert container.fp is not None
        entry = zipfile.ZipInfo(part.name)
        entry.compress_type, entry.header_offset = zipfile.ZIP_DEFLATED, container.fp.tell()
        entry.CRC, entry.compress_size, entry.file_size = 0, len(part.stream), part.said_size
        container.fp.write(entry.FileHeader() + part.stream)
        container.filelist.append(entry)
        container.NameToInfo[part.name] = entry
        container.start_dir = container.fp.tell()


def _text_zip(path: Path, *, said_size: int | None = None) -> None:
    stream, size = _repeated(HEADER, _ROWS, _TIMES)
    _zip(path, {}, _Part("rows.csv", stream, said_size or size))


def _nested_zip(path: Path) -> None:
    """Sixteen zips in each of four layers of zips, as 42.zip has them."""
    packed, name = _ROWS * 8, "rows.csv"
    for _ in range(4):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as container:
            for at in range(16):
                container.writestr(f"{at}-{name}", packed)
        packed, name = outer.getvalue(), "more.zip"
    path.write_bytes(packed)


def _bzip2_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as container, container.open("rows.csv", "w") as part:
        for _ in range(256):
            part.write(bytes(1 << 20))


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(HEADER) + gzip.compress(_ROWS) * _TIMES)


def _late_gzip(path: Path) -> None:
    """Twenty megabytes of honest rows first."""
    dice = random.Random(0)
    honest = "".join(f"{dice.randrange(10**9)},{dice.randrange(10**9)},{dice.randrange(10**9)}\n" for _ in range(1_300_000)).encode()
    path.write_bytes(gzip.compress(HEADER + honest, 1) + gzip.compress(_ROWS) * _TIMES)


def _workbook_parts() -> dict[str, bytes]:
    """The parts of an empty workbook but for its sheet."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    with zipfile.ZipFile(whole) as container:
        return {name: container.read(name) for name in container.namelist() if name != _SHEET}


def _large_workbook(path: Path) -> None:
    stream, size = _repeated(_SHEET_HEAD, _CELLS, 2500, _SHEET_END)
    _zip(path, _workbook_parts(), _Part(_SHEET, stream, size))


def _lying_workbook(path: Path) -> None:
    # Not larger: whoever believes it holds three times of this in memory.
    stream, _ = _repeated(_SHEET_HEAD, _CELLS, 800, _SHEET_END)
    _zip(path, _workbook_parts(), _Part(_SHEET, stream, 20 * len(stream)))


def _laughing_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in (_workbook_parts() | {_SHEET: _LAUGHS}).items():
            container.writestr(name, content)


def _parquet(path: Path) -> None:
    """Its footer, in Thrift's compact protocol, is told of far more rows than there are."""
    rows, declared = 12_345, 50 * 10**9 // 24
    table = pa.table({name: pa.array([1] * rows, pa.int64()) for name in ("id", "age", "visits")})
    pq.write_table(table, path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    footer = whole[-8 - length : -8].replace(_varint(2 * rows), _varint(2 * declared))
    path.write_bytes(whole[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte have the highest bit set."""
    bits = [number >> at & 127 for at in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(low | 128 for low in bits[:-1]), bits[-1]])


FILES = (
    Hostile("a workbook whose sheet unpacks to 3 GB, and says so", "large.xlsx", _large_workbook),
    Hostile("a workbook whose sheet unpacks to 1 GB, and says a fraction", "lying.xlsx", _lying_workbook),
    Hostile("a workbook of entities within entities", "laughs.xlsx", _laughing_workbook),
    Hostile("a gzip of 10 GB of equal rows", "endless.csv.gz", _gzip),
    Hostile("the same after 39 MB of honest rows", "late.csv.gz", _late_gzip),
    Hostile("a zip of 10 GB of equal rows, which says so", "endless.zip", _text_zip),
    Hostile("a zip of 10 GB of equal rows, which says 200 MB", "lying.zip", lambda path: _text_zip(path, said_size=200_000_000)),
    Hostile("a zip packed by bzip2, which Python unpacks whole", "bzip2.zip", _bzip2_zip),
    Hostile("zips within zips", "nested.zip", _nested_zip),
    Hostile("a parquet that declares 50 GB", "declares.parquet", _parquet),
)
