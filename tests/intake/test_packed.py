import gzip
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.intake import packed, reading
from tests.intake.conftest import AGES, good_rows

TEXT = b"id,age\n1,20\n2,30\n"
EQUAL_ROWS = b"3,40\n" * 200_000  # a megabyte
HONEST_ROWS = b"".join(b"%d,%d\n" % (at * 7919 % 1_000_003, at * 104_729 % 97) for at in range(200_000))


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in entries.items():
            container.writestr(name, content)
    return path


def gzipped(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def another(work: Path) -> Path:
    folder = work / "another"
    folder.mkdir()
    return folder


def refused(path: Path, work: Path) -> str:
    with pytest.raises(InputError) as caught:
        reading.stage(path, AGES, work)
    return str(caught.value)


class TestRead:
    @pytest.mark.parametrize("name", ["ages.csv.gz", "ages.CSV.GZ", "ages.txt.gz"])
    def test_gzip(self, tmp_path: Path, work: Path, name: str) -> None:
        staged = reading.stage(gzipped(tmp_path / name, TEXT), AGES, work)
        assert [cells for _, *cells in good_rows(staged)] == [["1", "20"], ["2", "30"]]

    @pytest.mark.parametrize("name", ["ages.csv", "of may/ages.csv", "../../ages.tsv"])
    def test_zip_of_one_text_wherever_it_says_to_be(self, tmp_path: Path, work: Path, name: str) -> None:
        path = zipped(tmp_path / "ages.zip", {name: TEXT, "__MACOSX/._ages.csv": b"\0", "read.me": b"x"})
        staged = reading.stage(path, AGES, work)
        assert [cells for _, *cells in good_rows(staged)] == [["1", "20"], ["2", "30"]]
        assert sorted(found.name for found in tmp_path.rglob("ages.*")) == sorted(["ages.zip", Path(name).name])

    @pytest.mark.parametrize("name", ["ages.csv.gz", "ages.zip"])
    def test_text_that_packs_to_almost_nothing(self, tmp_path: Path, work: Path, name: str) -> None:
        """Of a thousand flags one is set in each row; there are more rows than one stretch."""
        flags = b",0" * 1_000
        rows = (b"%d%s,1%s\n" % (at, flags[: (set_at := at * 7919 % 999 * 2)], flags[set_at + 2 :]) for at in range(35_000))
        content = b"".join(rows)
        path = gzipped(tmp_path / name, content) if name.endswith("gz") else zipped(tmp_path / name, {"ages.csv": content})
        assert len(content) > packed.STRETCH
        assert len(content) / path.stat().st_size > 190
        assert packed.unpack(path, work / "unpacked").stat().st_size == len(content)


class TestRefused:
    @pytest.mark.parametrize(("entries", "count"), [({}, 0), ({"a.csv": TEXT, "b.csv": TEXT}, 2), ({"a.zip": TEXT}, 0)])
    def test_a_zip_of_none_or_several(self, tmp_path: Path, work: Path, entries: dict[str, bytes], count: int) -> None:
        assert refused(zipped(tmp_path / "a.zip", entries), work).startswith(f"a.zip: holds {count} text files, not one (")

    def test_endless_gzip_as_soon_as_it_shows(self, tmp_path: Path, work: Path) -> None:
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(TEXT) + gzip.compress(EQUAL_ROWS) * 1_000)
        assert refused(path, work) == "a.csv.gz: unpacks to 67 MB or more from 1.50 MB, far more than text does. Unpack it first."
        assert sum(found.stat().st_size for found in work.rglob("*.csv")) <= packed.STRETCH

    def test_what_becomes_endless_after_honest_rows(self, tmp_path: Path, work: Path) -> None:
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(TEXT + HONEST_ROWS, 1) + gzip.compress(EQUAL_ROWS) * 200)
        assert "far more than text does" in refused(path, work)
        assert sum(found.stat().st_size for found in work.rglob("*.csv")) <= len(HONEST_ROWS) + 2 * packed.STRETCH

    def test_a_zip_that_declares_it_before_anything_is_unpacked(self, tmp_path: Path, work: Path) -> None:
        path = zipped(tmp_path / "a.zip", {"a.csv": TEXT + EQUAL_ROWS * 100})
        assert "a.zip: unpacks to 100 MB or more from 0." in refused(path, work)
        assert not [*work.rglob("a.csv")]

    @pytest.mark.parametrize("said", [100, 60_000_000])
    def test_a_zip_whatever_it_declares(self, tmp_path: Path, work: Path, said: int) -> None:
        content = TEXT + EQUAL_ROWS * 200
        path = zipped(tmp_path / "a.zip", {"a.csv": content})
        path.write_bytes(path.read_bytes().replace(len(content).to_bytes(4, "little"), said.to_bytes(4, "little")))
        assert refused(path, work).startswith("a.zip: ")
        assert sum(found.stat().st_size for found in work.rglob("*.csv")) <= packed.STRETCH

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_zip_that_can_only_be_unpacked_whole(self, tmp_path: Path, work: Path, method: int) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as container:
            container.writestr("a.csv", TEXT)
        assert refused(tmp_path / "a.zip", work) == (
            "a.zip: is packed by a method that is not read. Pack it again as an ordinary zip, or unpack it."
        )

    @pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
    @pytest.mark.parametrize("kept", [0, 10, 30])
    def test_what_is_cut_short(self, tmp_path: Path, work: Path, name: str, kept: int) -> None:
        path = gzipped(tmp_path / name, TEXT) if name.endswith(".gz") else zipped(tmp_path / name, {"a.csv": TEXT})
        path.write_bytes(path.read_bytes()[:kept])
        message = refused(path, work)
        assert message.startswith((f"{name}: is damaged, cut short, or protected", f"{name}: is empty"))

    def test_what_is_no_text_inside(self, tmp_path: Path, work: Path) -> None:
        assert refused(gzipped(tmp_path / "a.csv.gz", b"PK\x03\x04rest"), work).startswith("a.csv: its name says text")
        assert "files ending in '.zip' are not read" in refused(gzipped(tmp_path / "b.zip.gz", b"PK\x03\x04rest"), another(work))

    def test_gzip_under_another_name(self, tmp_path: Path, work: Path) -> None:
        assert refused(gzipped(tmp_path / "a.csv", TEXT), work) == (
            "a.csv: is compressed with gzip. Let its name end in .gz, or unpack it."
        )
