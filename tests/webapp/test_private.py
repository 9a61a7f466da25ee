import os
import stat
import tempfile
from pathlib import Path

import pytest

from webapp import private


def test_a_folder_is_made_with_those_above_and_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    made = private.folder(tmp_path / "above" / "visitors")
    assert made == tmp_path / "above" / "visitors"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_one_that_is_there_is_taken(tmp_path: Path) -> None:
    (private.folder(tmp_path / "visitors") / "file").write_text("kept")
    assert (private.folder(tmp_path / "visitors") / "file").read_text() == "kept"


def test_without_a_path_it_is_this_users_among_temporary_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert private.folder() == tmp_path / f"clientele-{os.getuid()}"


def refusal(path: Path) -> str:
    with pytest.raises(PermissionError) as caught:
        private.folder(path)
    return str(caught.value)


def test_a_link_that_somebody_else_may_have_laid_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    link = tmp_path / "visitors"
    link.symlink_to(tmp_path / "theirs")
    assert refusal(link) == f"{link} is not a folder of this user's. Remove it, or set TMPDIR to another folder."


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = private.folder(tmp_path / "visitors")
    monkeypatch.setattr(os, "getuid", lambda: made.stat().st_uid + 1)
    assert refusal(made) == f"{made} is not a folder of this user's. Remove it, or set TMPDIR to another folder."


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_one_that_others_could_look_into_is_theirs_no_longer(tmp_path: Path, mode: int) -> None:
    made = private.folder(tmp_path / "visitors")
    made.chmod(mode)
    assert stat.S_IMODE(private.folder(made).stat().st_mode) == 0o700
