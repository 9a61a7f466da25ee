"""The three outcomes of looking for known vulnerabilities, with a program in the place of pip-audit; and what is none of them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

SOUND = {"name": "flask", "version": "3.1.3", "vulns": []}
BROKEN = {"name": "werkzeug", "version": "3.1.9", "vulns": [{"id": "GHSA-1", "fix_versions": ["3.2.0", "3.1.10"]}]}
OPEN = {"name": "click", "version": "8.5.1", "vulns": [{"id": "GHSA-2", "fix_versions": []}]}
UNKNOWN = {"name": "dash", "skip_reason": "Dependency not found on PyPI and could not be audited: dash (4.4.1)"}


def audit(folder: Path, *, code: int = 0, packages: list[dict[str, Any]] | None = None, error: str = "") -> tuple[int, str]:
    """What the script ends with and says when pip-audit answers so."""
    answer = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    program = folder / "pip-audit"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({answer!r})\nsys.stderr.write({error!r})\nsys.exit({code})\n")
    program.chmod(0o700)
    return run(f"{folder}:{os.environ['PATH']}")


def run(path: str) -> tuple[int, str]:
    command, environment = [sys.executable, str(ROOT / "bin" / "audit")], os.environ | {"PATH": path}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_without_known_vulnerabilities_it_passes(tmp_path: Path) -> None:
    assert audit(tmp_path, packages=[SOUND, SOUND]) == (0, "audit: no known vulnerabilities in 2 packages\n")


def test_each_vulnerability_is_listed_and_it_fails(tmp_path: Path) -> None:
    assert audit(tmp_path, code=1, packages=[SOUND, BROKEN, OPEN, UNKNOWN]) == (
        1,
        "audit: FOUND GHSA-1 in werkzeug 3.1.9, fixed in 3.2.0, 3.1.10\naudit: FOUND GHSA-2 in click 8.5.1, fixed in no version yet\n",
    )


@pytest.mark.parametrize(
    "error",
    [
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\nERROR:pip_audit._cli:Tip: your network may be blocking this",
        "Traceback\nrequests.exceptions.ConnectionError: Failed to resolve 'pypi.org'",
        "Traceback\npip_audit._service.interface.ServiceError",
    ],
)
def test_a_service_that_cannot_be_reached_is_no_pass_and_no_failure(tmp_path: Path, error: str) -> None:
    code, said = audit(tmp_path, code=1, error=error)
    assert (code, said) == (
        0,
        f"audit: NOT RUN: the advisory service cannot be reached ({error.splitlines()[-1]}). "
        "This is no pass: run it again where the service can be reached.\n",
    )


def test_packages_that_could_not_be_looked_up_are_no_pass(tmp_path: Path) -> None:
    code, said = audit(tmp_path, packages=[SOUND, UNKNOWN])
    assert (code, said.split(" (")[0]) == (0, "audit: NOT RUN: 1 of 2 packages could not be looked up")


@pytest.mark.parametrize(("packages", "error"), [(None, "error: invalid requirements input"), ([], "")])
def test_anything_else_fails(tmp_path: Path, packages: list[dict[str, Any]] | None, error: str) -> None:
    code, said = audit(tmp_path, code=1 if error else 0, packages=packages, error=error)
    assert (code, said.startswith("audit: FAILED: ")) == (2, True)


def test_without_pip_audit_it_says_so(tmp_path: Path) -> None:
    assert run(str(tmp_path)) == (2, "audit: FAILED: pip-audit is not there. Run `make check`, which installs it.\n")
