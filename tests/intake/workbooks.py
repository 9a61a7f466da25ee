"""Workbooks made by openpyxl, and what openpyxl would not write."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from openpyxl.workbook import Workbook

from pipeline.intake import workbook
from pipeline.intake.staged import Layout, Staged
from tests.intake.conftest import AGES

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
HEADER = ["id", "age"]

Sheets = dict[str, list[list[Any]]]


def make(folder: Path, sheets: Sheets, edit: Callable[[Workbook], None] | None = None, name: str = "a.xlsx") -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if edit:
        edit(book)
    path = folder / name
    book.save(path)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as container:
        return {name: container.read(name) for name in container.namelist()}


def pack(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in contents.items():
            container.writestr(name, content)
    return path


def replace(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with one part changed, as openpyxl would not write it."""
    contents = parts(path)
    assert old in contents[part]
    return pack(path, contents | {part: contents[part].replace(old, new)})


def stage(folder: Path, sheets: Sheets, edit: Callable[[Workbook], None] | None = None, layout: Layout = AGES) -> Staged:
    return read(make(folder, sheets, edit), layout)


def read(path: Path, layout: Layout = AGES) -> Staged:
    work = path.parent / "work"
    work.mkdir()
    return workbook.read(path, layout, work)


def large(folder: Path) -> Path:
    """A workbook of 30,000 customers and some notes; its first sheet and its texts take more than a megabyte each, packed."""
    path = make(folder, {"S": [HEADER], "Notes": [["written by hand"]]})
    random = Random(0)
    noise = [random.randbytes(48).hex() for _ in range(60_000)]
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>{row - 2}</v></c><c r="B{row}" t="str"><v>{noise[row]}</v></c></row>'
        for row in range(2, 30_002)
    )
    texts = "".join(f"<si><t>{text}</t></si>" for text in noise[30_000:])
    contents = parts(path)
    sheet = contents[SHEET].replace(b"</sheetData>", f"{rows}</sheetData>".encode())
    return pack(path, contents | {SHEET: sheet, STRINGS: f"<sst>{texts}</sst>".encode()})


def declare(path: Path, part: str, *, size: int, checksum: int | None = None) -> None:
    """Write another size, and checksum, of a part into the zip's directory and the part's own header."""
    with zipfile.ZipFile(path) as container:
        found = container.getinfo(part)
    content = bytearray(path.read_bytes())
    true = struct.pack("<LLL", found.CRC, found.compress_size, found.file_size)
    forged = struct.pack("<LLL", found.CRC if checksum is None else checksum, found.compress_size, size)
    assert content.count(true) == 2
    path.write_bytes(content.replace(true, forged))
