"""Files whose bytes are not what was hoped for."""

import codecs
import gzip
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.intake.findings import Counts, Finding
from tests.bad_inputs.conftest import check, club, refuse, take, text_file, workbook
from tests.intake.conftest import CLUB, RAGGED
from tests.intake.test_columnar import forge
from tests.intake.workbooks import SHEET, declare, pack, parts

TWO = "id,age,sex\nZoë,20,F\n客户,30,M\n"
LATIN = "id,age,sex\nZoë,20,F\n"
BROUGHT = "the text was brought to UTF-8, commas and line feeds"
OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1")
PROTECTED = OLD_WORKBOOK + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
USE = "Use one of .csv, .tsv, .txt, .xlsx, .xlsm, .parquet, or pack text as .gz or .zip."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "is empty. Export it again.", id="empty"),
        pytest.param(" \n\n", "is empty. Export it again.", id="empty but for white space"),
        pytest.param("id,age,sex\n", "has a header and no rows. Export it again with its rows.", id="header only"),
        pytest.param(
            LATIN.encode("cp1252"),
            "byte 13 (0xeb) is not valid utf-8. "
            'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".',
            id="cp1252 not declared",
        ),
        pytest.param(
            "id:age:sex\n1:20:F\n",
            "cannot tell which character separates its columns (first line: 'id:age:sex'). "
            'Declare it in datasets.toml, for example delimiter = ";".',
            id="undecidable delimiter",
        ),
    ],
)
def test_text_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert refuse(text_file(tmp_path, content), CLUB) == f"club.csv: {said}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            club("1,20,F", '"2,30,M', "3,40,F"),
            "row 3: a quote is not closed, or is followed by text ('\"2,30,M'). Close it, and write a quote inside a quoted field twice.",
            id="unclosed quote with its first line",
        ),
        pytest.param(club("1,20,F", "2,3\0,M"), "line 3: holds NUL bytes, which text never does. Export it again as CSV.", id="NUL bytes"),
    ],
)
def test_text_is_refused_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    assert refuse(text_file(tmp_path, content), CLUB) == f"club.csv, {said}"


@pytest.mark.parametrize(
    ("content", "was"),
    [
        pytest.param(codecs.BOM_UTF8 + TWO.encode(), "UTF-8 with a byte order mark", id="UTF-8 BOM"),
        pytest.param(codecs.BOM_UTF16_LE + TWO.encode("utf-16-le"), "utf-16", id="UTF-16 with BOM, little endian"),
        pytest.param(codecs.BOM_UTF16_BE + TWO.encode("utf-16-be"), "utf-16", id="UTF-16 with BOM, big endian"),
        pytest.param(TWO.replace(",", ";"), "';' between columns", id="semicolon"),
        pytest.param(TWO.replace(",", "\t"), r"'\t' between columns", id="tab"),
        pytest.param(TWO.replace("\n", "\r\n"), "lines that end in CR LF", id="CRLF"),
        pytest.param(TWO.replace("\n", "\r"), "lines that end in CR", id="CR"),
        pytest.param(
            TWO.replace(",", ";").replace("\n", "\r\n").encode("utf-16"),
            "utf-16; lines that end in CR LF; ';' between columns",
            id="all of them, as Excel's Unicode text",
        ),
    ],
)
def test_text_is_brought_to_one_form_and_counted(tmp_path: Path, content: str | bytes, was: str) -> None:
    taken = take(text_file(tmp_path, content), CLUB)
    assert taken.counts == Counts(2, 2, 0, 0)
    assert taken.findings == {BROUGHT: Finding(BROUGHT, "normalised", 2, 1.0, was)}
    assert {id_: (row["age"], row["sex"]) for id_, row in taken.customers.items()} == {"Zoë": (20, 1), "客户": (30, 0)}


def test_cp1252_declared(tmp_path: Path) -> None:
    taken = take(text_file(tmp_path, LATIN.encode("cp1252")), CLUB.model_copy(update={"encoding": "cp1252"}))
    assert list(taken.customers) == ["Zoë"]
    assert taken.findings == {BROUGHT: Finding(BROUGHT, "normalised", 1, 1.0, "cp1252")}


