import codecs
from pathlib import Path

import pytest

from pipeline.intake.decoding import as_utf8
from tests.intake.conftest import Refusal


def text(folder: Path, content: str | bytes, encoding: str = "utf-8") -> str:
    """A file as it would be read."""
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return as_utf8(path, encoding, folder).path.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ],
)
def test_utf8_and_utf16_are_told_by_their_mark(tmp_path: Path, encoding: str, mark: bytes) -> None:
    assert text(tmp_path, mark + "id,age\nZoë,20\n客户,30\n".encode(encoding)) == "id,age\nZoë,20\n客户,30\n"


def test_cp1252_is_read_where_it_is_declared(tmp_path: Path) -> None:
    assert text(tmp_path, "id,age\nZoë €,20\n".encode("cp1252"), "cp1252") == "id,age\nZoë €,20\n"


def test_cp1252_that_is_not_declared_is_refused_with_the_byte(tmp_path: Path, refusal: Refusal) -> None:
    assert refusal(text, tmp_path, "id,age\nZoë,20\n".encode("cp1252")) == (
        "a.csv: byte 9 (0xeb) is not valid utf-8. "
        'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".'
    )


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_the_byte_is_counted_from_the_beginning_of_a_large_file(tmp_path: Path, refusal: Refusal, mark: bytes) -> None:
    good = mark + b"id,age\n" + "Zoë,20\n".encode() * 200_000
    assert f"a.csv: byte {len(good) + 2} (0xff) is not valid utf-8." in refusal(text, tmp_path, good + b"Zo\xff,20\n")


def test_a_mark_outranks_the_declaration(tmp_path: Path) -> None:
    assert text(tmp_path, codecs.BOM_UTF8 + "id,age\nZoë,20\n".encode(), "cp1252") == "id,age\nZoë,20\n"


def test_utf16_that_ends_within_a_letter_is_refused_with_the_byte(tmp_path: Path, refusal: Refusal) -> None:
    assert "a.csv: byte 24 (0x0a) is not valid utf-16." in refusal(text, tmp_path, "id,age\n1,20\n".encode("utf-16")[:-1])


def test_utf16_that_is_declared_and_has_no_mark_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    assert refusal(text, tmp_path, "id,age\n1,20\n", "utf-16") == (
        "a.csv: is not utf-16 (UTF-16 stream does not start with BOM). Declare its encoding in datasets.toml."
    )


@pytest.mark.parametrize("encoding", ["utf-9", "hex"])
def test_an_encoding_that_is_none_is_refused(tmp_path: Path, refusal: Refusal, encoding: str) -> None:
    assert refusal(text, tmp_path, "id,age\n1,20\n", encoding) == (
        f"a.csv: encoding {encoding!r} is not known. Declare one such as 'utf-8' or 'cp1252'."
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_nul_bytes_are_refused_with_their_line(tmp_path: Path, refusal: Refusal, end: str) -> None:
    assert refusal(text, tmp_path, f"id,age{end}1,20{end}2,\0{end}") == (
        "a.csv, line 3: holds NUL bytes, which text never does. Export it again as CSV."
    )


PLAIN = "id,age\n1,20\n"


@pytest.mark.parametrize(
    ("content", "otherwise"),
    [
        (PLAIN, ()),
        (PLAIN.replace("\n", "\r\n"), ("lines that end in CR LF",)),
        (PLAIN.replace("\n", "\r\n", 1), ("lines that end in LF and CR LF",)),
        (codecs.BOM_UTF8 + PLAIN.encode(), ("UTF-8 with a byte order mark",)),
        (PLAIN.replace("\n", "\r").encode("utf-16"), ("utf-16", "lines that end in CR")),
    ],
)
def test_how_a_file_was_written_is_told_and_only_then_it_is_copied(
    tmp_path: Path, content: str | bytes, otherwise: tuple[str, ...]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = as_utf8(path, "utf-8", tmp_path)
    assert found.otherwise == otherwise
    assert (found.path == path) == (not otherwise or otherwise[0].startswith("UTF-8"))
    assert found.path.read_bytes().removeprefix(codecs.BOM_UTF8) == PLAIN.encode()


@pytest.mark.parametrize(
    ("content", "plain"), [(PLAIN, True), (f'{PLAIN}"2",30\n', False), (f"{PLAIN}\n2,30\n", False), (f"\n{PLAIN}", False)]
)
def test_quotes_and_empty_lines_are_told(tmp_path: Path, content: str, plain: bool) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert as_utf8(tmp_path / "a.csv", "utf-8", tmp_path).plain == plain
