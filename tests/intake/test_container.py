import zipfile
import zlib
from pathlib import Path
from threading import Event

import fastexcel
import pytest

from pipeline.intake import container
from tests.intake.conftest import Refusal, good_rows
from tests.intake.workbooks import HEADER, SHEET, STRINGS, declare, large, make, pack, parts, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path, {"S": [HEADER, [1, 20]]})


def test_a_part_that_unpacks_two_hundredfold_is_refused(path: Path, refusal: Refusal) -> None:
    pack(path, parts(path) | {"xl/media/zeros.bin": bytes(20_000_000)})
    assert path.stat().st_size < 50_000
    assert refusal(read, path) == (
        "a.xlsx: would unpack to 20 MB in 10 parts from 0.0 MB, which no plain workbook does. Export the data as CSV."
    )


def test_a_directory_that_declares_gigabytes_is_refused(path: Path, refusal: Refusal) -> None:
    declare(path, SHEET, size=3_000_000_000)
    assert refusal(read, path).startswith("a.xlsx: would unpack to 3,000 MB in 9 parts from 0.0 MB, which no plain workbook does.")


def test_ten_thousand_parts_are_refused(path: Path, refusal: Refusal) -> None:
    pack(path, parts(path) | {f"xl/media/{at}": b"" for at in range(10_000)})
    assert " in 10,009 parts " in refusal(read, path)


@pytest.mark.parametrize("forged", [False, True])
def test_a_part_larger_than_declared_is_refused(path: Path, refusal: Refusal, forged: bool) -> None:
    contents = parts(path)
    bomb = contents[SHEET].replace(b"</sheetData>", b"<row><c><v>1</v></c></row>" * 400_000 + b"</sheetData>")
    pack(path, contents | {SHEET: bomb})
    # Whoever forges the size can forge the checksum of as much.
    declare(path, SHEET, size=100_000, checksum=zlib.crc32(bomb[:100_001]) if forged else None)
    assert path.stat().st_size < 100_000
    said = refusal(read, path)
    if forged:
        assert said == f"a.xlsx: {SHEET} is larger than the workbook declares. Export the data as CSV."
    else:
        assert said == f"a.xlsx: the workbook is damaged or cut short (Bad CRC-32 for file {SHEET!r}). Export it again."


class TestLargeParts:
    """What is only unpacked while the parser is at work already."""

    @staticmethod
    def understate(path: Path, part: str) -> str:
        """Let the part say that it is half as large as it is; returns how that is refused."""
        content = parts(path)[part]
        size = len(content) // 2
        declare(path, part, size=size, checksum=zlib.crc32(content[: size + 1]))
        with zipfile.ZipFile(path) as packed:
            assert packed.getinfo(part).compress_size > 1 << 20
        return f"a.xlsx: {part} is larger than the workbook declares. Export the data as CSV."

    def test_those_that_tell_the_truth_are_read(self, tmp_path: Path) -> None:
        rows = good_rows(read(large(tmp_path)))
        assert (len(rows), rows[0][0], rows[-1][0]) == (30_000, 2, 30_001)

    @pytest.mark.parametrize("part", [SHEET, STRINGS])
    def test_one_that_is_larger_than_declared_is_refused(self, tmp_path: Path, refusal: Refusal, part: str) -> None:
        path = large(tmp_path)
        said = self.understate(path, part)
        assert refusal(read, path) == said

    @pytest.mark.parametrize("parser", ["read_excel", "load_sheet"])
    def test_it_is_refused_while_the_parser_is_still_at_it(
        self, tmp_path: Path, refusal: Refusal, parser: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = large(tmp_path)
        said = self.understate(path, SHEET)
        begun, released, calls = Event(), Event(), []
        survey = container.survey

        def parse(*arguments: object, **_: object) -> None:
            calls.append(arguments)
            begun.set()
            released.wait()

        def survey_then(path: Path) -> frozenset[str]:
            begun.wait()
            return survey(path)

        monkeypatch.setattr(container, "survey", survey_then)
        monkeypatch.setattr(fastexcel if parser == "read_excel" else fastexcel.ExcelReader, parser, parse)
        assert refusal(read, path) == said
        assert len(calls) == 1
        released.set()

    def test_it_is_refused_as_a_lie_although_the_parser_fails_first(self, tmp_path: Path, refusal: Refusal) -> None:
        path = large(tmp_path)
        pack(path, {name: b"<workbook" if name == "xl/workbook.xml" else content for name, content in parts(path).items()})
        said = self.understate(path, SHEET)
        assert refusal(read, path) == said

    def test_one_that_is_damaged_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        path = large(tmp_path)
        declare(path, SHEET, size=len(parts(path)[SHEET]), checksum=1)
        assert refusal(read, path) == f"a.xlsx: the workbook is damaged or cut short (Bad CRC-32 for file {SHEET!r}). Export it again."


@pytest.mark.parametrize(
    "prolog",
    [
        '<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "aaaa">]>',
        '<?xml version="1.0"?><!-- <sst> --><!DOCTYPE sst SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE sst>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused_with_their_part(path: Path, refusal: Refusal, prolog: str, encoding: str) -> None:
    pack(path, parts(path) | {"xl/sharedStrings.xml": f"{prolog}<sst><si><t>&a;</t></si></sst>".encode(encoding)})
    assert refusal(read, path) == (
        "a.xlsx: xl/sharedStrings.xml defines XML entities, which workbooks have no use for. Save it again as .xlsx."
    )


def test_a_comment_before_the_first_element_is_no_entity(path: Path) -> None:
    contents = parts(path)
    pack(path, contents | {SHEET: b"<?xml version='1.0'?><!-- made by <hand> -->" + contents[SHEET]})
    assert good_rows(read(path)) == [(2, "1", "20")]


def test_a_zip_of_something_else_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    path = pack(tmp_path / "a.xlsx", {"data.csv": b"id,age\n1,20\n"})
    assert refusal(read, path) == "a.xlsx: is a zip file without a workbook in it. Save it again as .xlsx."


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_workbook_that_was_cut_short_is_refused(path: Path, refusal: Refusal, kept: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert refusal(read, path) == "a.xlsx: the workbook is damaged or cut short (File is not a zip file). Export it again."


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
def test_a_damaged_part_is_refused(path: Path, refusal: Refusal, part: str) -> None:
    with zipfile.ZipFile(path) as packed:
        found = packed.getinfo(part)
    content = bytearray(path.read_bytes())
    start = found.header_offset + 30 + len(part)
    content[start : start + found.compress_size] = b"\xff" * found.compress_size
    path.write_bytes(content)
    assert refusal(read, path).startswith("a.xlsx: the workbook is damaged or cut short (")


@pytest.mark.parametrize("end", [b"</sheetData>", b"</row>", b"<v>20"])
def test_a_sheet_whose_xml_ends_early_is_refused_with_its_name(path: Path, refusal: Refusal, end: bytes) -> None:
    contents = parts(path)
    pack(path, contents | {SHEET: contents[SHEET][: contents[SHEET].rindex(end)]})
    said = refusal(read, path)
    assert said.startswith("a.xlsx, sheet 'S': cannot be read (")
    assert said.endswith("). Save the workbook again as .xlsx.")


def test_a_workbook_that_is_no_xml_is_refused(path: Path, refusal: Refusal) -> None:
    pack(path, parts(path) | {"xl/workbook.xml": b"<workbook"})
    said = refusal(read, path)
    assert said.startswith("a.xlsx: is not a workbook that can be opened (")
    assert said.endswith("). Save it again as .xlsx.")
