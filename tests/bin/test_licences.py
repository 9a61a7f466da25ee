"""The list of licences, and what may be on it."""

import re
from importlib.metadata import PackageNotFoundError, version

import pytest

from bin import licences
from tests.conftest import ROOT


def listed() -> dict[str, tuple[str, str]]:
    """Version and licence of each package in the document."""
    packages = licences.DOCUMENT.read_text(encoding="utf-8").partition("## Packages")[2].partition("## Files")[0]
    rows = re.findall(r"^\| (\S+) \| (\d\S*) \| (.+?) \|$", packages, re.MULTILINE)
    assert len(rows) == packages.count("\n|") - 2
    return {name: (number, licence) for name, number, licence in rows}


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def test_exactly_the_packages_and_versions_of_the_requirements_are_listed() -> None:
    asked = {requirement.name: licences.version_of(requirement) for requirement in licences.requirements()}
    assert {name: number for name, (number, _) in listed().items()} == asked


def test_each_licence_may_be_shipped() -> None:
    rest = {name: licence for name, (_, licence) in listed().items() if not set(licences.parts(licence)) <= licences.ALLOWED.keys()}
    assert rest == {}


def test_what_is_installed_says_the_same() -> None:
    here = {name: licence for name, (number, licence) in listed().items() if installed(name) == number}
    assert len(here) > 100
    assert {name: licences.licence_of(name) for name in here} == here


def test_every_file_of_others_belongs_to_a_package_and_its_licence_may_be_shipped() -> None:
    folders = [ROOT / "webapp" / "assets" / name for name in ("vendor", "fonts", "icons")] + [ROOT / "pipeline" / "report" / "fonts"]
    kept = {path for folder in folders for path in folder.iterdir()} | {ROOT / "tests" / "webapp" / "axe.min.js"}
    texts = {ROOT / files.text for files in licences.VENDORED}
    assert kept - texts == {path for files in licences.VENDORED for path in ROOT.glob(files.pattern)}
    assert {licences.licence_in(text.read_text(encoding="utf-8")) for text in texts} <= licences.ALLOWED.keys()
    document = licences.DOCUMENT.read_text(encoding="utf-8")
    assert [files.package for files in licences.VENDORED if f"| {files.package} | " not in document] == []


def test_versions_of_files_are_those_that_are_fetched() -> None:
    document = licences.DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| (\S+) \| `", document, re.MULTILINE)
    fetched = (ROOT / "bin" / "fetch_assets").read_text(encoding="utf-8")
    assert [f"{name}@{number}" for name, number in rows if f"{name}@{number}" not in fetched] == []
    assert len(rows) == len(licences.VENDORED)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("MIT", ["MIT"]),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", ["MPL-2.0", "Apache-2.0", "MIT"]),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", ["BSD-2-Clause", "Apache-2.0 WITH LLVM-exception"]),
    ],
)
def test_an_expression_names_each_licence(expression: str, named: list[str]) -> None:
    assert licences.parts(expression) == named


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "LGPL-3.0-only", "UNKNOWN", ""])
def test_other_licences_may_not_be_shipped(licence: str) -> None:
    assert not set(licences.parts(licence)) <= licences.ALLOWED.keys()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-package is not installed here"):
        licences.licence_of("no-such-package")


def test_a_text_that_is_not_known_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="Which licence begins with 'All rights reserved'"):
        licences.licence_in("All rights reserved")
