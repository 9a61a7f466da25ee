import queue
import subprocess
import sys
import threading

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.conftest import ROOT
from webapp.arriving import Arriving


def test_it_is_made_once_and_answers_all() -> None:
    made: list[ASGIApp] = []

    def make() -> ASGIApp:
        made.append(PlainTextResponse("there"))
        return made[-1]

    arriving = Arriving(make)
    client = TestClient(arriving)
    arriving.start()
    arriving.start()
    assert [client.get("/").text, client.get("/").text, len(made)] == ["there", "there", 1]


def test_nothing_is_made_before_it_is_asked_for() -> None:
    Arriving(lambda: pytest.fail("made"))


def test_requests_wait_until_it_is_there() -> None:
    go, asked = threading.Event(), threading.Event()

    def make() -> ASGIApp:
        asked.set()
        assert go.wait(10)
        return PlainTextResponse("there")

    answers: list[str] = []
    client = TestClient(Arriving(make))
    reader = threading.Thread(target=lambda: answers.append(client.get("/").text))
    reader.start()
    assert asked.wait(10)
    assert answers == []
    go.set()
    reader.join(10)
    assert answers == ["there"]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[str]:
    """What threads that fail show."""
    found: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", lambda fault: found.put(str(fault.exc_value)))
    return found


def broken() -> ASGIApp:
    raise ZeroDivisionError("no such part")


def test_a_fault_is_told_to_everybody_who_asks(shown: queue.Queue[str]) -> None:
    client = TestClient(Arriving(broken))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="no such part"):
            client.get("/")
    assert shown.get(timeout=10) == "no such part"


def test_a_fault_is_shown_at_once(shown: queue.Queue[str]) -> None:
    Arriving(broken).start()
    assert shown.get(timeout=10) == "no such part"


ENDING = """
import sys, threading
from webapp.arriving import Arriving

begun = threading.Event()

def make():
    begun.set()
    threading.main_thread().join()
    import decimal, email.message, xml.dom.minidom  # as any part that is loaded: much Python
    sys.stdout.write("made")

Arriving(make).start()
begun.wait()
"""


def test_a_server_that_ends_meanwhile_waits_for_it() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "made", "")
