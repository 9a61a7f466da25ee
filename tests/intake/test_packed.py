import gzip
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.intake import packed, reading
from tests.intake.conftest import AGES, good_rows

TEXT = b"id,age\n1,20\n2,30\n"


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


class TestRefused:
    @pytest.mark.parametrize(("entries", "count"), [({}, 0), ({"a.csv": TEXT, "b.csv": TEXT}, 2), ({"a.zip": TEXT}, 0)])
    def test_a_zip_of_none_or_several(self, tmp_path: Path, work: Path, entries: dict[str, bytes], count: int) -> None:
        assert refused(zipped(tmp_path / "a.zip", entries), work).startswith(f"a.zip: holds {count} text files, not one (")

    def test_what_unpacks_to_far_more_than_text_does(self, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packed, "MAX_RATIO", 5)
        content = TEXT + b"3,40\n" * 3_000_000
        said = "unpacks to more than 5 MB, which no text of its size does"
        assert said in refused(gzipped(tmp_path / "a.csv.gz", content), work)
        path = zipped(tmp_path / "a.zip", {"a.csv": content})
        whole = path.read_bytes()
        # Whatever the directory says of the size.
        path.write_bytes(whole.replace(len(content).to_bytes(4, "little"), (100).to_bytes(4, "little")))
        assert refused(path, another(work)).startswith("a.zip: ")

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
