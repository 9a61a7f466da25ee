"""Runs that are switched while many look at them."""

import csv
import io
import sys
from pathlib import Path

from benchmarks import product as questions
from pipeline import artifacts
from tests.faults.clients import ANSWERED, Asked, ask, crowd
from tests.webapp.browser.product import Product, running
from tests.webapp.handmade import Row, buyer, publish
from tests.webapp.sending import until

SWITCHES, CLIENTS = 100, 50
HASTY = (sys.executable, "-m", "tests.faults.hasty")
CALLBACKS = "/_dash-update-component"
# Each run says another word in every row of its tables, and has another number of them.
FIRST, SECOND = "20240311T120000Z-00000001", "20240312T120000Z-00000002"
WORDS = {FIRST: "Albania", SECOND: "Bolivia"}
CUSTOMERS = {"Albania": 40, "Bolivia": 60}
KEPT_OUT = {"Albania": 4_000, "Bolivia": 6_000}


def put(runs: Path, run_id: str) -> None:
    word = WORDS[run_id]
    buyers = [
        buyer(f"{word}-{at}", at, 1 + at % 5, 10.0 * at, cluster=at % 3, country=word, x=float(at), y=float(at % 7))
        for at in range(CUSTOMERS[word])
    ]
    row = {"Customer ID": None, "Amount": word}
    rejected: list[Row] = [
        {"source": "shop.csv", "source_row": at, "reason": "Customer ID is missing", "row": row, "line": None}
        for at in range(KEPT_OUT[word])
    ]
    publish(runs, run_id, buyers=buyers, rejected=rejected)


def words_in(text: str) -> set[str]:
    return {word for word in CUSTOMERS if word in text}


def listed(product: Product, name: str, column: str, lengths: dict[str, int]) -> tuple[Asked, set[str]]:
    """A download, and the runs that its rows are of; both runs if there are not as many as its run has."""
    answer = ask(product, f"/download/shop/{name}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    words = {row[column] for row in rows}
    return answer, words if {lengths.get(word) for word in words} == {len(rows)} else {*words, f"{len(rows)} rows"}


def one(product: Product, at: int) -> tuple[Asked, set[str]]:
    """One of the questions, and the runs that the answer is of."""
    match at % 5:
        case 0:
            return listed(product, "customers", "country", CUSTOMERS)
        case 1:
            return listed(product, "rejected", "Amount", KEPT_OUT)
        case 2:
            answer = ask(product, CALLBACKS, questions.page("/shop", f"?recency_days=~{at}"))
        case 3:
            answer = ask(product, CALLBACKS, questions.view(f"?monetary={at}~", "shop"))
        case _:
            answer = ask(product, CALLBACKS, questions.page("/customers/shop"))
    return answer, words_in(answer.body.decode())


def test_each_answer_is_of_one_run_while_runs_are_switched_under_50_clients(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for run_id in WORDS:
        put(runs, run_id)
    seen: list[tuple[int, Asked, set[str]]] = []
    with running(runs, tmp_path / "log", HASTY) as product:

        def note(at: int) -> Asked:
            answer, words = one(product, at)
            seen.append((at % 5, answer, words))
            return answer

        with crowd(CLIENTS, note) as clients:
            clients.wait(lambda asked: len(asked) >= 2 * CLIENTS)
            for at in range(SWITCHES):
                run_id = (FIRST, SECOND)[at % 2]
                artifacts.use(runs, run_id)
                until(lambda: one(product, 0)[1] == {WORDS[run_id]})  # noqa: B023 - over before the next one
        print(f"{len(seen)} answers to {CLIENTS} clients while runs were switched {SWITCHES} times")
        assert "Traceback" not in product.log.read_text()
    assert {(answer.came, answer.status) for _, answer, _ in seen} == {(ANSWERED, 200)}
    # Every kind of question was answered by both runs, and none by both at once.
    assert {(kind, *sorted(words)) for kind, _, words in seen} == {(kind, word) for kind in range(5) for word in CUSTOMERS}
