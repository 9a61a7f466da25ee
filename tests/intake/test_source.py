import hashlib
from pathlib import Path

import pytest

from pipeline.intake.source import find, fingerprint, identify, open_all
from tests.intake.conftest import Refusal

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP = b"PK\x03\x04"

USE = "Use one of .csv, .tsv, .txt, .xlsx, .xlsm, .parquet, or pack text as .gz or .zip."


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_fingerprint_is_path_size_time_and_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b"id,age\n")
    found = fingerprint(path)
    assert (found.path, found.size, found.sha256) == (path, 7, hashlib.sha256(b"id,age\n").hexdigest())
    assert found.modified == path.stat().st_mtime_ns


def test_a_file_changed_after_its_fingerprint_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    path = write(tmp_path, "a.csv", b"id,age\n")
    found = fingerprint(path)
    found.refuse_change()
    path.write_bytes(b"id,age\n1,2\n")
    assert refusal(found.refuse_change) == "a.csv: was changed while it was being read. Build again when it is complete."


def test_a_file_that_is_not_there_is_refused_with_where_to_put_it(tmp_path: Path, refusal: Refusal) -> None:
    path = tmp_path / "none.csv"
    assert refusal(fingerprint, path) == f"{path}: no such file. Put it there, or set CLIENTELE_RAW to the folder that holds it."


def test_a_folder_is_no_file(tmp_path: Path, refusal: Refusal) -> None:
    assert refusal(fingerprint, tmp_path) == f"{tmp_path}: cannot be read (Is a directory). Check that it is a file you may read."


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"id,age\n", "delimited"),
        ("a.CSV", b"id,age\n", "delimited"),
        ("a.tsv", b"id\tage\n", "delimited"),
        ("a.txt", "\ufeffid;age\n".encode("utf-16"), "delimited"),
        ("a.xlsx", ZIP, "workbook"),
        ("a.xlsm", ZIP, "workbook"),
        ("a.parquet", b"PAR1", "parquet"),
    ],
)
def test_the_format_is_what_name_and_first_bytes_agree_on(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    assert identify(write(tmp_path, name, content)) == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv: is empty. Export it again."),
        (
            "a.csv",
            ZIP + b"\x14\0",
            "a.csv: its name says text, but its first bytes (b'PK\\x03\\x04') say a workbook. "
            "Rename it to a.xlsx, or export it again as text.",
        ),
        (
            "a.xlsx",
            b"id,age\n",
            "a.xlsx: its name says a workbook, but its first bytes (b'id,a') say text. "
            "Rename it to a.csv, or export it again as a workbook.",
        ),
        (
            "a.parquet",
            b"id,age\n",
            "a.parquet: its name says parquet, but its first bytes (b'id,a') say text. Rename it to a.csv, or export it again as parquet.",
        ),
        (
            "a.xlsx",
            b"PAR1....",
            "a.xlsx: its name says a workbook, but its first bytes (b'PAR1') say parquet. "
            "Rename it to a.parquet, or export it again as a workbook.",
        ),
        ("a.csv", b"\x1f\x8b\x08\0", "a.csv: is compressed with gzip. Let its name end in .gz, or unpack it."),
        ("a.csv.gz", b"\x1f\x8b\x08\0", "a.csv.gz: is compressed with gzip. Let its name end in .gz, or unpack it."),
        (
            "a.json",
            b"{}",
            f"a.json: files ending in '.json' are not read. {USE}",
        ),
        (
            "a",
            b"id,age\n",
            f"a: files ending in 'nothing' are not read. {USE}",
        ),
        ("a.xls", OLE + b"\0" * 600, "a.xls: is a workbook of the old .xls format. Save it as .xlsx."),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_first_bytes(tmp_path: Path, refusal: Refusal, name: str, content: bytes, said: str) -> None:
    assert refusal(identify, write(tmp_path, name, content)) == said


@pytest.mark.parametrize("before", [0, 3_000_000])
def test_a_workbook_under_a_password_says_to_remove_it(tmp_path: Path, refusal: Refusal, before: int) -> None:
    path = write(tmp_path, "a.xlsx", OLE + b"\0" * before + "EncryptedPackage".encode("utf-16-le") + b"\0" * 64)
    assert refusal(identify, path) == "a.xlsx: the workbook is protected by a password. Open it, remove the password, and save it again."


class TestSeveralFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in (
            "2024/b.csv",
            "2024/a.csv.gz",
            "2023/a.csv",
            "2024/.hidden.csv",
            "2024/~$open.xlsx",
            "2024/notes.md",
            "2024/deep/c.csv",
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        return tmp_path

    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            ("2024", ["2024/a.csv.gz", "2024/b.csv"]),
            ("2024/*.csv", ["2024/b.csv"]),
            ("*/a.csv*", ["2023/a.csv", "2024/a.csv.gz"]),
            ("**/*.csv", ["2023/a.csv", "2024/b.csv", "2024/deep/c.csv"]),
            ("2024/b.csv", ["2024/b.csv"]),
        ],
    )
    def test_are_those_of_a_folder_or_a_pattern_in_the_order_of_their_names(self, folder: Path, asked: str, names: list[str]) -> None:
        found = open_all(folder / asked)
        assert [str(path.relative_to(folder)) for path in found.paths] == names
        assert found.hashes == [hashlib.sha256(name.encode()).hexdigest() for name in names]
        assert found.size == sum(len(name) for name in names)

    @pytest.mark.parametrize("asked", ["2025", "2024/*.parquet", "none.csv"])
    def test_that_are_not_there_are_none(self, folder: Path, refusal: Refusal, asked: str) -> None:
        assert find(folder / asked) is None
        assert refusal(open_all, folder / asked).startswith(f"{folder / asked}: no such file.")

    def test_a_name_that_looks_like_a_pattern_means_that_file(self, tmp_path: Path) -> None:
        for name in ("a[1].csv", "a1.csv"):
            (tmp_path / name).write_text(name)
        assert open_all(tmp_path / "a[1].csv").paths == (tmp_path / "a[1].csv",)

    def test_one_that_changes_is_named(self, folder: Path, refusal: Refusal) -> None:
        found = open_all(folder / "2024")
        (folder / "2024" / "b.csv").write_text("changed since")
        assert refusal(found.refuse_change).startswith("b.csv: was changed")
