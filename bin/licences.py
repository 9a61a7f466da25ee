"""Writes docs/licences.md: under which licences everything stands that requirements.txt installs and webapp/assets holds.

Run by `make licences`, after a change of either. What installed packages say of themselves counts: License-Expression, else License, else
their classifiers.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "licences.md"

_PERMISSIVE = "permissive: keep the notice"
# What may be shipped, and why. A licence that is not here fails a test, and somebody has to read it first.
ALLOWED = {
    "0BSD": "permissive, without conditions",
    "Apache-2.0": f"{_PERMISSIVE}, and say what was changed",
    "Apache-2.0 WITH LLVM-exception": "as Apache-2.0; what a compiler puts into its output is exempt",
    "BSD": f"{_PERMISSIVE}; the package does not say which of the BSD licences",
    "BSD-2-Clause": _PERMISSIVE,
    "BSD-3-Clause": _PERMISSIVE,
    "CC0-1.0": "public domain",
    "ISC": _PERMISSIVE,
    "MIT": _PERMISSIVE,
    "MIT-0": "permissive, without conditions",
    "MIT-CMU": _PERMISSIVE,
    "MPL-2.0": "copyleft for its own files alone: they are used as they were released, unchanged, and their source is public",
    "OFL-1.1": "copyleft for the font alone: it is shipped unchanged, with its licence, and not sold by itself",
    "PSF-2.0": _PERMISSIVE,
    "Zlib": _PERMISSIVE,
}
# What packages write instead of an SPDX identifier.
_MEANT = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Installed on other systems or other versions of Python alone: as the metadata of these versions has it.
_ELSEWHERE = {
    "async-timeout": "Apache-2.0",
    "audioop-lts": "PSF-2.0",
    "brotlicffi": "MIT",
    "colorama": "BSD",
    "httpx2-jsfetch": "BSD-3-Clause",
}
_TEXTS = {"MIT License": "MIT", "SIL Open Font License, Version 1.1": "OFL-1.1", "Mozilla Public License, version 2.0": "MPL-2.0"}


class Files(NamedTuple):
    """Files of others that are kept here: their package in bin/fetch_assets, where they are, their licence's text, what to know."""

    package: str
    pattern: str
    text: str
    note: str = ""


VENDORED = (
    Files("bootstrap", "webapp/assets/vendor/bootstrap-*.min.css", "webapp/assets/vendor/bootstrap.LICENSE"),
    Files("bootstrap-icons", "webapp/assets/icons/*.svg", "webapp/assets/icons/LICENSE"),
    Files(
        "plotly.js", "webapp/assets/vendor/plotly-*.min.js", "webapp/assets/vendor/plotly.LICENSE", "notices of what it bundles at its end"
    ),
    Files("@fontsource-variable/inter", "webapp/assets/fonts/inter.woff2", "webapp/assets/fonts/inter.LICENSE"),
    Files("inter-ui", "pipeline/report/fonts/Inter-*.ttf", "pipeline/report/fonts/Inter.LICENSE", "unpacked from WOFF2"),
    Files("axe-core", "tests/webapp/axe.min.js", "tests/webapp/axe.LICENSE", "for tests alone"),
)


def requirements(path: Path = ROOT / "requirements.txt") -> list[Requirement]:
    """What a file of pinned requirements asks for, on any system, in its order."""
    lines = (line.rstrip(" \\") for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and line[0] not in " #"]


def version_of(requirement: Requirement) -> str:
    """The one version that is pinned."""
    (pin,) = requirement.specifier
    return pin.version


def licence_of(package: str) -> str:
    """The licence of a package as an SPDX expression, or what comes closest to one.

    Raises:
        LookupError: If the package is not installed, or says nothing.
    """
    try:
        found = metadata(package)
    except PackageNotFoundError:
        if package in _ELSEWHERE:
            return _ELSEWHERE[package]
        raise LookupError(
            f"{package} is not installed here. Run `make check` first, or note its licence in {Path(__file__).name}."
        ) from None
    if "License-Expression" in found:
        return found["License-Expression"]
    said = found["License"].strip() if "License" in found else ""
    said = _MEANT.get(said, said)
    if said and set(parts(said)) <= ALLOWED.keys():
        return said
    classified = [line.rpartition(" :: ")[2] for line in found.get_all("Classifier") or [] if line.startswith("License :: ")]
    if not classified:
        raise LookupError(f"{package} says nothing of its licence that is known here: {said[:80]!r}. Read it, and note what it is.")
    return " OR ".join(dict.fromkeys(_MEANT.get(name, name) for name in classified))


def parts(expression: str) -> list[str]:
    """The licences that an expression names; an exception belongs to its licence."""
    return [part.strip(" ()") for part in re.split(r" (?:AND|OR) ", expression)]


def licence_in(text: str) -> str:
    """Which licence a text is, by its name in it.

    Raises:
        LookupError: If none that is known here.
    """
    for name, licence in _TEXTS.items():
        if name in text:
            return licence
    raise LookupError(f"Which licence begins with {text[:80]!r}? Read it, and note what it is.")


def document() -> str:
    """The document's text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Licences"
    yield ""
    yield "Clientele is under the MIT licence (`LICENSE`). What it installs and ships besides, as `make licences` found it:"
    yield from _table("Packages", ["package", "version", "licence"], _packages())
    yield from _table("Files", ["package", "version", "files", "licence", "note"], _files())
    yield from _table("What may be shipped", ["licence", "why"], [[name, why] for name, why in ALLOWED.items()])


def _packages() -> list[list[str]]:
    return [[asked.name, version_of(asked), licence_of(asked.name)] for asked in requirements()]


def _files() -> list[list[str]]:
    fetched = dict(re.findall(r"(\S+)@(\d\S*)", (ROOT / "bin" / "fetch_assets").read_text(encoding="utf-8")))
    rows = []
    for files in VENDORED:
        licence = licence_in((ROOT / files.text).read_text(encoding="utf-8"))
        rows.append([files.package, fetched[files.package], f"`{files.pattern}`", f"{licence}, `{files.text}`", files.note])
    return rows


def _table(title: str, names: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield from ["", f"## {title}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    yield from (f"| {' | '.join(row)} |" for row in rows)


def main() -> int:
    """Write it."""
    try:
        DOCUMENT.write_text(document(), encoding="utf-8")
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
