"""Sending a file, and waiting for what comes of it; another program in the place of the one that reads or reports."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

_SECONDS = 120.0

Response = Any  # of the test client, whose own class depends on the libraries that are there
Client = Any


def send(client: Client, dataset: str, content: bytes | str, name: str = "sent.csv", **more: Any) -> Response:
    """Send a file the way the page does."""
    return client.post(f"/scoring/{dataset}", files={"file": (name, content)}, **more)


def over(client: Client, job_id: str) -> dict[str, str]:
    """The last word of a job."""
    return until(lambda: client.get(f"/scoring/jobs/{job_id}").json(), lambda status: status["state"] != "working")


def until(look: Callable[[], Any], good: Callable[[Any], bool] = bool) -> Any:
    """What is seen once it is good."""
    deadline, pause = time.monotonic() + _SECONDS, Event()
    while not good(seen := look()):
        assert time.monotonic() < deadline, f"still {seen}"
        pause.wait(0.02)
    return seen


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """Have a program of the shell run in the place of the one that works on it; it is told the same."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(path))
