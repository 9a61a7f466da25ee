"""Runs that are switched while many look at them."""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import product as questions
from pipeline import publishing
from tests.faults.clients import ANSWERED, CALLBACKS, Asked, ask, crowd
from tests.faults.scale import times
from tests.webapp.browser.product import Product, running
from tests.webapp.handmade import Row, buyer, publish
from tests.webapp.sending import until

SWITCHES, CLIENTS = times(100), 50
# More than results that a server keeps: most are worked out anew.
QUESTIONS = 203
HASTY = (sys.executable, "-m", "tests.faults.hasty")
FIRST, SECOND = "20240311T120000Z-00000001", "20240312T120000Z-00000002"
RUNS = {FIRST: ("Albania", 40), SECOND: ("Bolivia", 60)}


def put(runs: Path, run_id: str) -> None:
    """Publish a run that says another word in every row, and has another number of them."""
    word, count = RUNS[run_id]
    buyers = [
        buyer(f"{at}-{word}", at, 1 + at % 5, 10.0 * at, cluster=at % 3, country=word, x=float(at), y=float(at % 7)) for at in range(count)
    ]
    row = {"Customer ID": None, "Amount": word}
    rejected: list[Row] = [
        {"source": "shop.csv", "source_row": at, "reason": "Customer ID is missing", "row": row, "line": None} for at in range(100 * count)
    ]
    publish(runs, run_id, buyers=buyers, rejected=rejected)


def one(product: Product, at: int) -> Asked:
    """One of the questions."""
    match at % 5:
        case 0:
            return ask(product, f"/download/shop/customers.csv?recency_days=~{at}")
        case 1:
            return ask(product, "/download/shop/rejected.csv")
        case 2:
            return ask(product, CALLBACKS, questions.page("/shop", f"?recency_days=~{at}"))
        case 3:
            return ask(product, CALLBACKS, questions.view(f"?monetary={at}~", "shop"))
        case _:
            return ask(product, CALLBACKS, questions.suggest(str(at % 40)))


def answers(runs: Path, run_id: str, log: Path) -> list[bytes]:
    """What a server that never saw another run says to each question."""
    publishing.use(runs, run_id)
    with running(runs, log) as product:
        return [one(product, at).body for at in range(QUESTIONS)]


def test_each_answer_is_of_one_run_while_runs_are_switched_under_50_clients(tmp_path: Path, measured: Callable[[str], None]) -> None:
    runs = tmp_path / "runs"
    for run_id in RUNS:
        put(runs, run_id)
    expected = {run_id: answers(runs, run_id, tmp_path / "log") for run_id in RUNS}
    assert all(first != second for first, second in zip(*expected.values(), strict=True))
    seen: list[tuple[int, Asked]] = []
    with running(runs, tmp_path / "log", HASTY) as product:

        def note(at: int) -> Asked:
            answer = one(product, at % QUESTIONS)
            seen.append((at % QUESTIONS, answer))
            return answer

        with crowd(CLIENTS, note) as clients:
            clients.wait(lambda asked: len(asked) >= 2 * CLIENTS)
            for at in range(SWITCHES):
                run_id = (FIRST, SECOND)[at % 2]
                publishing.use(runs, run_id)
                until(lambda: one(product, 0).body == expected[run_id][0])  # noqa: B023 - over before the next one
        measured(f"{len(seen)} answers to {CLIENTS} clients while runs were switched {SWITCHES} times")
        assert "Traceback" not in product.log.read_text()
    assert {(answer.came, answer.status) for _, answer in seen} == {(ANSWERED, 200)}
    told = [(at, [run_id for run_id in RUNS if expected[run_id][at] == answer.body]) for at, answer in seen]
    assert [at for at, of in told if not of] == []
    # Every kind of question was answered by both.
    assert {(at % 5, *of) for at, of in told} == {(kind, run_id) for kind in range(5) for run_id in RUNS}
