"""Where it listens, and how it ends."""

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.webapp.ports import free_port
from webapp.access.settings import SettingsError
from webapp.serving import address

ROOT = Path(__file__).parents[2]
# A server that gets SIGTERM in the middle of a request, and answers it all the same.
INTERRUPTED = """
import asyncio, os, signal
from webapp import logs
from webapp.serving import address, serve

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.3)
    await send({"type": "http.response.body", "body": b"finished"})

host, port = address(port=PORT)
logs.configure()
serve(app, "Interrupted", host=host, port=port)
"""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "CLIENTELE_LOG", "DYNO"):
        monkeypatch.delenv(name, raising=False)


class TestAddress:
    def test_is_this_machine_alone_unless_told_otherwise(self) -> None:
        assert address(port=8050) == ("127.0.0.1", 8050)

    def test_follows_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOST", "0.0.0.0")
        monkeypatch.setenv("PORT", "5000")
        assert address(port=8050) == ("0.0.0.0", 5000)

    @pytest.mark.parametrize("port", ["eighty", "-1", "0", "65536", "80.5", "²"])
    def test_a_port_that_is_none_is_refused(self, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
        monkeypatch.setenv("PORT", port)
        with pytest.raises(SettingsError) as refused:
            address(port=8050)
        assert str(refused.value) == f"PORT is {port!r}. Set it to a number from 1 to 65535, or leave it out."


@contextmanager
def started(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process in the project's folder; it is ended with the block."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"CLIENTELE_AUTH": "none"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def said(process: subprocess.Popen[str]) -> str:
    """The next line without the time that it begins with."""
    line = line_of(process)
    assert re.match(r"\d\d:\d\d:\d\d  ", line), line
    return line[10:].removesuffix("\n")


def rest_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


@pytest.mark.slow
class TestServe:
    def test_accepted_requests_are_finished_after_sigterm(self) -> None:
        port = free_port()
        with started("-c", INTERRUPTED.replace("PORT", str(port))) as process:
            assert said(process) == f"Interrupted: http://127.0.0.1:{port}"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"finished"
            connection.close()
            assert (process.wait(10), rest_of(process)) == (0, "")

    def test_the_product_says_its_address_once_and_ends_on_sigterm(self, tmp_path: Path) -> None:
        with started("-m", "webapp", PORT=str(free_port()), CLIENTELE_ARTIFACTS=str(tmp_path)) as process:
            assert said(process) == f"WARNING  No run is published in {tmp_path}. Run `python -m pipeline build`."
            assert re.fullmatch(r"Clientele: http://127\.0\.0\.1:\d+", said(process))
            process.terminate()
            assert re.fullmatch(r"stopped after serving for \d+\.\d s", said(process))
            assert (process.wait(10), rest_of(process)) == (0, "")

    def test_a_format_that_is_none_is_named(self, tmp_path: Path) -> None:
        with started("-m", "webapp", CLIENTELE_LOG="xml", CLIENTELE_ARTIFACTS=str(tmp_path)) as process:
            assert rest_of(process) == "CLIENTELE_LOG='xml' is no format. Set it to json or text, or leave it out.\n"
            assert process.wait(10) == 2

    @pytest.mark.parametrize("module", ["webapp", "webapp.lookup"])
    def test_a_wrong_port_ends_it_with_one_sentence(self, module: str) -> None:
        with started("-m", module, PORT="eighty") as process:
            assert rest_of(process) == "PORT is 'eighty'. Set it to a number from 1 to 65535, or leave it out.\n"
            assert process.wait(10) == 2

    def test_a_port_that_is_taken_is_named(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with started("-c", INTERRUPTED.replace("PORT", str(port))) as process:
                assert "address already in use" in rest_of(process)
                assert process.wait(10) != 0