def test_plain_utf_8_with_commas_and_line_feeds_has_nothing_to_report(tmp_path: Path) -> None:
    assert check(text_file(tmp_path, TWO), CLUB).findings == {}


@pytest.mark.parametrize("row", ["2,30", "2,30,M,x"], ids=["ragged row, too short", "ragged row, too long"])
def test_ragged_row(tmp_path: Path, row: str) -> None:
    checked = check(text_file(tmp_path, club("1,20,F", row)), CLUB)
    assert checked.counts == Counts(42, 41, 1, 0)
    assert checked.findings == {RAGGED: Finding(RAGGED, "rejected", 1, 1 / 42, "club.csv, row 3")}


def test_quoted_newlines(tmp_path: Path) -> None:
    taken = take(text_file(tmp_path, 'id,age,sex\n"a\nb",20,F\n2,,M\n' + club().partition("\n")[2]), CLUB)
    assert taken.customers["a\nb"]["age"] == 20
    # A row keeps its number, however many lines those before it take.
    assert taken.findings["age is missing"].example == "club.csv, row 3: nothing"


ZIP = b"PK\x03\x04" + b"\0" * 60
PARQUET = b"PAR1" + b"\0" * 60
TEXT = TWO.encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param(
            "club.csv",
            ZIP,
            "its name says text, but its first bytes (b'PK\\x03\\x04') say a workbook. Rename it to club.xlsx, or export it again as text.",
            id="workbook called csv",
        ),
        pytest.param(
            "club.csv",
            PARQUET,
            "its name says text, but its first bytes (b'PAR1') say parquet. Rename it to club.parquet, or export it again as text.",
            id="parquet called csv",
        ),
        pytest.param(
            "club.csv", gzip.compress(TEXT), "is compressed with gzip. Let its name end in .gz, or unpack it.", id="gzip called csv"
        ),
        pytest.param(
            "club.csv", OLD_WORKBOOK + b"\0" * 600, "is a workbook of the old .xls format. Save it as .xlsx.", id="old workbook called csv"
        ),
        pytest.param(
            "club.xlsx",
            TEXT,
            "its name says a workbook, but its first bytes (b'id,a') say text. Rename it to club.csv, or export it again as a workbook.",
            id="text called xlsx",
        ),
        pytest.param(
            "club.xlsx",
            PARQUET,
            "its name says a workbook, but its first bytes (b'PAR1') say parquet. "
            "Rename it to club.parquet, or export it again as a workbook.",
            id="parquet called xlsx",
        ),
        pytest.param(
            "club.xlsx",
            OLD_WORKBOOK + b"\0" * 600,
            "is a workbook of the old .xls format. Save it as .xlsx.",
            id="old workbook called xlsx",
        ),
        pytest.param(
            "club.parquet",
            TEXT,
            "its name says parquet, but its first bytes (b'id,a') say text. Rename it to club.csv, or export it again as parquet.",
            id="text called parquet",
        ),
        pytest.param(
            "club.parquet",
            ZIP,
            "its name says parquet, but its first bytes (b'PK\\x03\\x04') say a workbook. "
            "Rename it to club.xlsx, or export it again as parquet.",
            id="workbook called parquet",
        ),
        pytest.param(
            "club.csv.gz",
            TEXT,
            "is damaged, cut short, or protected (Not a gzipped file (b'id')). Pack it again, or unpack it.",
            id="text called gz",
        ),
        pytest.param(
            "club.zip",
            TEXT,
            "is damaged, cut short, or protected (File is not a zip file). Pack it again, or unpack it.",
            id="text called zip",
        ),
        pytest.param(
            "club.zip",
            gzip.compress(TEXT, mtime=0),
            "is damaged, cut short, or protected (File is not a zip file). Pack it again, or unpack it.",
            id="gzip called zip",
        ),
        pytest.param(
            "club.csv.gz",
            ZIP,
            "is damaged, cut short, or protected (Not a gzipped file (b'PK')). Pack it again, or unpack it.",
            id="zip called gz",
        ),
        pytest.param(
            "club.xlsx",
            gzip.compress(TEXT),
            "is compressed with gzip. Let its name end in .gz, or unpack it.",
            id="gzip called xlsx",
        ),
        pytest.param("club.json", b"[]", f"files ending in '.json' are not read. {USE}", id="an ending that is not read"),
    ],
)
def test_content_unlike_the_extension(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    assert refuse(text_file(tmp_path, content, name), CLUB) == f"{name}: {said}"


FOREIGN = {
    "%PDF-1.7\n": "a PDF document",
    "\x89PNG\r\n\x1a\n\0\0": "a PNG picture",
    "\xff\xd8\xff\xe0": "a JPEG picture",
    "{\\rtf1": "an RTF document",
    "SQLite format 3\0": "an SQLite database",
    "BZh91AY&SY": "a bzip2 archive",
    "\n <!DOCTYPE html>\n<html>": "an HTML page",
    "<html lang=en>": "an HTML page",
    "<?xml version='1.0'?>": "XML",
    '[{"id": 1, "age": 20}]': "JSON",
    '{"id": 1}\n{"id": 2}': "JSON",
    "[[1, 2], [3, 4]]": "JSON",
}


@pytest.mark.parametrize(("content", "words"), FOREIGN.items())
@pytest.mark.parametrize(("ending", "named"), [("csv", "text"), ("xlsx", "a workbook")])
def test_what_is_no_table_called_one(tmp_path: Path, content: str, words: str, ending: str, named: str) -> None:
    first = content.encode("latin-1")
    assert refuse(text_file(tmp_path, first, f"club.{ending}"), CLUB) == (
        f"club.{ending}: its name says {named}, but its first bytes ({first[:4]!r}) say {words}. Export the table itself as {named}."
    )


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_zip_without_a_workbook(tmp_path: Path, ending: str) -> None:
    path = zipped(tmp_path, {"may.csv": TEXT}).rename(tmp_path / f"club.{ending}")
    assert refuse(path, CLUB) == (
        f"club.{ending}: is a zip file without a workbook in it. If it packs one text file, let its name end in .zip; "
        "otherwise save the data as .csv or .xlsx."
    )


@pytest.mark.parametrize("header", ["<b>", "[id", "{id}", "<html>", "%PDF", "BZh9", "ORC", '["a"]', "{"])
def test_a_header_may_begin_like_something_else(tmp_path: Path, header: str) -> None:
    rows = f"{header},age,sex\n1,20,F\n2,30,M\n"
    assert check(text_file(tmp_path, rows), CLUB.model_copy(update={"customer_id": header, "delimiter": ","})).counts == Counts(2, 2, 0, 0)


def test_password_protected_workbook(tmp_path: Path) -> None:
    assert refuse(text_file(tmp_path, PROTECTED, "club.xlsx"), CLUB) == (
        "club.xlsx: the workbook is protected by a password. Open it, remove the password, and save it again."
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return workbook(tmp_path, {"Members": [["id", "age", "sex"], [1, 20, "F"]]})


class TestWorkbookBomb:
    def test_declared_size(self, book: Path) -> None:
        declare(book, SHEET, size=3_000_000_000)
        assert refuse(book, CLUB) == (
            "club.xlsx: would unpack to 3,000 MB in 9 parts from 0.0 MB, which no plain workbook does. Export the data as CSV."
        )

    def test_entries(self, book: Path) -> None:
        pack(book, parts(book) | {f"xl/media/{at}": b"" for at in range(10_000)})
        assert refuse(book, CLUB) == (
            f"club.xlsx: would unpack to 0 MB in 10,009 parts from {book.stat().st_size / 1e6:,.1f} MB, "
            "which no plain workbook does. Export the data as CSV."
        )

    def test_ratio(self, book: Path) -> None:
        pack(book, parts(book) | {"xl/media/zeros.bin": bytes(20_000_000)})
        assert refuse(book, CLUB) == (
            "club.xlsx: would unpack to 20 MB in 10 parts from 0.0 MB, which no plain workbook does. Export the data as CSV."
        )


def test_xml_entities(book: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    pack(book, parts(book) | {"xl/sharedStrings.xml": laughs})
    assert refuse(book, CLUB) == (
        "club.xlsx: xl/sharedStrings.xml defines XML entities, which workbooks have no use for. Save it again as .xlsx."
    )


def zipped(folder: Path, entries: dict[str, bytes]) -> Path:
    path = folder / "club.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in entries.items():
            container.writestr(name, content)
    return path


class TestPackedText:
    def test_zip_of_several_texts(self, tmp_path: Path) -> None:
        assert refuse(zipped(tmp_path, {"may.csv": TEXT, "june.csv": TEXT}), CLUB) == (
            "club.zip: holds 2 text files, not one (may.csv, june.csv). Pack the one to read by itself."
        )

    def test_zip_of_none(self, tmp_path: Path) -> None:
        assert refuse(zipped(tmp_path, {"read.me": b"x"}), CLUB) == (
            "club.zip: holds 0 text files, not one (read.me). Pack the one to read by itself."
        )

    def test_gzip_ratio(self, tmp_path: Path) -> None:
        path = text_file(tmp_path, gzip.compress(TEXT + b"3,40,F\n" * 10_000_000), "club.csv.gz")
        packed_mb = path.stat().st_size / 1e6
        assert refuse(path, CLUB) == (
            f"club.csv.gz: unpacks to 67 MB or more from {packed_mb:.2f} MB, far more than text does. Unpack it first."
        )

    def test_zip_bomb_before_unpacking(self, tmp_path: Path) -> None:
        """The declared size is enough: nothing of it is written."""
        path = zipped(tmp_path, {"club.csv": TEXT})
        declare(path, "club.csv", size=3_000_000_000)
        assert refuse(path, CLUB) == "club.zip: unpacks to 3,000 MB or more from 0.00 MB, far more than text does. Unpack it first."
        assert list((tmp_path / "work" / "unpacked").iterdir()) == []


def parquet(folder: Path, **more: Any) -> Path:
    path = folder / "club.parquet"
    ids = [f"customer {at}" for at in range(1_000)]
    pq.write_table(pa.table({"id": ids, "age": [at % 90 for at in range(1_000)], "sex": ["F"] * 1_000} | more), path)
    return path


class TestParquet:
    def test_truncated(self, tmp_path: Path) -> None:
        path = parquet(tmp_path)
        path.write_bytes(path.read_bytes()[:-20])
        said = refuse(path, CLUB)
        assert said.startswith("club.parquet: the parquet file is damaged or cut short (")
        assert said.endswith("). Export it again.")

    def test_footer_declares_far_more_than_its_size(self, tmp_path: Path) -> None:
        path = parquet(tmp_path)
        forge(path, pq.read_metadata(path).row_group(0).total_byte_size, 40_000_000_000)
        size_mb = path.stat().st_size / 1e6
        assert refuse(path, CLUB) == f"club.parquet: declares 40.0 GB of data in {size_mb:.2f} MB. Export it again."

    def test_nested_types(self, tmp_path: Path) -> None:
        assert refuse(parquet(tmp_path, visits=[[1, 2]] * 1_000), CLUB) == (
            "club.parquet: column 'visits' is nested (list<element: int64>). Flatten it before the export."
        )

    def test_header_only(self, tmp_path: Path) -> None:
        path = tmp_path / "club.parquet"
        pq.write_table(pa.table({"id": pa.array([], pa.string()), "age": pa.array([], pa.int64()), "sex": pa.array([], pa.string())}), path)
        assert refuse(path, CLUB) == "club.parquet: has columns and no rows. Export it again with its rows."


@pytest.mark.parametrize("name", ["club.xlsx", "club.parquet", "club.csv.gz", "club.zip"])
def test_empty_of_any_format(tmp_path: Path, name: str) -> None:
    said = refuse(text_file(tmp_path, b"", name), CLUB)
    assert said == f"{name}: is empty. Export it again."


def test_workbook_header_only(tmp_path: Path) -> None:
    assert refuse(workbook(tmp_path, {"Members": [["id", "age", "sex"]]}), CLUB) == (
        "club.xlsx, sheet 'Members': has a header and no rows. Export it again with its rows."
    )


def test_workbook_of_nothing(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "club.xlsx")
    assert refuse(tmp_path / "club.xlsx", CLUB) == (
        "club.xlsx, sheet 'Sheet': is empty. Remove the sheet, or name the ones to read with sheets in datasets.toml."
    )
