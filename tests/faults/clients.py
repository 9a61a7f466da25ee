"""Clients of a real server, each with a connection of its own for each question, so that it is known how far an answer came."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.webapp.browser.product import Product

# Nothing that is waited for here takes so long.
PATIENCE_SECONDS = 60.0
CALLBACKS = "/_dash-update-component"
REFUSED, UNANSWERED, BROKEN, ANSWERED = "refused", "unanswered", "broken", "answered"


@dataclass(frozen=True)
class Asked:
    """What came of one question.

    Attributes:
        sent: When it was sent, by the monotonic clock.
        ended: When that was known.
        came: `REFUSED` without a connection, `UNANSWERED` if that ended without a byte, `BROKEN` if in the middle, else `ANSWERED`.
        status: Of an answer.
        body: Of a whole answer.
    """

    sent: float
    ended: float
    came: str
    status: int = 0
    body: bytes = b""


def connect(product: Product) -> http.client.HTTPConnection:
    """A connection that is not made yet."""
    place = urlsplit(product.url)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_SECONDS)


def ask(product: Product, path: str, callback: dict[str, Any] | None = None, *, pause: Callable[[], object] = lambda: None) -> Asked:
    """Ask for an address, or send a callback of Dash to it; between the beginning of the answer and its body, `pause` is called."""
    connection, sent, status, came = connect(product), time.monotonic(), 0, REFUSED
    try:
        connection.connect()
        came = UNANSWERED
        headers = {"Connection": "close"} | ({"Content-Type": "application/json"} if callback else {})
        connection.request("POST" if callback else "GET", path, json.dumps(callback) if callback else None, headers)
        with connection.getresponse() as response:
            came, status = BROKEN, response.status
            pause()
            body = response.read()
        return Asked(sent, time.monotonic(), ANSWERED, status, body)
    except (OSError, http.client.HTTPException):
        return Asked(sent, time.monotonic(), came, status)
    finally:
        connection.close()


def send(product: Product, dataset: str, name: str, content: bytes) -> Asked:
    """Send a file to be scored, as a browser does."""
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    connection, sent = connect(product), time.monotonic()
    try:
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        connection.request("POST", f"/scoring/{dataset}", head.encode() + content + b"\r\n--edge--\r\n", headers)
        with connection.getresponse() as response:
            return Asked(sent, time.monotonic(), ANSWERED, response.status, response.read())
    finally:
        connection.close()


@dataclass
class Crowd:
    """Clients that go on asking.

    Attributes:
        asked: All that came of it so far.
    """

    asked: list[Asked] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _over: threading.Event = field(default_factory=threading.Event)
    _faults: list[BaseException] = field(default_factory=list)

    def wait(self, enough: Callable[[list[Asked]], bool]) -> None:
        """Until what came of it is enough."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self._faults) or enough(self.asked), PATIENCE_SECONDS), "the crowd was too slow"
        assert self._faults == []

    def stop(self) -> None:
        """Let nobody begin another question."""
        self._over.set()

    def _go_on(self, one: Callable[[int], Asked], first: int, step: int) -> None:
        at = first
        try:
            while not self._over.is_set():
                found = one(at)
                with self._changed:
                    self.asked.append(found)
                    self._changed.notify_all()
                at += step
        except BaseException as error:  # noqa: BLE001 - raised where the crowd is waited for
            with self._changed:
                self._faults.append(error)
                self._changed.notify_all()


@contextmanager
def crowd(clients: int, one: Callable[[int], Asked]) -> Iterator[Crowd]:
    """So many clients at once, each asking `one` question after another, whose numbers are all different, until the block ends."""
    made = Crowd()
    threads = [threading.Thread(target=made._go_on, args=(one, at, clients)) for at in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        made.stop()
        for thread in threads:
            thread.join()
    assert made._faults == []
