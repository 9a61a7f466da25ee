"""The browser of the tests: the system's own."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
# WebGL without a graphics card.
_GRAPHICS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


def installed() -> str | None:
    """Path of the browser: the one that `CHROMIUM` names, or the first that is found; None without any."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def arguments() -> list[str]:
    """What it is started with. It refuses to be sandboxed by root."""
    return [*_GRAPHICS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
