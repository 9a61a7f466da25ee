"""What documents name is there."""

import re

import pytest

from tests.conftest import ROOT


def files_of(text: str) -> list[str]:
    """The files that a document names, by their way from the root."""
    return re.findall(r"`((?:tests|webapp|pipeline|docs|bin)/[\w/.-]+\.\w+)`", text)


@pytest.mark.parametrize(("document", "fewest"), [("docs/security.md", 15), ("docs/operations.md", 1)])
def test_files_that_a_document_names_exist(document: str, fewest: int) -> None:
    named = files_of((ROOT / document).read_text(encoding="utf-8"))
    assert len(named) >= fewest
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_every_variable_of_access_is_explained() -> None:
    settings = (ROOT / "webapp" / "access" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(CLIENTELE_\w+)"', settings))
    explained = set(re.findall(r"`(CLIENTELE_\w+)", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    assert len(read) > 10
    assert read - explained == set()
