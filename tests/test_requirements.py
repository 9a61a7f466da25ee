"""What is installed is exactly what was locked."""

import re

import pytest

from tests.conftest import ROOT

HASH = r"--hash=sha256:[0-9a-f]{64}"


def unhashed(text: str) -> list[str]:
    """Requirements that are not one version with hashes."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [line for line in lines if not re.fullmatch(rf"[a-z0-9.\-]+(\[[a-z0-9, ]+\])?==\S+( ; [^\\]+?)? ({HASH} ?)+", line)]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-spark.txt"])
def test_every_requirement_is_one_version_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(re.findall("==", text)) > 100
    assert unhashed(text) == []


@pytest.mark.parametrize("line", ["flask==3.1.3", "flask>=3 --hash=sha256:" + "0" * 64, "flask==3.1.3 --hash=md5:00", "-e ."])
def test_one_without_is_found(line: str) -> None:
    assert unhashed(f"{line}\n") == [line]
