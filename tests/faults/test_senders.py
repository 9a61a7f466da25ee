"""Clients that mean no good: they stall, they send without end, they send what cannot be read."""

import http.client
import json
import resource
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from benchmarks import hostile_files
from benchmarks import product as questions
from tests import small
from tests.faults.bombs import BOMBS
from tests.faults.clients import ANSWERED, CALLBACKS, Asked, ask, connect, crowd, send
from tests.faults.scale import some
from tests.webapp.browser.product import BY_PROCFILE, Product, running
from tests.webapp.sending import until

HALF_OPEN, P95_SECONDS = 300, 1.0
SENT_BYTES, CHUNK_BYTES, GROWTH_BYTES = 100_000_000, 1 << 16, 20_000_000
STOPPED_SECONDS = 20.0
LARGEST_BYTES = 25_000_000
STALLED = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.publish(tmp_path_factory.mktemp("small")).folder.parents[1]


@pytest.fixture(scope="module")
def product(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(runs, tmp_path_factory.mktemp("server") / "log", BY_PROCFILE) as product:
        for at in range(20):
            assert one(product, at).status == 200
        yield product
        assert "Traceback" not in product.log.read_text()


def one(product: Product, at: int) -> Asked:
    """One of the questions that honest clients have."""
    return ask(product, CALLBACKS, questions.page("/shop", f"?recency_days=~{at}")) if at % 2 else ask(product, "/")


def p95(seen: list[Asked]) -> float:
    assert {(asked.came, asked.status) for asked in seen} == {(ANSWERED, 200)}
    return questions.percentile(sorted(asked.ended - asked.sent for asked in seen), 0.95)


def raise_file_limit(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def test_300_clients_that_stall_do_not_make_others_wait(runs: Path, tmp_path: Path, measured: Callable[[str], None]) -> None:
    raise_file_limit(HALF_OPEN * 2 + 200)  # here, and of the server that is started from here
    with running(runs, tmp_path / "log", BY_PROCFILE) as product, ExitStack() as stack:
        place = connect(product)
        stalled = [stack.enter_context(socket.create_connection((place.host, place.port))) for _ in range(HALF_OPEN)]
        for connection in stalled:
            connection.sendall(STALLED)
        with crowd(5, lambda at: one(product, at)) as clients:
            clients.wait(lambda asked: len(asked) >= 200)
        # All of them were there until the end.
        assert select.select(stalled, [], [], 0)[0] == []
    waited = p95(clients.asked)
    measured(f"p95 of {len(clients.asked)} questions beside {HALF_OPEN} stalled clients: {waited * 1000:.0f} ms")
    assert waited <= P95_SECONDS


def send_without_a_length(product: Product) -> tuple[int, int, bytes]:
    """Send a file in chunks until it is refused: bytes that went, and the answer."""
    place, sent = connect(product), 0
    head = b"POST /scoring/club HTTP/1.1\r\nHost: %b:%d\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
    form = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    with socket.create_connection((place.host, place.port)) as connection:
        connection.sendall(head % (place.host.encode(), place.port) + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%b\r\n" % (len(form), form))
        while sent < SENT_BYTES and not select.select([connection], [], [], 0)[0]:
            connection.sendall(b"%x\r\n%b\r\n" % (CHUNK_BYTES, b"1,20,3\n\n" * (CHUNK_BYTES // 8)))
            sent += CHUNK_BYTES
        if sent >= SENT_BYTES:
            connection.sendall(b"0\r\n\r\n")
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            return sent, response.status, response.read()


def peak_bytes(process: psutil.Process) -> int:
    """The most memory that a process held since it was last reset."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def test_100_megabytes_without_a_length_are_refused_and_cost_little_memory(product: Product, measured: Callable[[str], None]) -> None:
    (worker,) = psutil.Process(product.process.pid).children()
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # the peak begins anew
    before = worker.memory_info().rss
    sent, status, said = send_without_a_length(product)
    growth = peak_bytes(worker) - before
    measured(f"refused after {sent / 1e6:.0f} MB of {SENT_BYTES / 1e6:.0f}, with {growth / 1e6:.1f} MB more memory at most")
    assert (status, sent > LARGEST_BYTES) == (413, True)
    assert b"message" in said
    assert growth <= GROWTH_BYTES


# One of them is larger than what is taken.
FILES = {hostile.name: hostile.make for hostile in hostile_files.FILES if hostile.name != "late.csv.gz"} | BOMBS


@pytest.mark.parametrize("name", some(FILES))
def test_a_file_that_is_made_to_be_read_for_ever_is_stopped_and_pages_go_on(
    product: Product, tmp_path: Path, name: str, measured: Callable[[str], None]
) -> None:
    FILES[name](tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert len(content) <= LARGEST_BYTES
    with crowd(1, lambda at: one(product, at)) as reader:
        begun = time.monotonic()
        answer = send(product, "club", name, content)
        assert answer.status == 202
        job = json.loads(answer.body)["id"]

        def over() -> dict[str, str] | None:
            status: dict[str, str] = json.loads(ask(product, f"/scoring/jobs/{job}").body)
            return status if status["state"] != "working" else None

        status = until(over)
        seconds = time.monotonic() - begun
    measured(
        f"{name}: {status['state']} after {seconds:.1f} s; p95 of pages meanwhile {p95(reader.asked) * 1000:.0f} ms; {status['message']}"
    )
    assert status["state"] in {"refused", "failed"}
    assert "The fault is ours" not in status["message"]
    assert seconds <= STOPPED_SECONDS
    assert p95(reader.asked) <= P95_SECONDS
