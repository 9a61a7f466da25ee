"""A folder of this user's that nobody else can look into."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def folder(path: Path | None = None) -> Path:
    """The folder, made if need be; by default one of this user's among the system's temporary ones.

    Raises:
        PermissionError: If somebody else made it: they could read what is put there, or have it be a link to files that are not theirs.
        OSError: If it cannot be made.
    """
    path = path or Path(tempfile.gettempdir()) / f"clientele-{os.getuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    there = path.lstat()
    if there.st_uid != os.getuid() or not stat.S_ISDIR(there.st_mode):
        raise PermissionError(f"{path} is not a folder of this user's. Remove it, or set TMPDIR to another folder.")
    if stat.S_IMODE(there.st_mode) != 0o700:
        path.chmod(0o700)  # it was there already, and is this user's: whoever made it may have let others in
    return path
