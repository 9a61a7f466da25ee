from pathlib import Path

import pytest

from pipeline.address import builders_folder, cache, is_address, readers_folder, shown


@pytest.mark.parametrize(
    ("place", "expected"),
    [("data/artifacts", False), ("/srv/runs", False), ("s3://bucket/prefix", True), ("memory://runs", True), ("file:///srv/runs", True)],
)
def test_an_address_is_told_from_a_folder(place: str, expected: bool) -> None:
    assert is_address(place) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sftp://me:secret@host/runs", "sftp://me:***@host/runs"),
        ("cannot reach sftp://me:p:a@ss@host/runs today", "cannot reach sftp://me:***@host/runs today"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("http://127.0.0.1:9/a@b", "http://127.0.0.1:9/a@b"),
    ],
)
def test_passwords_are_not_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_folder_is_its_own_and_an_address_has_one_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLIENTELE_CACHE", str(tmp_path))
    assert readers_folder("data/artifacts") == Path("data/artifacts")
    assert readers_folder("s3://bucket/one").parent.parent == tmp_path
    assert readers_folder("s3://bucket/one") != builders_folder("s3://bucket/one")


def test_each_address_has_a_cache_of_its_own_whatever_its_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLIENTELE_CACHE", str(tmp_path))
    assert cache("s3://bucket/one") == cache("s3://bucket/one/") != cache("s3://bucket/two")
    assert cache("sftp://me:old@host/runs") == cache("sftp://me:new@host/runs")


def test_the_cache_is_where_the_users_caches_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CLIENTELE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache("s3://bucket").parent == tmp_path / "caches" / "clientele"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache("s3://bucket").parent == tmp_path / ".cache" / "clientele"
