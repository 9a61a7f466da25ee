"""Servers that are told to end, or killed, while they are busy."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from benchmarks import product as questions
from tests.faults.clients import ANSWERED, BROKEN, CALLBACKS, PATIENCE_SECONDS, Asked, ask, crowd
from tests.webapp.browser.product import AT_HOME, BY_PROCFILE, Product, running
from tests.webapp.handmade import Row, publish
from tests.webapp.sending import until

CLIENTS, READERS = 30, 5
GRACE_SECONDS = 8.0
BACK_SECONDS = 15.0
# A server looks at its sockets within this; what it was sent longer ago it has accepted.
ACCEPTED_SECONDS = 0.5
# 20 MB as CSV: more than a socket holds for a client that does not read.
KEPT_OUT: list[Row] = [
    {"source": "shop.csv", "source_row": at, "reason": "x" * 200, "row": {"Customer ID": None, "Amount": None}, "line": None}
    for at in range(100_000)
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    publish(folder, rejected=KEPT_OUT)
    return folder


def one(product: Product, at: int) -> Asked:
    """One of the questions, each unlike those before."""
    match at % 3:
        case 0:
            return ask(product, CALLBACKS, questions.page("/shop", f"?recency_days=~{at}"))
        case 1:
            return ask(product, CALLBACKS, questions.view(f"?monetary={at}~", "shop"))
        case _:
            return ask(product, f"/download/shop/customers.csv?recency_days=~{at}")


class Reader(threading.Thread):
    """Begins to read a long answer, and goes on when it is told."""

    def __init__(self, product: Product) -> None:
        super().__init__()
        self.begun, self.go_on, self.found = threading.Event(), threading.Event(), Asked(0.0, 0.0, "")
        self._product = product

    def run(self) -> None:
        self.found = ask(self._product, "/download/shop/rejected.csv", pause=self._pause)

    def _pause(self) -> None:
        self.begun.set()
        self.go_on.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("command", [AT_HOME, BY_PROCFILE], ids=["at home", "by the Procfile"])
def test_what_was_accepted_is_answered_whole_after_sigterm_and_the_end_is_in_time(
    runs: Path, tmp_path: Path, command: Sequence[str], request: pytest.FixtureRequest, measured: Callable[[str], None]
) -> None:
    with running(runs, tmp_path / "log", command) as product:
        readers = [Reader(product) for _ in range(READERS)]
        with crowd(CLIENTS, lambda at: one(product, at)) as clients:
            for reader in readers:
                reader.start()
            assert all(reader.begun.wait(PATIENCE_SECONDS) for reader in readers)
            clients.wait(lambda asked: len(asked) >= 5 * CLIENTS)
            told = time.monotonic()
            product.process.terminate()
            clients.stop()
            for reader in readers:
                reader.go_on.set()
            assert product.process.wait(GRACE_SECONDS) == 0
            seconds = time.monotonic() - told
        for reader in readers:
            reader.join()
    all_asked = [*clients.asked, *(reader.found for reader in readers)]
    accepted = [asked for asked in all_asked if asked.sent < told - ACCEPTED_SECONDS]
    late = [asked for asked in accepted if asked.ended > told]
    measured(f"{request.node.callspec.id}: ended {seconds:.1f} s after SIGTERM, when {len(late)} accepted requests had no whole answer yet")
    assert len(late) >= READERS
    assert {(asked.came, asked.status) for asked in accepted} == {(ANSWERED, 200)}
    assert [asked for asked in all_asked if asked.came == BROKEN or (asked.came == ANSWERED and asked.status != 200)] == []
    assert len({reader.found.body for reader in readers}) == 1


def test_a_worker_that_is_killed_is_replaced_within_15_seconds(runs: Path, tmp_path: Path, measured: Callable[[str], None]) -> None:
    with running(runs, tmp_path / "log", BY_PROCFILE) as product, crowd(CLIENTS, lambda at: one(product, at)) as clients:
        clients.wait(lambda asked: len(asked) >= 5 * CLIENTS)
        (worker,) = psutil.Process(product.process.pid).children()
        killed = time.monotonic()
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(BACK_SECONDS)
        until(lambda: ask(product, "/readyz").status == 200)
        back = time.monotonic()
        assert worker.pid not in {child.pid for child in psutil.Process(product.process.pid).children()}
        before = len(clients.asked)
        clients.wait(lambda asked: len(asked) >= before + 5 * CLIENTS)
        clients.stop()
    measured(f"/readyz answered 200 again {back - killed:.1f} s after the only worker was killed")
    assert back - killed <= BACK_SECONDS
    assert any(asked.came != ANSWERED for asked in clients.asked)
    assert {asked.status for asked in clients.asked if asked.came == ANSWERED} == {200}
    assert {asked.came for asked in clients.asked if asked.ended < killed or asked.sent > back} == {ANSWERED}
